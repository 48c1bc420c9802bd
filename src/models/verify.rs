//! Reads every model file that is there again and compares it with what it should be.

use super::catalog::{Catalog, Entry};
use super::error::ModelsError;
use super::gguf;
use super::locate::{files_in, folders_in};
use super::lock::LockFile;
use super::store::{Expected, content_of};
use std::path::Path;

/// What was found out about one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The model, which is the name of its folder.
    pub model: String,
    /// The file.
    pub file: String,
    /// How it is.
    pub verdict: Verdict,
}

/// How a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Its content is the expected one.
    Good,
    /// Nobody knows what it should be; this is what it is.
    Unknown {
        /// SHA-256 of its content.
        sha256: String,
    },
    /// Its content is not what it should be, in words.
    Bad(String),
    /// Its model is there, but it is not.
    Absent,
}

impl Verdict {
    /// Whether the file should be fetched again.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        matches!(self, Verdict::Bad(_) | Verdict::Absent)
    }
}

/// Hashes every file of every model in the folder, in the order of names; `on_file` hears of each as it is done.
///
/// # Errors
/// If the folder or `models.lock` cannot be read. A file that cannot be read is a bad file, not an error.
pub fn verify(
    models_folder: &Path,
    catalog: &Catalog,
    on_file: &mut dyn FnMut(&Checked),
) -> Result<Vec<Checked>, ModelsError> {
    let lock = LockFile::load(models_folder)?;
    let mut all = Vec::new();
    for model in folders_in(models_folder)? {
        let entry = catalog.get(&model);
        let there = files_in(&models_folder.join(&model))?;
        let mut say = |file: &str, verdict| {
            let checked = Checked { model: model.clone(), file: file.to_owned(), verdict };
            on_file(&checked);
            all.push(checked);
        };
        if there.is_empty() {
            continue;
        }
        for (file, path) in &there {
            say(file, judge(path, &expected(entry, &lock, &model, file)));
        }
        let needed = entry.iter().flat_map(|entry| &entry.files);
        needed.filter(|file| !there.contains_key(&file.name)).for_each(|file| say(&file.name, Verdict::Absent));
    }
    Ok(all)
}

/// What a file should be: by the catalogue, and where that does not know, by what a pull has recorded.
pub(super) fn expected(entry: Option<&Entry>, lock: &LockFile, model: &str, file: &str) -> Expected {
    let spec = entry.and_then(|entry| entry.files.iter().find(|spec| spec.name == file));
    let known = spec.map(|spec| Expected { sha256: spec.sha256.clone(), bytes: spec.bytes }).unwrap_or_default();
    match (known.sha256, lock.file(model, file)) {
        (None, Some(locked)) => Expected { sha256: Some(locked.sha256.clone()), bytes: Some(locked.bytes) },
        (sha256, _) => Expected { sha256, bytes: known.bytes },
    }
}

fn judge(path: &Path, expected: &Expected) -> Verdict {
    let content = match content_of(path) {
        Ok(content) => content,
        Err(error) => return Verdict::Bad(format!("cannot be read: {error}")),
    };
    if let Err(error) = expected.check(&content) {
        return Verdict::Bad(error.to_string());
    }
    if expected.sha256.is_some() {
        return Verdict::Good;
    }
    match path.extension().is_some_and(|ending| ending == "gguf").then(|| gguf::inspect(path)) {
        Some(Err(error)) => Verdict::Bad(error.to_string()),
        _ => Verdict::Unknown { sha256: content.sha256 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_gets_its_verdict() {
        let folder = tempfile::tempdir().unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let text = format!(
            "[[model]]\nname = \"m\"\nrole = \"chat\"\ntitle = \"T\"\nlicence = \"MIT\"\nmemory_mb = 1\nfiles = [\
             {{ name = \"good\", sha256 = \"{abc}\" }}, {{ name = \"bad\", sha256 = \"{abc}\" }}, {{ name = \"gone\" }}, \
             {{ name = \"free\" }}, {{ name = \"half.gguf\" }}]\n"
        );
        std::fs::write(folder.path().join("catalog.toml"), text).unwrap();
        std::fs::create_dir(folder.path().join("m")).unwrap();
        for (name, content) in [("good", "abc"), ("bad", "abd"), ("free", "x"), ("half.gguf", "GGUF")] {
            std::fs::write(folder.path().join("m").join(name), content).unwrap();
        }
        let catalog = Catalog::load(folder.path()).unwrap();
        let mut heard = 0;
        let all = verify(folder.path(), &catalog, &mut |_| heard += 1).unwrap();
        assert_eq!(heard, all.len());
        let found: Vec<_> = all.iter().map(|c| (c.file.as_str(), c.verdict.is_bad())).collect();
        assert_eq!(found, [("bad", true), ("free", false), ("good", false), ("half.gguf", true), ("gone", true)]);
        assert!(matches!(&all[0].verdict, Verdict::Bad(reason) if reason.contains(&format!("expected {abc}"))));
        assert!(matches!(all[1].verdict, Verdict::Unknown { .. }));
    }
}
