//! `models.lock`: what pulls have learned, so that a later pull must end with the same files.

use super::error::ModelsError;
use super::store::{Content, write_whole};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// File name of the lock in a models folder.
const NAME: &str = "models.lock";

/// Everything pulls and additions have recorded in one models folder, by model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct Records {
    models: BTreeMap<String, LockedModel>,
}

/// What is recorded of one model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockedModel {
    /// Commit of each hub repository whose catalogue entry names only a branch.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    revisions: BTreeMap<String, String>,
    /// Its files.
    #[serde(default)]
    files: BTreeMap<String, LockedFile>,
}

/// What is recorded of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LockedFile {
    /// SHA-256 of its content.
    pub(super) sha256: String,
    /// Its length.
    pub(super) bytes: u64,
    /// Where it came from.
    pub(super) from: String,
}

/// The lock of one models folder, in memory.
#[derive(Debug)]
pub(super) struct LockFile {
    path: PathBuf,
    records: Records,
}

impl LockFile {
    /// Reads the lock; a folder without one has an empty lock.
    pub(super) fn load(models_folder: &Path) -> Result<Self, ModelsError> {
        let path = models_folder.join(NAME);
        let records = match std::fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map_err(|error| ModelsError::Catalog {
                path: path.display().to_string(),
                reason: format!("{}; remove the file to record everything anew", error.to_string().trim_end()),
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Records::default(),
            Err(source) => return Err(ModelsError::Io { path, source }),
        };
        Ok(LockFile { path, records })
    }

    pub(super) fn file(&self, model: &str, file: &str) -> Option<&LockedFile> {
        self.records.models.get(model)?.files.get(file)
    }

    pub(super) fn revision(&self, model: &str, repo: &str) -> Option<&str> {
        self.records.models.get(model)?.revisions.get(repo).map(String::as_str)
    }

    /// Records a file and writes the lock.
    pub(super) fn record_file(&mut self, model: &str, file: &str, is: &Content, from: &str) -> Result<(), ModelsError> {
        let locked = LockedFile { sha256: is.sha256.clone(), bytes: is.bytes, from: from.to_owned() };
        let files = &mut self.records.models.entry(model.to_owned()).or_default().files;
        if files.get(file).is_some_and(|old| old.sha256 == locked.sha256) {
            return Ok(());
        }
        files.insert(file.to_owned(), locked);
        self.save()
    }

    /// Records a commit; it is written with the first file that comes from it.
    pub(super) fn set_revision(&mut self, model: &str, repo: &str, commit: &str) {
        let model = self.records.models.entry(model.to_owned()).or_default();
        model.revisions.insert(repo.to_owned(), commit.to_owned());
    }

    fn save(&self) -> Result<(), ModelsError> {
        let text = toml::to_string(&self.records).expect("strings and numbers are always TOML");
        let head = "# Written by `lectern models pull` and `lectern models add`: what each file was when it came.\n\n";
        write_whole(&self.path, &format!("{head}{text}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let content = Content { sha256: "ab".repeat(32), bytes: 7 };
        let mut lock = LockFile::load(folder.path()).unwrap();
        assert_eq!(lock.file("qwen2.5", "model.gguf"), None);
        lock.set_revision("qwen2.5", "a/b", "0123");
        lock.record_file("qwen2.5", "model.gguf", &content, "hub a/b@main").unwrap();
        let read = LockFile::load(folder.path()).unwrap();
        assert_eq!(read.records, lock.records);
        assert_eq!(read.revision("qwen2.5", "a/b"), Some("0123"));
        assert_eq!(read.file("qwen2.5", "model.gguf").unwrap().sha256, content.sha256);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_lock_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(NAME), "[a]\nfiles = 3").unwrap();
        let error = LockFile::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains("models.lock") && error.contains("line 2") && error.contains("remove"), "{error}");
    }
}
