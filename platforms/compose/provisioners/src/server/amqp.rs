//! `amqp`: RabbitMQ.

use innominatus_guest::prelude::*;

use super::{PASSWORD, Server, hints};
use crate::data::{Data, default_volume, farewell};
use crate::image::{Image, Version};
use crate::naming;
use crate::release::Release;

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

const IMAGE: Image = Image { repository: "rabbitmq", version: "4", variant: "-alpine" };
const PORT: u16 = 5672;

struct Names {
    service: String,
    image: String,
    vhost: String,
    username: String,
}

fn names(target: &Target<AmqpParams>) -> Names {
    let AmqpParams { version, image, vhost, username, .. } = &target.params;
    let made = || naming::identifier(&target.name, 63);
    Names {
        service: naming::service("amqp", &target.name),
        image: IMAGE.reference(image.as_deref(), version.as_ref()),
        vhost: vhost.clone().unwrap_or_else(made),
        username: username.clone().unwrap_or_else(made),
    }
}

fn with_data<R>(target: &Target<AmqpParams>, run: impl FnOnce(&Names, Data<'_>) -> R) -> R {
    let names = names(target);
    let data = Data {
        title: "RabbitMQ",
        service: &names.service,
        volume: &target.params.volume,
        image: &names.image,
        pointer: Image::pointer(target.params.image.as_deref()),
        first: &[("vhost", &names.vhost), ("username", &names.username)],
        takes_over: Release::is_same_major,
    };
    run(&names, data)
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

    fn validate_config(&self, _host: &Host<'_>, target: &Target<AmqpParams>) -> Vec<Violation> {
        with_data(target, |_, data| data.violation(target)).into_iter().collect()
    }

    fn provision(&self, host: &Host<'_>, target: &Target<AmqpParams>) -> Result<Progress, Failure> {
        with_data(target, |names, data| {
            data.admit(host, target)?;
            let Names { service: name, image, vhost, username } = names;
            let password = host.secrets().password("password")?;
            let server = Server {
                name,
                image: image.clone(),
                command: &[],
                environment: &[
                    ("RABBITMQ_DEFAULT_VHOST", vhost.as_str()),
                    ("RABBITMQ_DEFAULT_USER", username.as_str()),
                    ("RABBITMQ_DEFAULT_PASS", PASSWORD),
                ],
                volume: data.volume_name(),
                data: "/var/lib/rabbitmq",
                healthcheck: &["CMD", "rabbitmq-diagnostics", "--quiet", "check_port_connectivity"],
                // Each check starts an Erlang machine of its own.
                patience: 10,
                // RabbitMQ files its data under its host name.
                keeps_host_name: true,
            };
            let connection = format!("amqp://{username}:{password}@{name}:{PORT}/{vhost}");
            let state = State::new()
                .handle(data.handle(target)?)
                .output("host", name.as_str())
                .output("port", PORT)
                .output("vhost", vhost.as_str())
                .output("username", username.as_str())
                .secret("password", password)
                .secret("connection", connection)
                .artifact(server.fragment().artifact()?);
            Ok(state.into())
        })
    }

    fn deprovision(&self, host: &Host<'_>, target: &Target<AmqpParams>) -> Result<Removal, Failure> {
        farewell(host, target, &names(target).service);
        Ok(Removal::Gone)
    }

    fn get_hints(&self, _host: &Host<'_>, target: &Target<AmqpParams>) -> Result<Vec<Hint>, Failure> {
        let Names { service, vhost, .. } = names(target);
        let list = format!("docker compose exec {service} rabbitmqctl list_queues --vhost {vhost}");
        let mut hints = hints(target, "RabbitMQ", &service, format!("docker compose exec {service} sh"));
        hints.push(Hint::command("List the queues", list));
        Ok(hints)
    }
}
