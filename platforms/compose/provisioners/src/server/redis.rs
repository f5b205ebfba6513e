//! `redis`.

use innominatus_guest::prelude::*;

use super::{PASSWORD, Server, hints};
use crate::data::{Data, default_volume};
use crate::image::{Image, Version};
use crate::naming;
use crate::release::Release;

/// A Redis server that asks for a password.
#[derive(Debug, Clone, Copy)]
pub struct Redis;

/// Params of `redis`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RedisParams {
    /// The server's version: a tag of its image.
    version: Option<Version>,
    /// Another image, with or without a tag.
    #[schemars(regex(pattern = r"^[a-z0-9][A-Za-z0-9_.:/@-]*$"))]
    image: Option<String>,
    /// Which volume of the server holds its data. Another name is another volume, empty at first.
    #[serde(default = "default_volume")]
    #[schemars(regex(pattern = r"^[a-z0-9]{1,32}$"))]
    volume: String,
    /// Without effect here, accepted for files that say it to other platforms.
    #[serde(rename = "size")]
    _size: Option<Json>,
    /// Without effect here, accepted for files that say it to other platforms.
    #[serde(rename = "replicas")]
    _replicas: Option<Json>,
}

const IMAGE: Image = Image { repository: "redis", version: "7", variant: "-alpine" };
const PORT: u16 = 6379;
const USERNAME: &str = "default";

impl Provisioner for Redis {
    type Params = RedisParams;

    fn offer(&self) -> Offer {
        Offer::new("redis")
            .verb("update")
            .output(OutputSpec::text("host"))
            .output(OutputSpec::integer("port"))
            .output(OutputSpec::text("username"))
            .output(OutputSpec::secret("password"))
            .output(OutputSpec::secret("connection"))
    }

    fn validate_config(&self, _host: &Host<'_>, target: &Target<RedisParams>) -> Vec<Violation> {
        with_data(target, |_, data| data.violation(target)).into_iter().collect()
    }

    fn provision(&self, host: &Host<'_>, target: &Target<RedisParams>) -> Result<Progress, Failure> {
        with_data(target, |name, data| {
            data.admit(host, target)?;
            let password = host.secrets().password("password")?;
            let server = Server {
                name,
                image: data.image.to_owned(),
                command: &["redis-server", "--save", "60", "1", "--requirepass", PASSWORD],
                // The client takes its password from here, in the health check and in a shell.
                environment: &[("REDISCLI_AUTH", PASSWORD)],
                volume: data.volume_name(),
                data: "/data",
                // A refused ping ends well too, so the answer is looked at.
                healthcheck: &["CMD-SHELL", "redis-cli ping | grep -q PONG"],
                patience: 5,
                keeps_host_name: false,
            };
            let connection = format!("redis://{USERNAME}:{password}@{name}:{PORT}");
            let state = State::new()
                .handle(data.handle(target)?)
                .output("host", name)
                .output("port", PORT)
                .output("username", USERNAME)
                .secret("password", password)
                .secret("connection", connection)
                .artifact(server.fragment().artifact()?);
            Ok(state.into())
        })
    }

    fn get_hints(&self, _host: &Host<'_>, target: &Target<RedisParams>) -> Result<Vec<Hint>, Failure> {
        let name = naming::service("redis", &target.name);
        Ok(hints(target, "Redis", &name, format!("docker compose exec {name} redis-cli")))
    }
}

fn with_data<R>(target: &Target<RedisParams>, run: impl FnOnce(&str, Data<'_>) -> R) -> R {
    let RedisParams { version, image, volume, .. } = &target.params;
    let name = naming::service("redis", &target.name);
    let data = Data {
        title: "Redis",
        service: &name,
        volume,
        image: &IMAGE.reference(image.as_deref(), version.as_ref()),
        pointer: Image::pointer(image.as_deref()),
        first: &[],
        takes_over: Release::is_not_older,
    };
    run(&name, data)
}
