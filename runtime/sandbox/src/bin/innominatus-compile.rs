//! The compiler child as a program of its own, for tests and for runtimes that want one.

#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    innominatus_sandbox::compile::child_main()
}
