//! Running registries. They end with whoever started them, also when that is killed where the machine can do that.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process::{Command, find};

/// Who may come into the one that is locked, and how docker-registry is told: the password's bcrypt hash.
const USERNAME: &str = "alice";
const PASSWORD: &str = "looking-glass";
const HTPASSWD: &str = "alice:$2b$04$uJf2.pf6cC.sjV.58AvHguObK6IHRTbt7e3WwiNq4GTBAME25zo7m\n";
/// It starts in less than a second.
const PATIENCE: Duration = Duration::from_secs(20);

/// Both registries; stopped when dropped.
pub(crate) struct Registries {
    open: Server,
    locked: Server,
    cosign: Option<PathBuf>,
}

/// One of them.
struct Server {
    child: Child,
    address: String,
}

impl Registries {
    /// Starts them with nothing in them, and waits until they answer. What they say goes into logs in `folder`.
    pub(super) fn start(program: &Path, folder: &Path, cosign: Option<PathBuf>) -> Result<Self> {
        let htpasswd = folder.join("htpasswd");
        fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
        fs::write(&htpasswd, HTPASSWD).with_context(|| format!("cannot write `{}`", htpasswd.display()))?;
        let open = Server::start(program, folder, "open", "")?;
        let auth = format!("auth:\n  htpasswd:\n    realm: test\n    path: {}\n", htpasswd.display());
        let locked = Server::start(program, folder, "locked", &auth)?;
        Ok(Self { open, locked, cosign })
    }

    /// The one that is open to everybody: host and port.
    pub(super) fn address(&self) -> &str {
        &self.open.address
    }

    /// What tests need to know, as environment variables.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, &OsStr)> {
        let registries = [
            ("INNOMINATUS_TEST_REGISTRY", self.open.address.as_str()),
            ("INNOMINATUS_TEST_REGISTRY_LOCKED", &self.locked.address),
            ("INNOMINATUS_TEST_REGISTRY_USERNAME", USERNAME),
            ("INNOMINATUS_TEST_REGISTRY_PASSWORD", PASSWORD),
        ];
        let cosign = self.cosign.iter().map(|cosign| ("INNOMINATUS_COSIGN", cosign.as_os_str()));
        registries.into_iter().map(|(name, value)| (name, OsStr::new(value))).chain(cosign)
    }

    /// Waits until one ends by itself.
    pub(super) fn wait(mut self) -> Result<()> {
        let status = self.open.child.wait().context("docker-registry cannot be waited for")?;
        bail!("docker-registry ended with {status}")
    }
}

impl Server {
    fn start(program: &Path, folder: &Path, name: &str, auth: &str) -> Result<Self> {
        let data = folder.join(format!("{name}-data"));
        if data.exists() {
            fs::remove_dir_all(&data).with_context(|| format!("cannot remove `{}`", data.display()))?;
        }
        let address = free()?;
        let config = folder.join(format!("{name}.yml"));
        fs::write(&config, configuration(&address, &data, auth))
            .with_context(|| format!("cannot write `{}`", config.display()))?;
        let log = folder.join(format!("{name}.log"));
        let file = File::create(&log).with_context(|| format!("cannot write `{}`", log.display()))?;
        let command = match find("setpriv") {
            // The kernel ends it when whoever started it is gone.
            Some(setpriv) => Command::new(setpriv).args(["--pdeathsig", "KILL", "--"]).arg(program),
            None => Command::new(program),
        };
        let mut child = command.arg("serve").arg(&config).start(file)?;
        if let Some(mut stdout) = child.stdout.take() {
            // Nobody reads it, and a full pipe would hold it up.
            std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
        }
        let mut server = Self { child, address };
        let since = Instant::now();
        while !answers(&server.address) {
            if server.child.try_wait().is_ok_and(|ended| ended.is_some()) || since.elapsed() > PATIENCE {
                bail!("docker-registry did not start; `{}` says why", log.display());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }
}

impl Drop for Server {
    /// By its process id. One that has ended already needs nothing more.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of the loopback interface that nobody has.
fn free() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").context("there is no free port")?;
    Ok(listener.local_addr().context("a port without an address")?.to_string())
}

fn answers(address: &str) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
        stream.write_all(b"GET /v2/ HTTP/1.0\r\nHost: registry\r\n\r\n").ok()?;
        let mut start = [0; 12];
        stream.read_exact(&mut start).ok()?;
        Some([&b" 200"[..], b" 401"].contains(&&start[8..]))
    };
    ask() == Some(true)
}

fn configuration(address: &str, data: &Path, auth: &str) -> String {
    format!(
        "version: 0.1\nlog:\n  level: warn\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    \
         rootdirectory: {}\n  delete:\n    enabled: true\nhttp:\n  addr: {address}\n  relativeurls: true\n{auth}",
        data.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_that_is_locked_wants_a_password() {
        let open = configuration("127.0.0.1:1", Path::new("/data"), "");
        assert!(open.contains("rootdirectory: /data\n") && !open.contains("auth:"), "{open}");
        assert!(
            configuration("127.0.0.1:1", Path::new("/data"), "auth:\n  htpasswd:\n").contains("\nauth:\n")
        );
    }

    #[test]
    fn who_is_silent_does_not_answer() {
        assert!(!answers("127.0.0.1:1"));
    }
}
