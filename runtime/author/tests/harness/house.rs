//! What these tests share.

use std::path::Path;

use innominatus_author::harness::{
    CompilerCommand, HarnessError, Options, Report, Selection, Status, test_platform,
};
use innominatus_testkit::programs;

/// Tests a platform that was built from this repository.
pub(crate) fn test(name: &str, selection: Selection) -> Report {
    run(&programs::platform(name), selection).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Tests the platform in a folder.
pub(crate) fn run(folder: &Path, selection: Selection) -> Result<Report, HarnessError> {
    let options = Options { selection, ..of(folder) };
    block_on(async move { test_platform(&options).await })
}

/// Everything in a folder.
pub(crate) fn of(folder: &Path) -> Options {
    Options {
        target: folder.to_path_buf(),
        selection: Selection::default(),
        cache: programs::shared("author"),
        compiler: CompilerCommand { program: programs::compiler(), args: Vec::new() },
    }
}

/// Runs work on threads with as much stack as the program gives them: what nests deepest needs it where nothing is
/// optimised.
pub(crate) fn block_on<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let threads = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(8 << 20)
        .enable_all()
        .build()
        .unwrap();
    threads.block_on(async { tokio::spawn(work).await.unwrap() })
}

/// `entry/check` of everything that ended so.
pub(crate) fn ended(report: &Report, status: Status) -> Vec<String> {
    let found = report.findings().filter(|(_, finding)| finding.status == status);
    let mut found: Vec<String> =
        found.map(|(entry, finding)| format!("{}/{}", entry.name, finding.check.id)).collect();
    found.sort();
    found.dedup();
    found
}
