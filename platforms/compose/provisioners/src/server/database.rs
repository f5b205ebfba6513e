//! `postgres`, `mysql`, `mongodb`: alike enough for a table.

use innominatus_guest::prelude::*;

use super::{PASSWORD, Server, hints};
use crate::image::{Image, Version};
use crate::naming;

/// A database server with one database and one user.
#[derive(Debug, Clone, Copy)]
pub struct Database(pub &'static Engine);

/// Params of `postgres`, `mysql` and `mongodb`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatabaseParams {
    /// The server's version: a tag of its image.
    version: Option<Version>,
    /// Another image, with or without a tag.
    #[schemars(regex(pattern = r"^[a-z0-9][A-Za-z0-9_.:/@-]*$"))]
    image: Option<String>,
    /// The database's name; made from the resource's name when absent.
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]{0,62}$"))]
    database: Option<String>,
    /// The user's name; made from the resource's name when absent.
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]{0,31}$"))]
    username: Option<String>,
    /// Without effect here, accepted for files that say it to other platforms.
    #[serde(rename = "engine")]
    _engine: Option<Json>,
    /// Without effect here, accepted for files that say it to other platforms.
    #[serde(rename = "size")]
    _size: Option<Json>,
    /// Without effect here, accepted for files that say it to other platforms.
    #[serde(rename = "storage")]
    _storage: Option<Json>,
    /// Without effect here, accepted for files that say it to other platforms.
    #[serde(rename = "replicas")]
    _replicas: Option<Json>,
}

/// What tells one database server from another.
#[derive(Debug)]
pub struct Engine {
    kind: &'static str,
    title: &'static str,
    image: Image,
    port: u16,
    /// Where the server keeps its data, by major version.
    data: fn(u32) -> &'static str,
    /// How long a user's name may be.
    username_limit: usize,
    environment: fn(Account<'_>) -> Vec<(&'static str, &str)>,
    healthcheck: fn(Account<'_>) -> Vec<&str>,
    connection: fn(Account<'_>, &str) -> String,
    shell: fn(Account<'_>) -> String,
}

/// Who connects to what, and where.
#[derive(Clone, Copy)]
struct Account<'a> {
    service: &'a str,
    database: &'a str,
    username: &'a str,
}

/// PostgreSQL.
pub static POSTGRES: Engine = Engine {
    kind: "postgres",
    title: "PostgreSQL",
    image: Image { repository: "postgres", version: "17", variant: "-alpine" },
    port: 5432,
    // From 18 on the image keeps each version's data in a folder of its own under this one.
    data: |major| if major >= 18 { "/var/lib/postgresql" } else { "/var/lib/postgresql/data" },
    username_limit: 63,
    environment: |account| {
        vec![
            ("POSTGRES_DB", account.database),
            ("POSTGRES_USER", account.username),
            ("POSTGRES_PASSWORD", PASSWORD),
        ]
    },
    // By address: while the image prepares its data, the server listens on a socket only.
    healthcheck: |account| {
        let (user, database) = (account.username, account.database);
        vec!["CMD", "pg_isready", "--host", "127.0.0.1", "--username", user, "--dbname", database]
    },
    connection: |account, password| {
        let Account { service, database, username } = account;
        format!("postgresql://{username}:{password}@{service}:5432/{database}")
    },
    shell: |account| {
        let Account { service, database, username } = account;
        format!("docker compose exec {service} psql --username {username} --dbname {database}")
    },
};

/// MySQL.
pub static MYSQL: Engine = Engine {
    kind: "mysql",
    title: "MySQL",
    image: Image { repository: "mysql", version: "8.4", variant: "" },
    port: 3306,
    data: |_| "/var/lib/mysql",
    username_limit: 32,
    environment: |account| {
        vec![
            ("MYSQL_DATABASE", account.database),
            ("MYSQL_USER", account.username),
            ("MYSQL_PASSWORD", PASSWORD),
            ("MYSQL_RANDOM_ROOT_PASSWORD", "yes"),
        ]
    },
    // By address: while the image prepares its data, the server listens on a socket only.
    healthcheck: |_| vec!["CMD", "mysqladmin", "ping", "--host=127.0.0.1", "--silent"],
    connection: |account, password| {
        let Account { service, database, username } = account;
        format!("mysql://{username}:{password}@{service}:3306/{database}")
    },
    shell: |account| {
        let Account { service, database, username } = account;
        let client = format!("mysql --user={username} --password=\"$MYSQL_PASSWORD\" {database}");
        format!("docker compose exec {service} sh -c '{client}'")
    },
};

/// MongoDB.
pub static MONGODB: Engine = Engine {
    kind: "mongodb",
    title: "MongoDB",
    image: Image { repository: "mongo", version: "7", variant: "" },
    port: 27017,
    data: |_| "/data/db",
    username_limit: 63,
    environment: |account| {
        vec![
            ("MONGO_INITDB_DATABASE", account.database),
            ("MONGO_INITDB_ROOT_USERNAME", account.username),
            ("MONGO_INITDB_ROOT_PASSWORD", PASSWORD),
        ]
    },
    // By the service's own name: while the image prepares its data, the server listens locally only.
    healthcheck: |account| {
        let ping = "quit(db.adminCommand({ ping: 1 }).ok ? 0 : 1)";
        vec!["CMD", "mongosh", "--quiet", "--host", account.service, "--eval", ping]
    },
    connection: |account, password| {
        let Account { service, database, username } = account;
        format!("mongodb://{username}:{password}@{service}:27017/{database}?authSource=admin")
    },
    shell: |account| {
        let Account { service, database, username } = account;
        let client = format!(
            "mongosh --username {username} --password \"$MONGO_INITDB_ROOT_PASSWORD\" \
             --authenticationDatabase admin {database}"
        );
        format!("docker compose exec {service} sh -c '{client}'")
    },
};

/// The names of one resource.
struct Names {
    service: String,
    database: String,
    username: String,
}

impl Names {
    fn account(&self) -> Account<'_> {
        Account { service: &self.service, database: &self.database, username: &self.username }
    }
}

impl Database {
    fn names(self, target: &Target<DatabaseParams>) -> Names {
        let Self(engine) = self;
        let made = |limit| naming::identifier(&target.name, limit);
        Names {
            service: naming::service(engine.kind, &target.name),
            database: target.params.database.clone().unwrap_or_else(|| made(63)),
            username: target.params.username.clone().unwrap_or_else(|| made(engine.username_limit)),
        }
    }
}

impl Provisioner for Database {
    type Params = DatabaseParams;

