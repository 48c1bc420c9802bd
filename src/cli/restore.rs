//! `lectern restore`: a data folder from a backup.

use super::CliError;
use super::archive::{self, CLASSROOM, LIBRARY};
use super::folders::Folders;
use crate::{classroom, library};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Flags of `lectern restore`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What `lectern backup` wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Restore into a data folder that is not empty; what is in it is kept beside, in a folder of it
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    folders: Folders,
}

/// The folder in the data folder that a backup is unpacked into before it counts.
const UNPACKED: &str = ".restore.part";

pub(super) fn run(args: Args) -> Result<ExitCode, CliError> {
    let data = &args.folders.data;
    let failed = |source| CliError::File { path: data.clone(), source };
    fs::create_dir_all(data).map_err(failed)?;
    let there = names_in(data).map_err(failed)?;
    if !there.is_empty() && !args.force {
        let reason = format!("{} is not empty ({}); --force restores all the same", data.display(), there.join(", "));
        return Err(CliError::Usage(reason));
    }
    let database = data.join(CLASSROOM);
    if database.exists() && classroom::is_in_use(&database).unwrap_or(false) {
        return Err(CliError::Usage(format!("a server is running on {}; stop it first", data.display())));
    }
    let inner = data.join(UNPACKED);
    if inner.exists() {
        fs::remove_dir_all(&inner).map_err(failed)?; // of a restore that was stopped
    }
    fs::create_dir(&inner).map_err(failed)?;
    let unpacked = archive::unpack(&args.file, &inner).and_then(|manifest| check(&inner).map(|()| manifest));
    let manifest = match unpacked {
        Ok(manifest) => manifest,
        Err(error) => {
            fs::remove_dir_all(&inner).map_err(failed)?;
            return Err(error);
        }
    };
    let kept = if there.is_empty() { None } else { Some(put_aside(data, &there).map_err(failed)?) };
    for name in names_in(&inner).map_err(failed)? {
        fs::rename(inner.join(&name), data.join(&name)).map_err(failed)?;
    }
    fs::remove_dir(&inner).and_then(|()| archive::sync_folder(data)).map_err(failed)?;
    let names: Vec<&str> = manifest.files.iter().map(|listed| listed.name.as_str()).collect();
    writeln!(std::io::stdout(), "{}: {} of {}", data.display(), names.join(", "), manifest.created)?;
    if let Some(kept) = kept {
        eprintln!("What was there before is in {}.", kept.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Looks at the databases before anything of the old ones is moved.
fn check(folder: &Path) -> Result<(), CliError> {
    let (conversations, books) = (folder.join(CLASSROOM), folder.join(LIBRARY));
    if conversations.exists() {
        classroom::check(&conversations)?;
    }
    if books.exists() {
        library::check(&books)?;
    }
    Ok(())
}

/// What is in a folder, without what begins with a dot and what file systems put there themselves.
fn names_in(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && name != "lost+found" {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Moves what is in the data folder into a new folder of it.
fn put_aside(data: &Path, names: &[String]) -> std::io::Result<PathBuf> {
    let free = (1..).map(|number| data.join(format!(".before-restore-{number}"))).find(|path| !path.exists());
    let aside = free.expect("there are always more numbers");
    fs::create_dir(&aside)?;
    for name in names {
        fs::rename(data.join(name), aside.join(name))?;
    }
    Ok(aside)
}
