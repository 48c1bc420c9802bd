//! Programs of the Python world that tests run where they are: what `scripts/test.sh` installs, or what is on this machine.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]
#![allow(clippy::print_stdout, reason = "a test says what it skips")]

use std::path::{Path, PathBuf};

/// Where `scripts/test.sh` installs Python packages.
const VENV: &str = "target/python-for-tests/bin";

/// The program of this name: the file that the environment variable names, that of the tests' own installation, or that of
/// `PATH`.
pub fn program(variable: &str, name: &str) -> Option<PathBuf> {
    if let Some(given) = std::env::var_os(variable) {
        return Some(given.into());
    }
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join(VENV).join(name);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let others = std::env::split_paths(&path).map(|folder| folder.join(name));
    std::iter::once(own).chain(others).find(|file| file.is_file())
}

/// Says what is left out and why; where nothing may be left out, fails.
pub fn skip(why: &str) {
    assert!(std::env::var_os("LECTERN_REQUIRE_ALL").is_none(), "{why}");
    println!("skipped: {why}");
}
