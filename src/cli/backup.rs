//! `lectern backup`: what the class has done, in one file, also while a server runs.

use super::CliError;
use super::archive::{self, CLASSROOM, KEYS, LIBRARY};
use super::folders::Folders;
use crate::{classroom, library};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Flags of `lectern backup`.
///
/// In it are the conversations, what each student knows, the sign-ins, the library and the server's keys: keep it as you
/// would keep a key. The models and the PDF files are not in it; those are copied as files.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file to write, such as lectern-monday.tar
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    folders: Folders,
}

/// A folder that goes away with everything in it, whatever happens.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0)); // it may never have been made
    }
}

pub(super) fn run(args: Args) -> Result<ExitCode, CliError> {
    let (file, data) = (&args.file, &args.folders.data);
    let taken = || -> Result<(), CliError> {
        let there = CliError::Usage(format!("{} is there already; --force replaces it", file.display()));
        if file.exists() && !args.force { Err(there) } else { Ok(()) }
    };
    taken()?;
    let name = file.file_name().ok_or_else(|| CliError::Usage(format!("{} is no file name", file.display())))?;
    let name = format!(".{}.{}.part", name.to_string_lossy(), std::process::id());
    let scratch = Scratch(archive::folder_of(file).join(name));
    private_folder(&scratch.0)?;
    let files = collect(data, &scratch.0)?;
    if files.is_empty() {
        return Err(CliError::Usage(format!("nothing to back up in {}; is --data right?", data.display())));
    }
    let aside = scratch.0.join("backup.tar");
    let failed = |source| CliError::File { path: file.clone(), source };
    let mut to = archive::private_file(&aside).map_err(failed)?;
    let manifest = archive::write(&mut to, &files, jiff::Timestamp::now().to_string())?;
    to.sync_all().map_err(failed)?;
    taken()?;
    fs::rename(&aside, file).and_then(|()| archive::sync_folder(archive::folder_of(file))).map_err(failed)?;
    let num_bytes: u64 = manifest.files.iter().map(|listed| listed.num_bytes).sum();
    let names: Vec<&str> = manifest.files.iter().map(|listed| listed.name.as_str()).collect();
    writeln!(std::io::stdout(), "{}: {} ({} kB)", file.display(), names.join(", "), num_bytes.div_ceil(1000))?;
    eprintln!("Not in it: the models and the PDF files; copy those folders as they are.");
    Ok(ExitCode::SUCCESS)
}

fn private_folder(path: &Path) -> Result<(), CliError> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| CliError::File { path: path.to_owned(), source })
}

/// The files that are to be kept, by their names in the backup: copies of the databases, the keys where they are.
fn collect(data: &Path, scratch: &Path) -> Result<Vec<(String, PathBuf)>, CliError> {
    let mut files = Vec::new();
    let (conversations, books) = (data.join(CLASSROOM), data.join(LIBRARY));
    if conversations.exists() {
        classroom::backup(&conversations, &scratch.join(CLASSROOM))?;
        files.push((CLASSROOM.to_owned(), scratch.join(CLASSROOM)));
    }
    if books.exists() {
        library::backup(&books, &scratch.join(LIBRARY))?;
        files.push((LIBRARY.to_owned(), scratch.join(LIBRARY)));
    }
    let folder = data.join(KEYS);
    let failed = |source| CliError::File { path: folder.clone(), source };
    let mut keys = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = format!("{KEYS}/{}", path.file_name().unwrap_or_default().to_string_lossy());
            if path.is_file() && archive::is_ours(&name) {
                keys.push((name, path));
            } else {
                eprintln!("warning: {} is not put into the backup", path.display());
            }
        }
    }
    keys.sort();
    files.extend(keys);
    Ok(files)
}
