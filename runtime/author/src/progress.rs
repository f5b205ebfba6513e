//! What is going on, told while it does.

/// One thing that begins or was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Something that is missing is fetched.
    Installing {
        /// What.
        what: String,
        /// The program that does it.
        by: &'static str,
    },
    /// This guest toolchain is used.
    Toolchain {
        /// For people.
        name: String,
    },
    /// A program is run; what it says follows.
    Running {
        /// As a person would type it.
        command: String,
    },
    /// A component is asked what it is; one that is new to this machine is compiled first.
    Asking {
        /// Its path in the platform.
        component: String,
    },
}

/// Who is told.
pub type Tell<'a> = dyn FnMut(Progress) + Send + 'a;
