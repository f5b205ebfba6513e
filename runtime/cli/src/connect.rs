//! Reaching a server: the one that is named, the one that serves the home, or one of this process's own.

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use etcetera::BaseStrategy;
use innominatus_api::{Client, ClientError, Endpoint};
use innominatus_model::{Code, Coded};
use innominatus_server::{Options, Running};
use rustix::fs::Access;
use tempfile::TempDir;
use tokio::sync::Mutex;

use crate::problem::Failure;

/// Another process that starts or stops holds the store for moments; one that works answers on its socket.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);
/// How long a server on this machine may take to say hello.
const HELLO: Duration = Duration::from_secs(5);

/// Why there is no home to work in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HomeError {
    #[error("no folder for data: neither `HOME` nor `XDG_DATA_HOME` says where")]
    Nowhere,
    #[error("cannot make the home `{}`", .path.display())]
    Create { path: PathBuf, source: std::io::Error },
}

impl Coded for HomeError {
    fn code(&self) -> Code {
        match self {
            Self::Nowhere => Code::Usage,
            Self::Create { .. } => Code::OutputFailed,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some("name a folder with `--home` or `INNOMINATUS_HOME`".into())
    }
}

/// Knows where to look for a server, and keeps the one of this process.
pub(crate) struct Connector {
    home: Option<PathBuf>,
    server: Option<String>,
    /// Whether a server of this process goes on with what was interrupted.
    resume: AtomicBool,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    /// Who answered last.
    client: Option<Client>,
    /// The server of this process.
    embedded: Option<Running>,
    /// Its home, if that goes away with it.
    apart: Option<TempDir>,
}

impl Connector {
    /// With the home and server of the command line, if any; `resume` says whether a server that is started here goes
    /// on with runs that were interrupted.
    pub(crate) fn new(home: Option<PathBuf>, server: Option<String>, resume: bool) -> Self {
        Self { home, server, resume: AtomicBool::new(resume), found: Mutex::default() }
    }

    /// Whoever waits for a run goes on with it, should the process end whose server began it.
    pub(crate) fn go_on(&self) {
        self.resume.store(true, Ordering::Relaxed);
    }

    /// Whether a server was named.
    pub(crate) fn has_server(&self) -> bool {
        self.server.is_some()
    }

    /// Whether the work ends with this process.
    pub(crate) async fn is_embedded(&self) -> bool {
        self.found.lock().await.embedded.is_some()
    }

    /// A client of the named server or of the one that serves the home. If a lasting one is not insisted on,
    /// one is started here where nobody serves.
    pub(crate) async fn client(&self, lasting: bool) -> Result<Client, Failure> {
        let mut found = self.found.lock().await;
        if let Some(client) = &found.client {
            return Ok(client.clone());
        }
        let client = match &self.server {
            Some(url) => self.named(url)?,
            None if lasting => self.attach_to_lasting().await?,
            None => self.attach_or_start(&mut found.embedded).await?,
        };
        found.client = Some(client.clone());
        Ok(client)
    }

    /// Who answered last does not answer any more. The server of this process does, until it is closed.
    pub(crate) async fn forget(&self) {
        let mut found = self.found.lock().await;
        if found.embedded.is_none() {
            found.client = None;
        }
    }

