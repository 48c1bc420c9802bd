//! Where the files of uploaded and removed books are, below the folder of books. Hidden folders are not read as books.

use crate::server::IntakeError;
use std::path::{Path, PathBuf};

/// Files on their way: received, or being read.
const INCOMING: &str = ".incoming";

/// Files of books that were removed or could not be read.
const REMOVED: &str = ".removed";

/// What a server that was killed left of a file that was arriving.
const PART: &str = ".part-";

/// Room that stays free on the disk, for what students write and for the book in the library.
const SPARE_BYTES: u64 = 256 << 20;

/// The folder of books.
#[derive(Debug, Clone)]
pub(super) struct BookFolder(pub(super) PathBuf);

impl BookFolder {
    /// Where files arrive.
    pub(super) fn incoming(&self) -> PathBuf {
        self.0.join(INCOMING)
    }

    /// Makes the place where files arrive, if there is room for one of this size.
    pub(super) fn make_room(&self, num_bytes: u64) -> Result<PathBuf, IntakeError> {
        let incoming = self.incoming();
        std::fs::create_dir_all(&incoming)?;
        let needed = num_bytes.saturating_add(SPARE_BYTES);
        match free_bytes(&incoming) {
            Some(free) if free < needed => {
                Err(IntakeError::DiskFull { free_mib: free >> 20, needed_mib: needed >> 20 })
            }
            _ => Ok(incoming),
        }
    }

    /// Whether a file of this name is there, in either place.
    pub(super) fn has(&self, file_name: &str) -> bool {
        [&self.0, &self.incoming()].iter().any(|folder| folder.join(file_name).exists())
    }

    /// Takes a file that was read to the books; where it is now.
    pub(super) fn keep(&self, file: &Path) -> std::io::Result<PathBuf> {
        move_into(file, &self.0)
    }

    /// Puts a file aside; where it is now. A file that is not below this folder stays where it is: no start reads it.
    pub(super) fn put_aside(&self, file: &Path) -> std::io::Result<PathBuf> {
        let below = self.0.canonicalize().is_ok_and(|folder| file.starts_with(folder)) || file.starts_with(&self.0);
        if !below {
            return Ok(file.to_owned());
        }
        let removed = self.0.join(REMOVED);
        std::fs::create_dir_all(&removed)?;
        move_into(file, &removed)
    }

    /// The files that were received and not read before the last end, after removing what was received in part.
    pub(super) fn left_over(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.incoming()) else { return Vec::new() };
        let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.retain(|path| {
            let is_part = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PART));
            if is_part && let Err(error) = std::fs::remove_file(path) {
                tracing::warn!(path = %path.display(), %error, "a file that did not arrive whole could not be removed");
            }
            !is_part && path.is_file()
        });
        files.sort();
        files
    }
}

/// Moves a file, under another name where its own is taken.
fn move_into(file: &Path, folder: &Path) -> std::io::Result<PathBuf> {
    let (stem, ending) = (file.file_stem().unwrap_or_default(), file.extension().unwrap_or_default());
    let (stem, ending) = (stem.to_string_lossy(), ending.to_string_lossy());
    let mut to = folder.join(file.file_name().unwrap_or_default());
    for number in 2.. {
        if !to.exists() {
            break;
        }
        to = folder.join(format!("{stem} ({number}).{ending}"));
    }
    std::fs::rename(file, &to)?;
    Ok(to)
}

/// What is free on the disk of a folder; nothing where the system does not say.
fn free_bytes(folder: &Path) -> Option<u64> {
    let folder = folder.canonicalize().ok()?;
    let disks = sysinfo::Disks::new_with_refreshed_list();
    let below = disks.list().iter().filter(|disk| folder.starts_with(disk.mount_point()));
    below.max_by_key(|disk| disk.mount_point().components().count()).map(sysinfo::Disk::available_space)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    #[test]
    fn files_move_and_never_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let books = BookFolder(folder.path().join("corpus"));
        let incoming = books.make_room(0).unwrap();
        for round in ["one", "two"] {
            std::fs::write(incoming.join("waves.pdf"), round).unwrap();
            assert!(books.has("waves.pdf"));
            let kept = books.keep(&incoming.join("waves.pdf")).unwrap();
            assert_eq!(kept, books.0.join("waves.pdf"));
            books.put_aside(&kept).unwrap();
            assert!(!books.has("waves.pdf"));
        }
        let aside = |name: &str| std::fs::read_to_string(books.0.join(".removed").join(name)).unwrap();
        assert_eq!((aside("waves.pdf"), aside("waves (2).pdf")), ("one".to_owned(), "two".to_owned()));
        let foreign = folder.path().join("foreign.pdf");
        std::fs::write(&foreign, "").unwrap();
        assert_eq!(books.put_aside(&foreign).unwrap(), foreign);
        assert!(foreign.exists());
    }

    #[test]
    fn what_was_received_in_part_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let books = BookFolder(folder.path().to_owned());
        assert!(books.left_over().is_empty());
        let incoming = books.make_room(0).unwrap();
        for name in ["b.pdf", ".part-1-2", "a.pdf"] {
            std::fs::write(incoming.join(name), "").unwrap();
        }
        assert_eq!(books.left_over(), [incoming.join("a.pdf"), incoming.join("b.pdf")]);
        assert!(!incoming.join(".part-1-2").exists());
        assert!(matches!(books.make_room(u64::MAX), Err(IntakeError::DiskFull { .. })));
    }
}
