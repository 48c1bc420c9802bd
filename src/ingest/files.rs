//! The PDF files among paths, and their hashes.

use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// Folders inside folders; deeper is most likely a loop of links.
const MAX_DEPTH: usize = 32;

/// The PDF files of `paths`, canonical, each once, sorted; and the paths that could not be looked at.
pub(super) fn pdf_files(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<(PathBuf, String)>) {
    let (mut files, mut failed) = (BTreeSet::new(), Vec::new());
    for path in paths {
        match path.canonicalize() {
            Ok(found) if found.is_dir() => walk(&found, 0, &mut files, &mut failed),
            // A file that is named is read whatever its ending.
            Ok(found) => {
                files.insert(found);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                failed.push((path.clone(), "no such file or folder".to_owned()))
            }
            Err(error) => failed.push((path.clone(), error.to_string())),
        }
    }
    (files.into_iter().collect(), failed)
}

fn walk(folder: &Path, depth: usize, files: &mut BTreeSet<PathBuf>, failed: &mut Vec<(PathBuf, String)>) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return failed.push((folder.to_owned(), format!("folder cannot be read: {error}"))),
    };
    for entry in entries {
        let path = match entry {
            Ok(entry) => entry.path(),
            Err(error) => {
                failed.push((folder.to_owned(), format!("folder cannot be read: {error}")));
                continue;
            }
        };
        if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
            continue; // hidden: what editors and file managers leave
        }
        let is_pdf = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("pdf"));
        if path.is_dir() {
            if depth < MAX_DEPTH {
                walk(&path, depth + 1, files, failed);
            }
        } else if is_pdf {
            match path.canonicalize() {
                Ok(found) => {
                    files.insert(found);
                }
                Err(error) => failed.push((path, error.to_string())),
            }
        }
    }
}

/// Size and hash (64 hexadecimal digits) of a file.
pub(super) fn hash(path: &Path) -> io::Result<(u64, String)> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut hash = Sha256::new();
    let num_bytes = io::copy(&mut std::fs::File::open(path)?, &mut hash)?;
    Ok((num_bytes, hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}
