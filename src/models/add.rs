//! Takes a file that the user brought: one the catalogue knows goes to its place, another GGUF gets a folder of its own.

use super::catalog::{Catalog, is_plain};
use super::error::{FetchError, ModelsError};
use super::gguf;
use super::lock::LockFile;
use super::store::{Content, Expected, FolderLock, PartFile, content_of};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What became of an added file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The model it belongs to, which is the name to use it by.
    pub name: String,
    /// Where it is now.
    pub path: PathBuf,
    /// SHA-256 of its content.
    pub sha256: String,
    /// Whether it is a file of the catalogue.
    pub known: bool,
}

/// Copies a file into the models folder and records its hash.
///
/// # Errors
/// If it is neither a file of the catalogue nor a GGUF that the engine runs, if its name is taken by other content, or if
/// it cannot be copied.
pub fn add(file: &Path, models_folder: &Path, catalog: &Catalog) -> Result<Added, ModelsError> {
    let content = content_of(file).map_err(ModelsError::io(file))?;
    let known = catalog.entries().iter().find_map(|entry| {
        let spec = entry.files.iter().find(|spec| spec.sha256.as_ref() == Some(&content.sha256))?;
        Some((entry.name.clone(), spec.name.clone()))
    });
    let is_known = known.is_some();
    let (name, file_name) = match known {
        Some(known) => known,
        None => own_place(file, catalog)?,
    };
    let _folder_lock = FolderLock::acquire(models_folder, || {})?;
    let mut lock = LockFile::load(models_folder)?;
    let dir = models_folder.join(&name);
    let path = dir.join(&file_name);
    if path.try_exists().map_err(ModelsError::io(&path))? {
        let there = content_of(&path).map_err(ModelsError::io(&path))?;
        if there.sha256 != content.sha256 && !is_known {
            let reason =
                format!("other content (sha256 {}) has this name; remove or rename one of the two", there.sha256);
            return Err(ModelsError::NotAModel { path, reason });
        }
        if there.sha256 != content.sha256 {
            copy(file, &path, &content)?;
        }
    } else {
        std::fs::create_dir_all(&dir).map_err(ModelsError::io(&dir))?;
        copy(file, &path, &content)?;
    }
    lock.record_file(&name, &file_name, &content, "added")?;
    Ok(Added { name, path, sha256: content.sha256, known: is_known })
}

/// Folder and file name of a GGUF that the catalogue does not know.
fn own_place(file: &Path, catalog: &Catalog) -> Result<(String, String), ModelsError> {
    gguf::inspect(file).map_err(|source| ModelsError::Gguf { path: file.to_owned(), source })?;
    let refuse = |reason: &str| ModelsError::NotAModel { path: file.to_owned(), reason: reason.to_owned() };
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let name = stem.to_ascii_lowercase().replace(' ', "-");
    if !is_plain(&name) {
        return Err(refuse("rename it: a model's name is letters, digits, `.`, `-` and `_`"));
    }
    if catalog.get(&name).is_some() {
        return Err(refuse("rename it: the catalogue has a model of this name with other content"));
    }
    let file_name = format!("{}.gguf", stem.replace(' ', "-"));
    Ok((name, file_name))
}

fn copy(from: &Path, to: &Path, content: &Content) -> Result<(), ModelsError> {
    let expected = Expected { sha256: Some(content.sha256.clone()), bytes: Some(content.bytes) };
    let copied = (|| {
        let mut part = PartFile::create(to)?;
        let mut file = File::open(from).map_err(FetchError::disk(from))?;
        let mut buffer = vec![0; 1 << 20];
        loop {
            match file.read(&mut buffer).map_err(FetchError::disk(from))? {
                0 => break part.finish(&expected),
                num => part.write(&buffer[..num])?,
            }
        }
    })();
    copied.map(|_| ()).map_err(|error| match error {
        FetchError::Disk { path, source } => ModelsError::Io { path, source },
        other => {
            ModelsError::NotAModel { path: from.to_owned(), reason: format!("it changed while it was copied: {other}") }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::gguf::tests::tiny;
    use super::super::{Role, Verdict, locate, verify};
    use super::*;

    #[test]
    fn a_gguf_gets_its_folder_and_is_found_by_name() {
        let (folder, models) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = folder.path().join("My Model.Q8_0.gguf");
        std::fs::write(&file, tiny("llama")).unwrap();
        let catalog = Catalog::load(models.path()).unwrap();
        for _ in 0..2 {
            let added = add(&file, models.path(), &catalog).unwrap();
            assert_eq!((added.name.as_str(), added.known), ("my-model.q8_0", false));
            assert_eq!(added.path, models.path().join("my-model.q8_0/My-Model.Q8_0.gguf"));
        }
        let located = locate(models.path(), &catalog, Role::Chat, "my-model.q8_0").unwrap();
        assert_eq!(std::fs::read(located.gguf().unwrap()).unwrap(), tiny("llama"));
        let checked = verify(models.path(), &catalog, &mut |_| {}).unwrap();
        assert_eq!(checked.iter().map(|c| c.verdict.clone()).collect::<Vec<_>>(), [Verdict::Good]);

        std::fs::write(&file, tiny("qwen2")).unwrap();
        let error = add(&file, models.path(), &catalog).unwrap_err().to_string();
        assert!(error.contains("other content"), "{error}");
    }

    #[test]
    fn a_file_of_the_catalogue_goes_to_its_place_under_any_name() {
        let (folder, models) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let text = format!(
            "[[model]]\nname = \"m\"\nrole = \"chat\"\ntitle = \"T\"\nlicence = \"MIT\"\nmemory_mb = 1\n\
             files = [{{ name = \"right.gguf\", sha256 = \"{abc}\" }}]\n"
        );
        std::fs::write(models.path().join("catalog.toml"), text).unwrap();
        std::fs::write(folder.path().join("download(1)"), "abc").unwrap();
        let catalog = Catalog::load(models.path()).unwrap();
        // Wrong content under the right name is replaced.
        std::fs::create_dir(models.path().join("m")).unwrap();
        std::fs::write(models.path().join("m/right.gguf"), "old").unwrap();
        let added = add(&folder.path().join("download(1)"), models.path(), &catalog).unwrap();
        assert!(added.known);
        assert_eq!(std::fs::read(models.path().join("m/right.gguf")).unwrap(), b"abc");
    }

    #[test]
    fn other_files_are_refused_and_leave_nothing() {
        let (folder, models) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let catalog = Catalog::load(models.path()).unwrap();
        let half = tiny("llama")[..100].to_vec();
        for (name, content, says) in [
            ("notes.txt", b"hello".to_vec(), "is not a usable GGUF file: it begins with \"hell\""),
            ("half.gguf", half, "ends early"),
            ("bert.gguf", tiny("bert"), "`bert`"),
            ("qwen3-0.6b.gguf", tiny("qwen3"), "the catalogue has a model of this name"),
            ("#1.gguf", tiny("llama"), "rename it"),
        ] {
            let file = folder.path().join(name);
            std::fs::write(&file, content).unwrap();
            let error = add(&file, models.path(), &catalog).unwrap_err();
            let source = std::error::Error::source(&error).map(|s| format!(": {s}")).unwrap_or_default();
            let error = format!("{error}{source}");
            assert!(error.contains(says), "{error}\nshould say {says}");
            assert_eq!(std::fs::read_dir(models.path()).unwrap().count(), 0, "{name} left something behind");
        }
    }
}
