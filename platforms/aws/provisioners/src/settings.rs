//! What the operator configured for this platform.

use std::time::Duration;

use innominatus_guest::prelude::*;

/// Settings of the platform `aws`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Settings {
    /// Where everything is made, like `eu-west-1`.
    pub(crate) region: String,
    /// One URL for all services, for example that of a local emulator.
    #[serde(default)]
    endpoint: Option<String>,
    /// The account that buckets must belong to.
    #[serde(default)]
    pub(crate) account: Option<String>,
    /// Comes before every name, so that several installations can share an account.
    #[serde(default)]
    pub(crate) name_prefix: Option<String>,
    /// Security groups of databases.
    #[serde(default)]
    pub(crate) vpc_security_group_ids: Vec<String>,
    /// The subnet group of databases.
    #[serde(default)]
    pub(crate) db_subnet_group: Option<String>,
    /// After how many seconds a database that AWS works on is looked at again.
    #[serde(default = "half_a_minute")]
    poll_seconds: u16,
}

/// Databases take minutes.
fn half_a_minute() -> u16 {
    30
}

/// A service of AWS, as signatures name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// Buckets.
    S3,
    /// Users and their keys.
    Iam,
    /// Databases.
    Rds,
}

impl Service {
    /// Its name in signatures, permissions and host names.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Iam => "iam",
            Self::Rds => "rds",
        }
    }

    /// The credential binding that signs for it.
    pub(crate) fn credential(self) -> String {
        format!("aws:{}", self.name())
    }
}

impl Settings {
    /// As configured. Fails with code `settings-invalid`.
    pub(crate) fn of(host: &Host<'_>) -> Result<Self, Failure> {
        let mut settings: Self = host.settings()?;
        if let Some(endpoint) = &mut settings.endpoint {
            endpoint.truncate(endpoint.trim_end_matches('/').len());
        }
        match settings.problem() {
            None => Ok(settings),
            Some(problem) => Err(Failure::permanent("settings-invalid", problem)),
        }
    }

    fn problem(&self) -> Option<String> {
        let plain = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        let Self { region, endpoint, account, name_prefix, poll_seconds, .. } = self;
        if !(1..=600).contains(poll_seconds) {
            return Some(format!("`pollSeconds: {poll_seconds}` is not a time to wait; write 1 to 600"));
        }
        if region.len() < 5 || region.len() > 32 || !plain(region) {
            return Some(format!("`region: {region}` is not a region; write one like `eu-west-1`"));
        }
        if region.starts_with("cn-") && endpoint.is_none() {
            return Some(format!(
                "`region: {region}` is in a partition of AWS that this platform does not know"
            ));
        }
        if let Some(endpoint) = endpoint
            && !(endpoint.starts_with("https://") || endpoint.starts_with("http://"))
        {
            return Some(format!(
                "`endpoint: {endpoint}` is not a URL; write one like `https://aws.example.com`"
            ));
        }
        if let Some(account) = account
            && (account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return Some(format!("`account: {account}` is not an account; write its 12 digits, in quotes"));
        }
        if let Some(prefix) = name_prefix
            && (prefix.len() > 20
                || !prefix.starts_with(|first: char| first.is_ascii_lowercase())
                || !plain(prefix))
        {
            return Some(format!(
                "`namePrefix: {prefix}` cannot begin a name; write at most 20 lower case letters, digits and \
                 hyphens, a letter first"
            ));
        }
        None
    }

    /// When a database that AWS works on is looked at again.
    pub(crate) fn poll(&self) -> Duration {
        Duration::from_secs(self.poll_seconds.into())
    }

    /// Where a service answers, without a slash at the end.
    pub(crate) fn url(&self, service: Service) -> String {
        if let Some(endpoint) = &self.endpoint {
            return endpoint.clone();
        }
        match service {
            Service::Iam if self.partition() == "aws-us-gov" => "https://iam.us-gov.amazonaws.com".to_owned(),
            Service::Iam => "https://iam.amazonaws.com".to_owned(),
            Service::S3 | Service::Rds => {
                format!("https://{}.{}.amazonaws.com", service.name(), self.region)
            }
        }
    }

    /// The part of AWS that the region belongs to: the second part of an ARN.
    pub(crate) fn partition(&self) -> &'static str {
        if self.region.starts_with("us-gov-") { "aws-us-gov" } else { "aws" }
    }

    /// Whether requests are encrypted on their way; local emulators seldom are.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.endpoint.as_deref().is_none_or(|endpoint| endpoint.starts_with("https://"))
    }

    /// Whether this is AWS itself, with a console that a person can open.
    pub(crate) fn has_console(&self) -> bool {
        self.endpoint.is_none() && self.partition() == "aws"
    }
}

#[cfg(test)]
mod tests {
    use innominatus_guest::testing::FakeHost;

    use super::*;

    fn read(settings: Json) -> Result<Settings, Failure> {
        Settings::of(&FakeHost::new().with_settings(settings).host())
    }

    #[test]
    fn services_have_addresses_of_their_own_or_share_one() {
        let cases = [
            (json!({"region": "eu-west-1"}), "https://s3.eu-west-1.amazonaws.com https://iam.amazonaws.com"),
            (
                json!({"region": "us-gov-west-1"}),
                "https://s3.us-gov-west-1.amazonaws.com https://iam.us-gov.amazonaws.com",
            ),
            (
                json!({"region": "eu-west-1", "endpoint": "http://127.0.0.1:5000/"}),
                "http://127.0.0.1:5000 http://127.0.0.1:5000",
            ),
        ];
        for (settings, expected) in cases {
            let settings = read(settings).unwrap();
            assert_eq!(format!("{} {}", settings.url(Service::S3), settings.url(Service::Iam)), expected);
        }
    }

    #[test]
    fn what_cannot_work_is_said_before_anything_is_called() {
        let cases = [
            (json!({}), "region"),
            (json!({"region": "Ireland"}), "eu-west-1"),
            (json!({"region": "cn-north-1"}), "partition"),
            (json!({"region": "eu-west-1", "endpoint": "localhost:5000"}), "endpoint"),
            (json!({"region": "eu-west-1", "account": "12"}), "12 digits"),
            (json!({"region": "eu-west-1", "namePrefix": "1st"}), "namePrefix"),
            (json!({"region": "eu-west-1", "pollSeconds": 0}), "pollSeconds"),
            (json!({"region": "eu-west-1", "regoin": "x"}), "regoin"),
        ];
        for (settings, expected) in cases {
            let failure = read(settings.clone()).unwrap_err();
            assert_eq!(failure.code, "settings-invalid");
            assert!(failure.message.contains(expected), "{settings}: {failure}");
        }
    }
}
