//! `amqp`: RabbitMQ.

use innominatus_guest::prelude::*;

use super::{PASSWORD, Server, hints};
use crate::image::{Image, Version};
use crate::naming;

/// A RabbitMQ server with one virtual host and one user.
#[derive(Debug, Clone, Copy)]
pub struct Amqp;

/// Params of `amqp`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AmqpParams {
    /// The server's version: a tag of its image.
    version: Option<Version>,
    /// Another image, with or without a tag.
    #[schemars(regex(pattern = r"^[a-z0-9][A-Za-z0-9_.:/@-]*$"))]
    image: Option<String>,
    /// The virtual host; made from the resource's name when absent.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_.-]{1,63}$"))]
    vhost: Option<String>,
    /// The user's name; made from the resource's name when absent.
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]{0,62}$"))]
    username: Option<String>,
    /// Without effect here, accepted for files that say it to other platforms.
    #[serde(rename = "size")]
    _size: Option<Json>,
    /// Without effect here, accepted for files that say it to other platforms.
    #[serde(rename = "replicas")]
    _replicas: Option<Json>,
}

const IMAGE: Image = Image { repository: "rabbitmq", version: "4", variant: "-alpine" };
const PORT: u16 = 5672;

fn vhost(target: &Target<AmqpParams>) -> String {
    target.params.vhost.clone().unwrap_or_else(|| naming::identifier(&target.name, 63))
}

impl Provisioner for Amqp {
    type Params = AmqpParams;

    fn offer(&self) -> Offer {
        Offer::new("amqp")
            .verb("update")
            .output(OutputSpec::text("host"))
            .output(OutputSpec::integer("port"))
            .output(OutputSpec::text("vhost"))
            .output(OutputSpec::text("username"))
            .output(OutputSpec::secret("password"))
            .output(OutputSpec::secret("connection"))
    }

    fn provision(&self, host: &Host<'_>, target: &Target<AmqpParams>) -> Result<Progress, Failure> {
        let AmqpParams { version, image, username, .. } = &target.params;
        let name = naming::service("amqp", &target.name);
        let vhost = vhost(target);
        let username = username.clone().unwrap_or_else(|| naming::identifier(&target.name, 63));
        let password = host.secrets().password("password")?;
        let server = Server {
            name: &name,
            image: IMAGE.reference(image.as_deref(), version.as_ref()),
            command: &[],
            environment: &[
                ("RABBITMQ_DEFAULT_VHOST", vhost.as_str()),
                ("RABBITMQ_DEFAULT_USER", username.as_str()),
                ("RABBITMQ_DEFAULT_PASS", PASSWORD),
            ],
            data: "/var/lib/rabbitmq",
            healthcheck: &["CMD", "rabbitmq-diagnostics", "--quiet", "check_port_connectivity"],
            // RabbitMQ files its data under its host name.
            keeps_host_name: true,
        };
        let connection = format!("amqp://{username}:{password}@{name}:{PORT}/{vhost}");
        let state = State::new()
            .output("host", name.as_str())
            .output("port", PORT)
            .output("vhost", vhost.as_str())
            .output("username", username.as_str())
            .secret("password", password)
            .secret("connection", connection)
            .artifact(server.fragment().artifact()?);
        Ok(state.into())
    }

    fn get_hints(&self, _host: &Host<'_>, target: &Target<AmqpParams>) -> Result<Vec<Hint>, Failure> {
        let name = naming::service("amqp", &target.name);
        let list = format!("docker compose exec {name} rabbitmqctl list_queues --vhost {}", vhost(target));
        let mut hints = hints(target, "RabbitMQ", format!("docker compose exec {name} sh"));
        hints.push(Hint::command("List the queues", list));
        Ok(hints)
    }
}
