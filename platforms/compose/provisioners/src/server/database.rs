//! `postgres`, `mysql`, `mongodb`: alike enough for a table.

use innominatus_guest::prelude::*;

use super::{PASSWORD, Server, hints};
use crate::data::{Data, default_volume, farewell};
use crate::image::{Image, Version};
use crate::naming;
use crate::release::{Release, TakesOver};

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
    /// Which volume of the server holds its data. Another name is another volume, empty at first.
    #[serde(default = "default_volume")]
    #[schemars(regex(pattern = r"^[a-z0-9]{1,32}$"))]
    volume: String,
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
    /// Where the server keeps its data.
    data: fn(Option<Release>) -> &'static str,
    takes_over: TakesOver,
    /// How long a user's name may be.
    username_limit: usize,
    environment: fn(Account<'_>) -> Vec<(&'static str, &str)>,
    healthcheck: fn(Account<'_>) -> Vec<&str>,
    /// Seconds that a check may take, and that lie between two.
    patience: u32,
    connection: fn(Account<'_>, &str) -> String,
    shell: fn(Account<'_>) -> String,
}

/// Who connects to what, and where.
#[derive(Clone, Copy)]
struct Account<'a> {
    service: &'a str,
    database: &'a str,
    username: &'a str,
    /// Of the image, if its tag says so.
    release: Option<Release>,
}

/// PostgreSQL.
pub static POSTGRES: Engine = Engine {
    kind: "postgres",
    title: "PostgreSQL",
    image: Image { repository: "postgres", version: "17", variant: "-alpine" },
    port: 5432,
    // From 18 on the image keeps each version's data in a folder of its own under this one.
    data: |release| match release {
        Some(Release { major: 18.., .. }) => "/var/lib/postgresql",
        _ => "/var/lib/postgresql/data",
    },
    takes_over: Release::of_postgres,
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
    patience: 5,
    connection: |account, password| {
        let Account { service, database, username, .. } = account;
        format!("postgresql://{username}:{password}@{service}:5432/{database}")
    },
    shell: |account| {
        let Account { service, database, username, .. } = account;
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
    takes_over: Release::of_mysql,
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
    patience: 5,
    connection: |account, password| {
        let Account { service, database, username, .. } = account;
        format!("mysql://{username}:{password}@{service}:3306/{database}")
    },
    shell: |account| {
        let Account { service, database, username, .. } = account;
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
    takes_over: Release::of_mongodb,
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
        vec!["CMD", mongo_shell(account), "--quiet", "--host", account.service, "--eval", ping]
    },
    // The shell is a program of some weight.
    patience: 10,
    connection: |account, password| {
        let Account { service, database, username, .. } = account;
        format!("mongodb://{username}:{password}@{service}:27017/{database}?authSource=admin")
    },
    shell: |account| {
        let Account { service, database, username, .. } = account;
        let shell = mongo_shell(account);
        let client = format!(
            "{shell} --username {username} --password \"$MONGO_INITDB_ROOT_PASSWORD\" \
             --authenticationDatabase admin {database}"
        );
        format!("docker compose exec {service} sh -c '{client}'")
    },
};

/// The image has `mongosh` from 5 on, and before that its predecessor.
fn mongo_shell(account: Account<'_>) -> &'static str {
    match account.release {
        Some(Release { major: ..5, .. }) => "mongo",
        _ => "mongosh",
    }
}

/// The names of one resource.
struct Names {
    service: String,
    image: String,
    database: String,
    username: String,
}

impl Names {
    fn account(&self) -> Account<'_> {
        let Self { service, database, username, image } = self;
        Account { service, database, username, release: Release::of_image(image) }
    }
}

impl Database {
    fn names(self, target: &Target<DatabaseParams>) -> Names {
        let Self(engine) = self;
        let DatabaseParams { version, image, database, username, .. } = &target.params;
        let made = |limit| naming::identifier(&target.name, limit);
        Names {
            service: naming::service(engine.kind, &target.name),
            image: engine.image.reference(image.as_deref(), version.as_ref()),
            database: database.clone().unwrap_or_else(|| made(63)),
            username: username.clone().unwrap_or_else(|| made(engine.username_limit)),
        }
    }

    fn with_data<R>(self, target: &Target<DatabaseParams>, run: impl FnOnce(&Names, Data<'_>) -> R) -> R {
        let names = self.names(target);
        let data = Data {
            title: self.0.title,
            service: &names.service,
            volume: &target.params.volume,
            image: &names.image,
            pointer: Image::pointer(target.params.image.as_deref()),
            first: &[("database", &names.database), ("username", &names.username)],
            takes_over: self.0.takes_over,
        };
        run(&names, data)
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

    fn validate_config(&self, _host: &Host<'_>, target: &Target<DatabaseParams>) -> Vec<Violation> {
        self.with_data(target, |_, data| data.violation(target)).into_iter().collect()
    }

    fn provision(&self, host: &Host<'_>, target: &Target<DatabaseParams>) -> Result<Progress, Failure> {
        let Self(engine) = self;
        self.with_data(target, |names, data| {
            data.admit(host, target)?;
            let account = names.account();
            let password = host.secrets().password("password")?;
            let server = Server {
                name: account.service,
                image: names.image.clone(),
                command: &[],
                environment: &(engine.environment)(account),
                volume: data.volume_name(),
                data: (engine.data)(account.release),
                healthcheck: &(engine.healthcheck)(account),
                patience: engine.patience,
                keeps_host_name: false,
            };
            let connection = (engine.connection)(account, password.as_str());
            let state = State::new()
                .handle(data.handle(target)?)
                .output("host", account.service)
                .output("port", engine.port)
                .output("name", account.database)
                .output("database", account.database)
                .output("username", account.username)
                .secret("password", password)
                .secret("connection", connection)
                .artifact(server.fragment().artifact()?);
            Ok(state.into())
        })
    }

    fn deprovision(&self, host: &Host<'_>, target: &Target<DatabaseParams>) -> Result<Removal, Failure> {
        farewell(host, target, &self.names(target).service);
        Ok(Removal::Gone)
    }

    fn get_hints(&self, _host: &Host<'_>, target: &Target<DatabaseParams>) -> Result<Vec<Hint>, Failure> {
        let names = self.names(target);
        Ok(hints(target, self.0.title, &names.service, (self.0.shell)(names.account())))
    }
}
