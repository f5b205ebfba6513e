//! Texts that patterns in schemas are likely to accept.

use innominatus_model::Json;

/// From plain to particular; the first that fits is taken.
const LIKELY: [&str; 34] = [
    "example",
    "a",
    "Example",
    "EXAMPLE",
    "example-1",
    "example_1",
    "web",
    "ab",
    "1",
    "8",
    "16",
    "1.0",
    "1.0.0",
    "v1.0.0",
    "10Gi",
    "1Gi",
    "10G",
    "100m",
    "10GB",
    "5s",
    "1h",
    "/",
    "/example",
    "example.com",
    "https://example.com",
    "https://example.com/path",
    "postgres://example.com/db",
    "someone@example.com",
    "127.0.0.1",
    "10.0.0.0/16",
    "2020-01-01",
    "2020-01-01T00:00:00Z",
    "123456789012",
    "00000000-0000-4000-8000-000000000000",
];

/// Candidates for a schema of type `string`.
pub(super) fn candidates(schema: &Json) -> impl Iterator<Item = Json> + use<> {
    let number =
        |word: &str| schema.get(word).and_then(Json::as_u64).and_then(|found| usize::try_from(found).ok());
    let least = number("minLength").unwrap_or(0).min(4096);
    let by_format = match schema.get("format").and_then(Json::as_str) {
        Some("uri" | "url") => Some("https://example.com/path"),
        Some("email") => Some("someone@example.com"),
        Some("ipv4") => Some("127.0.0.1"),
        Some("date-time") => Some("2020-01-01T00:00:00Z"),
        Some("date") => Some("2020-01-01"),
        Some("uuid") => Some("00000000-0000-4000-8000-000000000000"),
        Some("hostname") => Some("example.com"),
        _ => None,
    };
    let long = (least > 0).then(|| "a".repeat(least));
    let likely = by_format.into_iter().chain(LIKELY).map(str::to_owned);
    likely.chain(long).map(Json::String)
}
