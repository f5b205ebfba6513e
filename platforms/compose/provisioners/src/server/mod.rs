//! Servers: one Compose service with a named volume, a health check, and a password that the host makes.

mod amqp;
mod database;
mod redis;
mod s3;

use innominatus_guest::prelude::*;
use serde_json::Map;

use crate::fragment::Fragment;

pub use amqp::{Amqp, AmqpParams};
pub use database::{Database, DatabaseParams, Engine, MONGODB, MYSQL, POSTGRES};
pub use redis::{Redis, RedisParams};
pub use s3::{S3, S3Params};

/// Where a fragment means the password.
const PASSWORD: &str = "${outputs.password}";

/// A server as a Compose service.
struct Server<'a> {
    name: &'a str,
    image: String,
    command: &'a [&'a str],
    environment: &'a [(&'a str, &'a str)],
    /// The volume of its data.
    volume: String,
    /// Where it keeps its data.
    data: &'a str,
    healthcheck: &'a [&'a str],
    /// Seconds that a check may take, and that lie between two.
    patience: u32,
    /// Whether the data belongs to the host name, which must then stay the same.
    keeps_host_name: bool,
}

impl Server<'_> {
    fn service(&self) -> Json {
        let mut service = Map::new();
        service.insert("image".to_owned(), json!(self.image));
        if self.keeps_host_name {
            service.insert("hostname".to_owned(), json!(self.name));
        }
        service.insert("restart".to_owned(), json!("unless-stopped"));
        if !self.command.is_empty() {
            service.insert("command".to_owned(), json!(self.command));
        }
        let environment = self.environment.iter().map(|(key, value)| ((*key).to_owned(), json!(value)));
        service.insert("environment".to_owned(), Json::Object(environment.collect()));
        let volume = json!({"type": "volume", "source": self.volume, "target": self.data});
        service.insert("volumes".to_owned(), json!([volume]));
        let patience = format!("{}s", self.patience);
        let healthcheck =
            json!({"test": self.healthcheck, "interval": patience, "timeout": patience, "retries": 20});
        service.insert("healthcheck".to_owned(), healthcheck);
        Json::Object(service)
    }

    fn fragment(&self) -> Fragment {
        Fragment::default().service(self.name, self.service()).volume(self.volume.as_str())
    }
}

/// What a person can do with a server that was made: see its address, start it, and open a shell in it. To
/// start it, this service and those it waits for are brought up.
fn hints<P>(target: &Target<P>, title: &str, service: &str, shell: String) -> Vec<Hint> {
    let connection = target.prior.as_ref().and_then(|prior| prior.state.get("connection")?.as_str());
    let connection = connection.map(|uri| {
        Hint::new("connection_string", format!("{title}, from inside the project"), uri).sensitive()
    });
    let start = Hint::command(format!("Start {title}"), format!("docker compose up --detach {service}"));
    let shell = Hint::command(format!("Open a shell in {title}"), shell);
    connection.into_iter().chain([start, shell]).collect()
}