    fn offer(&self) -> Offer {
        Offer::new(self.0.kind)
            .verb("update")
            .output(OutputSpec::text("host"))
            .output(OutputSpec::integer("port"))
            .output(OutputSpec::text("name"))
            .output(OutputSpec::text("database"))
            .output(OutputSpec::text("username"))
            .output(OutputSpec::secret("password"))
            .output(OutputSpec::secret("connection"))
    }

    fn provision(&self, host: &Host<'_>, target: &Target<DatabaseParams>) -> Result<Progress, Failure> {
        let Self(engine) = self;
        let DatabaseParams { version, image, .. } = &target.params;
        let names = self.names(target);
        let account = names.account();
        let password = host.secrets().password("password")?;
        let major = version.as_ref().and_then(Version::major).unwrap_or_default();
        let server = Server {
            name: account.service,
            image: engine.image.reference(image.as_deref(), version.as_ref()),
            command: &[],
            environment: &(engine.environment)(account),
            data: (engine.data)(major),
            healthcheck: &(engine.healthcheck)(account),
            keeps_host_name: false,
        };
        let connection = (engine.connection)(account, password.as_str());
        let state = State::new()
            .output("host", account.service)
            .output("port", engine.port)
            .output("name", account.database)
            .output("database", account.database)
            .output("username", account.username)
            .secret("password", password)
            .secret("connection", connection)
            .artifact(server.fragment().artifact()?);
        Ok(state.into())
    }

    fn get_hints(&self, _host: &Host<'_>, target: &Target<DatabaseParams>) -> Result<Vec<Hint>, Failure> {
        let names = self.names(target);
        Ok(hints(target, self.0.title, (self.0.shell)(names.account())))
    }
}