    async fn attach_or_start(&self, embedded: &mut Option<Running>) -> Result<Client, Failure> {
        let home = self.ensure_home()?;
        let options = options(&home, None, self.resume.load(Ordering::Relaxed))?;
        let socket = home.join("api.sock");
        let deadline = Instant::now() + PATIENCE;
        loop {
            match attach(&socket).await? {
                Attached::Yes(client) => return Ok(client),
                Attached::Busy if Instant::now() > deadline => return Err(silent(&home)),
                Attached::Busy => {}
                Attached::Nobody => match innominatus_server::start(options.clone()).await {
                    Ok(running) => {
                        let client = local(running.socket());
                        *embedded = Some(running);
                        return Ok(client);
                    }
                    Err(error) if error.code() == Code::StoreLocked && Instant::now() < deadline => {}
                    Err(error) => return Err(error.into()),
                },
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn attach_to_lasting(&self) -> Result<Client, Failure> {
        let home = self.ensure_home()?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match attach(&home.join("api.sock")).await? {
                Attached::Yes(client) => return Ok(client),
                Attached::Nobody => {
                    let hint = "start `innominatus serve` first, or leave `--no-wait` out";
                    return Err(Failure::usage(
                        "`--no-wait` without a server that goes on with the work",
                        hint,
                    ));
                }
                Attached::Busy if Instant::now() > deadline => return Err(silent(&home)),
                Attached::Busy => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// Whether there is a home that can be worked in, or a server that does.
    pub(crate) fn has_home(&self) -> bool {
        let is_usable = |home: PathBuf| {
            home.is_dir()
                && (rustix::fs::access(&home, Access::WRITE_OK | Access::EXEC_OK).is_ok()
                    || home.join("api.sock").exists())
        };
        self.has_server() || self.home().is_ok_and(is_usable)
    }

    /// Serves a home that goes away with this process: for questions about files alone, for nothing is installed
    /// there.
    pub(crate) async fn stand_apart(&self) -> Result<(), Failure> {
        let mut found = self.found.lock().await;
        let home =
            tempfile::tempdir().map_err(|source| HomeError::Create { path: std::env::temp_dir(), source })?;
        let running = innominatus_server::start(options(home.path(), None, false)?).await?;
        found.client = Some(local(running.socket()));
        found.embedded = Some(running);
        found.apart = Some(home);
        Ok(())
    }

    /// Starts a server in this process that others may use as well.
    pub(crate) async fn serve(&self, tcp: Option<SocketAddr>) -> Result<Running, Failure> {
        let home = self.ensure_home()?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match innominatus_server::start(options(&home, tcp, true)?).await {
                Ok(running) => return Ok(running),
                Err(error) if error.code() == Code::StoreLocked => {
                    if let Attached::Yes(client) = attach(&home.join("api.sock")).await? {
                        let pid = client.status().await?.pid;
                        let detail = format!("process {pid} serves `{}` already", home.display());
                        return Err(
                            Failure::new(Code::StoreLocked, detail).hint("use that one, or stop it first")
                        );
                    }
                    if Instant::now() > deadline {
                        return Err(error.into());
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Stops the server of this process, if there is one: calls in flight are finished, the store is closed.
    pub(crate) async fn close(&self) {
        let Found { embedded, apart, .. } = std::mem::take(&mut *self.found.lock().await);
        if let Some(running) = embedded {
            running.stop().await;
        }
        drop(apart);
    }

    /// The file with the token for TCP.
    pub(crate) fn token_file(&self) -> Result<PathBuf, Failure> {
        Ok(self.home()?.join("api.token"))
    }

    fn named(&self, url: &str) -> Result<Client, Failure> {
        let Some(endpoint) = Endpoint::parse(url) else {
            let detail = format!("`{}` is not a server's address", url.escape_debug());
            return Err(Failure::usage(detail, "write `http://127.0.0.1:<port>` or `unix:<path>`"));
        };
        let given = std::env::var("INNOMINATUS_TOKEN").ok().filter(|token| !token.is_empty());
        // The home's token is for this machine; another one gets only what was meant for it.
        let token = given.or_else(|| if is_here(&endpoint) { self.kept_token() } else { None });
        Ok(Client::new(endpoint, token))
    }

    fn kept_token(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.token_file().ok()?).ok()?;
        Some(text.trim().to_owned()).filter(|token| !token.is_empty())
    }

    /// The folder where an author's tools keep compiled components: below a home that is named, else the XDG cache folder.
    pub(crate) fn author_cache(&self) -> Result<PathBuf, HomeError> {
        let folder = match &self.home {
            Some(home) => home.join("author"),
            None => etcetera::base_strategy::Xdg::new()
                .map_err(|_| HomeError::Nowhere)?
                .cache_dir()
                .join("innominatus")
                .join("author"),
        };
        std::path::absolute(&folder).map_err(|source| HomeError::Create { path: folder, source })
    }

    /// The home, whether it is there or not.
    pub(crate) fn home(&self) -> Result<PathBuf, HomeError> {
        let home = match &self.home {
            Some(home) => home.clone(),
            None => etcetera::base_strategy::Xdg::new()
                .map_err(|_| HomeError::Nowhere)?
                .data_dir()
                .join("innominatus"),
        };
        std::path::absolute(&home).map_err(|source| HomeError::Create { path: home, source })
    }

    /// Where an author's tools keep compiled components: in the home that was named, else in the user's cache. A home
    /// that nobody named is not made for it.
    pub(crate) fn workshop(&self) -> Result<PathBuf, HomeError> {
        let folder = match &self.home {
            Some(home) => home.join("author"),
            None => etcetera::base_strategy::Xdg::new()
                .map_err(|_| HomeError::Nowhere)?
                .cache_dir()
                .join("innominatus"),
        };
        std::path::absolute(&folder).map_err(|source| HomeError::Create { path: folder, source })
    }

    /// The home, made for its owner alone where it is missing.
    fn ensure_home(&self) -> Result<PathBuf, HomeError> {
        use std::os::unix::fs::DirBuilderExt;
        let home = self.home()?;
        if !home.is_dir() {
            std::fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&home)
                .map_err(|source| HomeError::Create { path: home.clone(), source })?;
        }
        Ok(home)
    }
}

enum Attached {
    Yes(Client),
    /// Somebody is there, but starts or stops just now.
    Busy,
    Nobody,
}

async fn attach(socket: &Path) -> Result<Attached, Failure> {
    let client = local(socket);
    match tokio::time::timeout(HELLO, client.status()).await {
        Ok(Ok(_)) => Ok(Attached::Yes(client)),
        Ok(Err(ClientError::Unreachable { .. })) => Ok(Attached::Nobody),
        Err(_) | Ok(Err(ClientError::Broken(_))) => Ok(Attached::Busy),
        Ok(Err(error)) if error.code() == Code::Unavailable => Ok(Attached::Busy),
        Ok(Err(error)) => Err(error.into()),
    }
}

fn local(socket: &Path) -> Client {
    Client::new(Endpoint::Unix(socket.to_path_buf()), None)
}

fn silent(home: &Path) -> Failure {
    let detail = format!("the process that serves `{}` does not answer", home.display());
    Failure::new(Code::Unavailable, detail)
        .hint("look for a hanging `innominatus` process, stop it and try again")
}

/// Components are compiled by this very program, so that the two are always of one version.
/// The program that compiles components apart, and its arguments: this one.
pub(crate) fn compiler() -> Result<(PathBuf, Vec<OsString>), Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::internal(format!("this program does not know where it lies: {error}")))?;
    Ok((program, vec![crate::COMPILE_COMPONENT.into()]))
}

fn options(home: &Path, tcp: Option<SocketAddr>, resume: bool) -> Result<Options, Failure> {
    let compiler = compiler()?;
    Ok(Options { home: home.to_path_buf(), compiler, tcp, resume })
}

fn is_here(endpoint: &Endpoint) -> bool {
    match endpoint {
        Endpoint::Unix(_) => true,
        Endpoint::Tcp(authority) => {
            let host = authority.rsplit_once(':').map_or(authority.as_str(), |(host, _)| host);
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_homes_token_stays_on_this_machine() {
        for here in ["unix:/run/x.sock", "http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"] {
            assert!(is_here(&Endpoint::parse(here).unwrap()), "{here}");
        }
        for elsewhere in
            ["http://10.0.0.1:1", "http://localhost.example.com:1", "http://127.0.0.1.example.com:1"]
        {
            assert!(!is_here(&Endpoint::parse(elsewhere).unwrap()), "{elsewhere}");
        }
    }

    #[test]
    fn a_new_home_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let connector = Connector::new(Some(folder.path().join("deep/home")), None, true);
        let home = connector.ensure_home().unwrap();
        assert_eq!(std::fs::metadata(home).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[tokio::test]
    async fn who_stands_apart_makes_no_home_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        let connector = Connector::new(Some(home.clone()), None, true);
        assert!(!connector.has_home());
        connector.stand_apart().await.unwrap();
        let client = connector.client(false).await.unwrap();
        assert_eq!(client.platforms().await.unwrap().items, []);
        let apart = connector.found.lock().await.apart.as_ref().unwrap().path().to_path_buf();
        assert!(apart.is_dir() && !home.exists());
        connector.close().await;
        assert!(!apart.exists() && !home.exists());
        std::fs::create_dir(&home).unwrap();
        assert!(connector.has_home());
    }

    #[tokio::test]
    async fn a_server_that_cannot_be_named_is_a_usage_error() {
        let connector = Connector::new(None, Some("https://example.com".into()), true);
        let failure = connector.client(false).await.unwrap_err();
        assert!(failure.is(Code::Usage), "{failure:?}");
    }

    #[tokio::test]
    async fn without_a_server_nobody_goes_on_with_the_work() {
        let folder = tempfile::tempdir().unwrap();
        let connector = Connector::new(Some(folder.path().to_path_buf()), None, true);
        let failure = connector.client(true).await.unwrap_err();
        assert!(failure.is(Code::Usage), "{failure:?}");
        assert!(failure.problem().hint.as_deref().unwrap().contains("innominatus serve"));
    }
}
