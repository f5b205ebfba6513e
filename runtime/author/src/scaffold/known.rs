//! What a Score type is likely to put out: names that Score files of many platforms use.

use serde::Serialize;

/// One output of a new provisioner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Out {
    /// As placeholders name it.
    pub(super) name: &'static str,
    /// The constructor of its `OutputSpec`.
    pub(super) spec: &'static str,
    /// The Rust expression for its value.
    pub(super) value: String,
    /// What it is for a resource called `orders` on `server.test`, as YAML.
    pub(super) expected: String,
}

/// What is known of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// For descriptions.
    pub(super) what: String,
    /// For sentences.
    pub(super) thing: String,
    pub(super) outputs: Vec<Out>,
}

impl Known {
    /// What stands between the words of its name: hosts and buckets have no underscores, and what SQL names bare has no
    /// hyphens.
    pub(super) fn joint(&self) -> char {
        if self.has_secret() && self.outputs.iter().all(|out| out.name != "bucket") { '_' } else { '-' }
    }

    /// Whether it has a password.
    pub(super) fn has_secret(&self) -> bool {
        self.outputs.iter().any(|out| out.spec == "secret")
    }
}

/// Of any type; one that nobody knows is a server with a user.
pub(super) fn known(kind: &str) -> Known {
    let lower = kind.to_ascii_lowercase();
    let (what, thing, outputs) = match lower.as_str() {
        "postgres" => ("A PostgreSQL database with its user", "the database's user", database(5432)),
        "mysql" => ("A MySQL database with its user", "the database's user", database(3306)),
        "mongodb" => ("A MongoDB database with its user", "the database's user", database(27017)),
        "redis" => {
            ("A Redis server", "the server", vec![host(), port(6379), name("username"), password("password")])
        }
        "amqp" => {
            let outputs = vec![host(), port(5672), name("vhost"), name("username"), password("password")];
            ("A virtual host of a message broker, with its user", "the virtual host's user", outputs)
        }
        "s3" => {
            let endpoint = text("endpoint", "format!(\"https://{}\", settings.host)", "https://server.test");
            let region = text("region", "\"us-east-1\"", "us-east-1");
            let outputs =
                vec![endpoint, region, name("bucket"), name("access_key_id"), password("secret_key")];
            ("A bucket with its key", "the bucket, its secret key", outputs)
        }
        "dns" => {
            let host = text("host", "format!(\"{name}.{}\", settings.host)", "orders.server.test");
            ("A DNS name", "the name", vec![host])
        }
        "volume" => ("A place for files", "the volume", vec![name("source")]),
        _ => {
            let outputs = vec![host(), name("name"), name("username"), password("password")];
            return Known {
                what: format!("A `{kind}` with its user"),
                thing: "its user".to_owned(),
                outputs,
            };
        }
    };
    Known { what: what.to_owned(), thing: thing.to_owned(), outputs }
}

fn database(number: u16) -> Vec<Out> {
    vec![host(), port(number), name("name"), name("username"), password("password")]
}

fn text(name: &'static str, value: &str, expected: &str) -> Out {
    Out { name, spec: "text", value: value.to_owned(), expected: expected.to_owned() }
}

fn host() -> Out {
    text("host", "settings.host.as_str()", "server.test")
}

fn name(output: &'static str) -> Out {
    text(output, "name.as_str()", "orders")
}

fn port(number: u16) -> Out {
    Out { name: "port", spec: "integer", value: number.to_string(), expected: number.to_string() }
}

fn password(output: &'static str) -> Out {
    Out { name: output, spec: "secret", value: "password".to_owned(), expected: String::new() }
}
