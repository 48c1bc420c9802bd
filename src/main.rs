//! The binary: parse, start tracing, dispatch, exit code. Everything else is in the library.

use lectern::cli::{self, Cli};
use std::process::ExitCode;

#[expect(clippy::print_stderr, reason = "the one place an error reaches the user")]
fn main() -> anyhow::Result<ExitCode> {
    let ended = Cli::read(std::env::args_os()).and_then(|cli| {
        cli::init_tracing(&cli);
        cli::run(cli.command)
    });
    match ended {
        Ok(code) => Ok(code),
        Err(error) => {
            let code = error.exit_code();
            eprintln!("error: {:#}", anyhow::Error::from(error));
            Ok(ExitCode::from(code))
        }
    }
}
