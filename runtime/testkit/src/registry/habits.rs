//! What a registry is like, and what goes wrong on order.

/// Who is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// A name and a password with each request.
    Basic {
        /// The name.
        username: String,
        /// The password.
        password: String,
    },
    /// A token, which the registry itself gives out at `/token`.
    Token {
        /// Who gets one; everybody where there is none.
        login: Option<(String, String)>,
        /// Another address for tokens than its own.
        realm: Option<String>,
    },
}

/// What a registry is like. The default keeps to the specification, version 1.1, and lets everybody do everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Habits {
    /// Whether it lists what is about a manifest.
    pub referrers: bool,
    /// Whether it says where a manifest or a blob is that was put there.
    pub location: bool,
    /// Whether it takes blobs over from another repository; one that does not wants them uploaded (202).
    pub mounts: bool,
    /// How many entries a page of a list has; all where it is none.
    pub page: Option<usize>,
    /// Whether it says where the next page is; where not, it takes `n` and `last`, or ignores both.
    pub links: bool,
    /// Whether it takes `n` and `last`.
    pub last: bool,
    /// Whether a tag that spells a digest is answered with that manifest.
    pub digest_tags: bool,
    /// Where an upload is sent, if not to itself: the beginning of the address.
    pub upload_to: Option<String>,
    /// Who is let in; everybody where it is none.
    pub gate: Option<Gate>,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            referrers: true,
            location: true,
            mounts: true,
            page: None,
            links: true,
            last: true,
            digest_tags: false,
            upload_to: None,
            gate: None,
        }
    }
}

/// What happens to an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing.
    None,
    /// Another status, with a header.
    Status(u16, Option<(String, String)>),
    /// The connection is cut before it.
    Cut,
    /// It breaks off in the middle.
    Truncated,
    /// It begins and then nothing more comes.
    Stalled,
    /// It never ends.
    Endless(u16),
    /// Other bytes of the same length.
    Changed,
    /// More bytes than there are.
    Longer,
    /// It is somewhere else.
    Redirect(String),
    /// It says another digest than it has.
    OtherDigest,
}

/// One thing that goes wrong, once, for the first request whose method is this and whose path holds this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) kind: Kind,
}

impl Fault {
    fn new(method: &'static str, path: &str, kind: Kind) -> Self {
        Self { method, path: path.to_owned(), kind }
    }

    /// It goes well: what comes after it is for a later request.
    pub fn none(method: &'static str, path: &str) -> Self {
        Self::new(method, path, Kind::None)
    }

    /// It is answered with this status, and nothing is done.
    pub fn status(method: &'static str, path: &str, status: u16) -> Self {
        Self::new(method, path, Kind::Status(status, None))
    }

    /// It is asked too often: come back in so many seconds.
    pub fn throttle(method: &'static str, path: &str, seconds: u32) -> Self {
        Self::new(method, path, Kind::Status(429, Some(("retry-after".to_owned(), seconds.to_string()))))
    }

    /// The connection is cut.
    pub fn cut(method: &'static str, path: &str) -> Self {
        Self::new(method, path, Kind::Cut)
    }

    /// The answer breaks off.
    pub fn truncated(method: &'static str, path: &str) -> Self {
        Self::new(method, path, Kind::Truncated)
    }

    /// The answer begins, and nothing more comes.
    pub fn stalled(method: &'static str, path: &str) -> Self {
        Self::new(method, path, Kind::Stalled)
    }

    /// The answer never ends; with this status.
    pub fn endless(method: &'static str, path: &str, status: u16) -> Self {
        Self::new(method, path, Kind::Endless(status))
    }

    /// Other bytes come than those that were asked for.
    pub fn changed(method: &'static str, path: &str) -> Self {
        Self::new(method, path, Kind::Changed)
    }

    /// More bytes come than there are.
    pub fn longer(method: &'static str, path: &str) -> Self {
        Self::new(method, path, Kind::Longer)
    }

    /// The answer is elsewhere.
    pub fn redirect(method: &'static str, path: &str, to: &str) -> Self {
        Self::new(method, path, Kind::Redirect(to.to_owned()))
    }

    /// The header says another digest than the body has.
    pub fn other_digest(method: &'static str, path: &str) -> Self {
        Self::new(method, path, Kind::OtherDigest)
    }
}
