//! `lectern password`: the teacher's password.

use super::CliError;
use super::archive::CLASSROOM;
use super::folders::Folders;
use crate::classroom::{Setting, Store};
use crate::server::{MIN_PASSWORD_CHARS, hash_password};
use std::io::{BufRead as _, IsTerminal as _};
use std::process::ExitCode;

/// Flags of `lectern password`.
///
/// On a terminal it asks twice and shows nothing; elsewhere it reads one line. It works while a server runs.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    folders: Folders,
}

pub(super) fn run(args: Args) -> Result<ExitCode, CliError> {
    let data = &args.folders.data;
    let password = if std::io::stdin().is_terminal() { asked()? } else { piped()? };
    if password.chars().count() < MIN_PASSWORD_CHARS {
        return Err(CliError::Usage(format!("the password needs at least {MIN_PASSWORD_CHARS} characters")));
    }
    std::fs::create_dir_all(data).map_err(|source| CliError::File { path: data.clone(), source })?;
    Store::open(&data.join(CLASSROOM))?.set(Setting::TeacherPassword, &hash_password(&password))?;
    println!("The teacher's password is set.");
    Ok(ExitCode::SUCCESS)
}

fn asked() -> Result<String, CliError> {
    let password = rpassword::prompt_password(format!("New password (at least {MIN_PASSWORD_CHARS} characters): "))?;
    if password != rpassword::prompt_password("The same again: ")? {
        return Err(CliError::Usage("the two are not the same; the password is as it was".to_owned()));
    }
    Ok(password)
}

fn piped() -> Result<String, CliError> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}
