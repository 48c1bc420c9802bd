//! The form of a backup: a tar file that begins with `manifest.json`, the names, lengths and hashes of what follows.
//!
//! Invariants: a backup holds only [`is_ours`] names, each once; what is read from one is written nowhere before its name
//! was checked, and counts only when its hash is right.

use super::CliError;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use tar::{Archive, Builder, EntryType, Header};

/// The classroom's database, below the data folder.
pub(super) const CLASSROOM: &str = "classroom.sqlite";
/// The library's database.
pub(super) const LIBRARY: &str = "library.sqlite";
/// The folder of the keys and certificates that the server made or was given.
pub(super) const KEYS: &str = "tls";

const MANIFEST: &str = "manifest.json";
const MAX_MANIFEST_BYTES: u64 = 1 << 20;
/// The form that this program writes, and the newest that it reads.
const FORM: u32 = 1;

/// What stands before the files.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Manifest {
    lectern_backup: u32,
    /// Of the program that wrote it.
    version: String,
    /// When, UTC.
    pub(super) created: String,
    pub(super) files: Vec<Listed>,
}

/// One file.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Listed {
    /// Below the data folder, with `/`.
    pub(super) name: String,
    pub(super) num_bytes: u64,
    sha256: String,
}

/// Whether a backup may hold a file of this name: one of the databases, or a plain name in the folder of the keys.
pub(super) fn is_ours(name: &str) -> bool {
    let plain = |name: &str| {
        !name.is_empty()
            && !name.starts_with('.')
            && name.len() <= 80
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    };
    name == CLASSROOM
        || name == LIBRARY
        || name.split_once('/').is_some_and(|(folder, file)| folder == KEYS && plain(file))
}

/// Writes `files`, pairs of the name in the backup and the file to read.
pub(super) fn write(to: &mut File, files: &[(String, PathBuf)], created: String) -> Result<Manifest, CliError> {
    let mut listed = Vec::new();
    for (name, path) in files {
        let (num_bytes, sha256) = hash(path)?;
        listed.push(Listed { name: name.clone(), num_bytes, sha256 });
    }
    let manifest =
        Manifest { lectern_backup: FORM, version: env!("CARGO_PKG_VERSION").to_owned(), created, files: listed };
    let text = serde_json::to_vec_pretty(&manifest).expect("a manifest is text and numbers");
    let mut tar = Builder::new(to);
    append(&mut tar, MANIFEST, text.len() as u64, text.as_slice())?;
    for ((name, path), listed) in files.iter().zip(&manifest.files) {
        let file = File::open(path).map_err(|source| CliError::File { path: path.clone(), source })?;
        append(&mut tar, name, listed.num_bytes, file.take(listed.num_bytes))?;
    }
    tar.into_inner()?.flush()?;
    Ok(manifest)
}

fn append(tar: &mut Builder<&mut File>, name: &str, num_bytes: u64, content: impl Read) -> std::io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_size(num_bytes);
    header.set_mode(0o600);
    tar.append_data(&mut header, name, content)
}

/// Unpacks a backup into an empty folder; every file is checked.
///
/// # Errors
/// It is no backup, holds what none may hold, or is not whole; files may then be in the folder.
pub(super) fn unpack(path: &Path, folder: &Path) -> Result<Manifest, CliError> {
    let wrong = |reason: String| CliError::Backup { path: path.to_owned(), reason };
    let broken = |error: std::io::Error| wrong(format!("this backup is not whole, or not one: {error}"));
    let file = File::open(path).map_err(|source| CliError::File { path: path.to_owned(), source })?;
    let mut archive = Archive::new(BufReader::new(file));
    let mut entries = archive.entries().map_err(broken)?;
    let first = entries.next().ok_or_else(|| wrong("this is no backup: it is empty".into()))?.map_err(broken)?;
    let manifest = manifest(first).map_err(wrong)?;
    let mut missing: Vec<&Listed> = manifest.files.iter().collect();
    for entry in entries {
        let mut entry = entry.map_err(broken)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let expected = missing.iter().position(|listed| listed.name == name);
        let (Some(at), EntryType::Regular) = (expected, entry.header().entry_type()) else {
            return Err(wrong(format!("{name:?} does not belong into a backup; nothing was restored")));
        };
        let listed = missing.swap_remove(at);
        let target = folder.join(&name);
        let sha256 = write_file(&mut entry, &target).map_err(|source| CliError::File { path: target, source })?;
        if sha256 != listed.sha256 {
            return Err(wrong(format!("{name} is not as it was when the backup was written; nothing was restored")));
        }
    }
    match missing.first() {
        Some(listed) => Err(wrong(format!("{} is missing in it; nothing was restored", listed.name))),
        None => Ok(manifest),
    }
}

