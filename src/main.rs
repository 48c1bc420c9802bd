//! The binary: parse, start tracing, dispatch, exit code. Everything else is in the library.

use clap::Parser as _;
use std::process::ExitCode;

#[expect(clippy::print_stderr, reason = "the one place an error reaches the user")]
fn main() -> anyhow::Result<ExitCode> {
    let cli = lectern::cli::Cli::parse();
    lectern::cli::init_tracing(&cli);
    match lectern::cli::run(cli.command) {
        Ok(code) => Ok(code),
        Err(error) => {
            let code = error.exit_code();
            eprintln!("error: {:#}", anyhow::Error::from(error));
            Ok(ExitCode::from(code))
        }
    }
}
