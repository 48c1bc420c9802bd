//! The folders and the disk.

use super::{Finding, in_words};
use crate::cli::folders::Folders;
use std::fs;
use std::path::{Path, PathBuf};
use sysinfo::Disks;

const MB: u64 = 1_000_000;
/// With less a class may not get through a day.
const LITTLE_BYTES: u64 = 1000 * MB;
/// With less SQLite may fail in the middle of a lesson.
const TOO_LITTLE_BYTES: u64 = 200 * MB;

pub(super) fn all(folders: &Folders, corpus: &Path) -> Vec<Finding> {
    let free = free_bytes(&folders.data).map(|free| disk(&folders.data, free));
    [Some(data(&folders.data)), free, Some(books(corpus))].into_iter().flatten().collect()
}

fn data(folder: &Path) -> Finding {
    let shown = folder.display();
    if folder.is_dir() {
        return match try_write(folder) {
            Ok(()) => Finding::ok("data", format!("{shown} can be written")),
            Err(error) => {
                let found =
                    format!("{shown} cannot be written ({}): nothing of the class would last", in_words(&error));
                Finding::problem("data", found, "mend its owner and permissions, or choose another with --data")
            }
        };
    }
    if folder.exists() {
        return Finding::problem("data", format!("{shown} is no folder"), "choose another with --data");
    }
    let above = existing(folder);
    match try_write(&above) {
        Ok(()) => Finding::ok("data", format!("{shown} is not there yet; the first start makes it")),
        Err(error) => {
            let found = format!("{shown} cannot be made in {} ({})", above.display(), in_words(&error));
            Finding::problem("data", found, "mend the permissions there, or choose another with --data")
        }
    }
}

/// Makes and removes a file.
fn try_write(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!(".doctor-{}", std::process::id()));
    fs::write(&path, b"x")?;
    fs::remove_file(&path)
}

/// The folder itself, or the nearest one above it that is there.
fn existing(folder: &Path) -> PathBuf {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let found = absolute.ancestors().find(|above| above.is_dir()).unwrap_or(Path::new("/"));
    found.canonicalize().unwrap_or_else(|_| found.to_owned())
}

/// What is free on the disk of a folder; nothing where the system does not tell.
fn free_bytes(folder: &Path) -> Option<u64> {
    let place = existing(folder);
    let disks = Disks::new_with_refreshed_list();
    let of_place = disks.list().iter().filter(|disk| place.starts_with(disk.mount_point()));
    of_place.max_by_key(|disk| disk.mount_point().as_os_str().len()).map(sysinfo::Disk::available_space)
}

fn disk(folder: &Path, free: u64) -> Finding {
    let found = format!("{} MB free for {}", free / MB, folder.display());
    let remedy = "delete or move files from this disk, or choose another with --data";
    match free {
        0..TOO_LITTLE_BYTES => Finding::problem("disk", format!("{found}: it may be full in mid-lesson"), remedy),
        TOO_LITTLE_BYTES..LITTLE_BYTES => Finding::warning("disk", found, remedy),
        _ => Finding::ok("disk", found),
    }
}

fn books(corpus: &Path) -> Finding {
    let shown = corpus.display();
    match fs::read_dir(corpus) {
        Ok(_) => Finding::ok("corpus", format!("{shown} is there")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Finding::warning(
            "corpus",
            format!("there is no folder {shown}; only books that were read before are served"),
            "put the PDF books there, or name their folder with --corpus",
        ),
        Err(error) => {
            let found = format!("{shown} cannot be read ({})", in_words(&error));
            Finding::problem("corpus", found, "mend its permissions, or choose another with --corpus")
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;
    use crate::cli::doctor::Level;

    #[test]
    fn a_data_folder_can_be_used_or_made() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "x").unwrap();
        for (name, expect) in [("", Level::Ok), ("new/deep", Level::Ok), ("file", Level::Problem)] {
            let finding = data(&folder.path().join(name));
            assert_eq!(finding.level, expect, "{name}: {}", finding.found);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
        assert!(free_bytes(folder.path()).is_none_or(|free| free > 0));
    }

    #[test]
    fn a_disk_is_judged_by_what_is_free() {
        for (free, expect) in [(50 * MB, Level::Problem), (500 * MB, Level::Warning), (5000 * MB, Level::Ok)] {
            assert_eq!(disk(Path::new("data"), free).level, expect);
        }
    }
}