/// Reads and checks the first entry.
fn manifest(entry: impl Read) -> Result<Manifest, String> {
    let mut text = Vec::new();
    entry.take(MAX_MANIFEST_BYTES).read_to_end(&mut text).map_err(|error| error.to_string())?;
    let manifest: Manifest = serde_json::from_slice(&text)
        .map_err(|_| "this is no backup: it does not begin with a list of its files".to_owned())?;
    if manifest.lectern_backup > FORM {
        return Err(format!("written by a newer lectern ({}); use that version", manifest.version));
    }
    let mut names: Vec<&str> = manifest.files.iter().map(|listed| listed.name.as_str()).collect();
    if let Some(name) = names.iter().find(|name| !is_ours(name)) {
        return Err(format!("{name:?} does not belong into a backup; nothing was restored"));
    }
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("{} is in it twice; nothing was restored", pair[0])),
        None => Ok(manifest),
    }
}

/// Writes a new file that only its owner can read, down to the disk; its hash.
fn write_file(content: &mut impl Read, path: &Path) -> std::io::Result<String> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = private_file(path)?;
    let mut hasher = Sha256::new();
    copy(content, |bytes| {
        hasher.update(bytes);
        file.write_all(bytes)
    })?;
    file.sync_all()?;
    Ok(hex(&hasher.finalize()))
}

/// Makes a file that only its owner can read; it must not be there yet.
pub(super) fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The folder in which a file is; `.` for a bare name.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Brings the names in a folder down to the disk, where the system can do that.
pub(super) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn hash(path: &Path) -> Result<(u64, String), CliError> {
    let failed = |source| CliError::File { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    let (mut hasher, mut num_bytes) = (Sha256::new(), 0);
    let read = copy(&mut file, |bytes| {
        hasher.update(bytes);
        num_bytes += bytes.len() as u64;
        Ok(())
    });
    read.map_err(failed)?;
    Ok((num_bytes, hex(&hasher.finalize())))
}

fn copy(from: &mut impl Read, mut to: impl FnMut(&[u8]) -> std::io::Result<()>) -> std::io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            num => to(&buffer[..num])?,
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    #[test]
    fn only_names_of_a_data_folder_are_ours() {
        for (name, expect) in [
            ("classroom.sqlite", true),
            ("library.sqlite", true),
            ("tls/key.pem", true),
            ("vectors.usearch", false),
            ("tls", false),
            ("tls/", false),
            ("tls/..", false),
            ("tls/../x", false),
            ("../classroom.sqlite", false),
            ("/etc/passwd", false),
            ("tls\\key.pem", false),
        ] {
            assert_eq!(is_ours(name), expect, "{name}");
        }
    }

    /// A tar file with these entries behind its first; names go in as they are.
    fn tar(manifest: &str, entries: &[(&str, EntryType, &str)]) -> Vec<u8> {
        let mut tar = Builder::new(Vec::new());
        for (name, kind, content) in [&[(MANIFEST, EntryType::Regular, manifest)], entries].concat() {
            let mut header = Header::new_gnu();
            header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(kind);
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            tar.append(&header, content.as_bytes()).unwrap();
        }
        tar.into_inner().unwrap()
    }

    fn list(names: &[&str]) -> String {
        let file = |name: &&str| serde_json::json!({"name": name, "num_bytes": 1, "sha256": hex(&Sha256::digest("x"))});
        let files: Vec<_> = names.iter().map(file).collect();
        serde_json::json!({"lectern_backup": 1, "version": "0.1.0", "created": "now", "files": files}).to_string()
    }

    #[test]
    fn what_is_not_a_whole_backup_of_ours_is_refused() {
        use EntryType::{Regular, Symlink};
        let good = tar(&list(&["tls/key.pem"]), &[("tls/key.pem", Regular, "x")]);
        let newer = list(&[]).replace(":1,", ":2,");
        let cases: [(&str, Vec<u8>, &str); 12] = [
            ("whole", good.clone(), ""),
            ("empty", Vec::new(), "it is empty"),
            ("text", b"hello".to_vec(), "not whole, or not one"),
            ("cut", good[..700].to_vec(), "not whole"),
            ("cut later", good[..good.len() - 1500].to_vec(), "not whole"),
            ("newer", tar(&newer, &[]), "a newer lectern"),
            ("listed outside", tar(&list(&["../x"]), &[("../x", Regular, "x")]), "does not belong"),
            ("not listed", tar(&list(&[]), &[("tls/key.pem", Regular, "x")]), "does not belong"),
            ("twice", tar(&list(&["tls/a", "tls/a"]), &[]), "twice"),
            ("link", tar(&list(&["tls/a"]), &[("tls/a", Symlink, "x")]), "does not belong"),
            ("changed", tar(&list(&["tls/a"]), &[("tls/a", Regular, "y")]), "is not as it was"),
            ("missing", tar(&list(&["tls/a"]), &[]), "tls/a is missing"),
        ];
        for (name, bytes, says) in cases {
            let folder = tempfile::tempdir().unwrap();
            let (file, inner) = (folder.path().join("b.tar"), folder.path().join("inner"));
            std::fs::write(&file, bytes).unwrap();
            std::fs::create_dir(&inner).unwrap();
            let unpacked = unpack(&file, &inner).map(|_| ()).map_err(|error| error.to_string());
            match unpacked {
                Ok(()) => assert_eq!(says, "", "{name}"),
                Err(error) => assert!(!says.is_empty() && error.contains(says), "{name}: {error}"),
            }
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "{name}: nothing beside");
        }
    }
}
