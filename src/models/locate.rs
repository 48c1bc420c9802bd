//! Where a model's files are.

use super::catalog::{Catalog, Entry, Role, is_plain};
use super::error::ModelsError;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A model that is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Its name: of the catalogue, of its folder, or of its file without the ending.
    pub name: String,
    /// The folder of its files.
    pub dir: PathBuf,
    /// Its files by name.
    pub files: BTreeMap<String, PathBuf>,
    /// What the catalogue says of it; nothing for a file of the user's own.
    pub entry: Option<Entry>,
}

impl Located {
    /// The file of this name.
    ///
    /// # Errors
    /// If the model has no such file.
    pub fn file(&self, name: &str) -> Result<&Path, ModelsError> {
        let file = self.files.get(name).map(PathBuf::as_path);
        file.ok_or_else(|| ModelsError::NotAModel { path: self.dir.clone(), reason: format!("it has no {name}") })
    }

    /// The one GGUF file of a chat model.
    ///
    /// # Errors
    /// If the model has none, or several.
    pub fn gguf(&self) -> Result<&Path, ModelsError> {
        let mut ggufs = self.files.values().filter(|path| is_gguf(path));
        match (ggufs.next(), ggufs.count()) {
            (Some(path), 0) => Ok(path),
            (found, more) => {
                let num = usize::from(found.is_some()) + more;
                let reason = format!("it has {num} .gguf files, expected one; name the file itself");
                Err(ModelsError::NotAModel { path: self.dir.clone(), reason })
            }
        }
    }
}

/// Whether all files of a model are there, with the lengths the catalogue knows.
#[must_use]
pub fn is_here(entry: &Entry, models_folder: &Path) -> bool {
    of_entry(entry, models_folder).is_ok()
}

/// Finds a model by its name, or by the path of a GGUF file or of a folder. Lengths are checked, hashes are not: that
/// is [`verify`](super::verify)'s work.
///
/// # Errors
/// If nothing of that name is known or there, if it is for another role, or if a file is missing or of a wrong length.
pub fn locate(models_folder: &Path, catalog: &Catalog, role: Role, name_or_path: &str) -> Result<Located, ModelsError> {
    if let Some(entry) = catalog.get(name_or_path) {
        if entry.role != role {
            return Err(ModelsError::WrongRole { name: entry.name.clone(), found: entry.role, expected: role });
        }
        return of_entry(entry, models_folder);
    }
    let own = models_folder.join(name_or_path);
    let path = if is_plain(name_or_path) && own.is_dir() { own } else { PathBuf::from(name_or_path) };
    let located = if path.is_dir() {
        of_folder(&path)?
    } else if path.is_file() {
        of_file(&path)
    } else if name_or_path.contains(['/', '\\']) || is_gguf(&path) {
        return Err(ModelsError::Io { path, source: std::io::ErrorKind::NotFound.into() });
    } else {
        return Err(ModelsError::Unknown { name: name_or_path.to_owned(), known: catalog.names() });
    };
    check_role(&located, role)?;
    Ok(located)
}

/// The chat models in the folder that the catalogue does not know, by name: what `lectern models add` has put there.
///
/// # Errors
/// If the folder cannot be read.
pub fn own_models(models_folder: &Path, catalog: &Catalog) -> Result<Vec<Located>, ModelsError> {
    let mut own = Vec::new();
    for name in folders_in(models_folder)? {
        if catalog.get(&name).is_none() {
            let located = of_folder(&models_folder.join(&name))?;
            own.extend(check_role(&located, Role::Chat).is_ok().then_some(located));
        }
    }
    Ok(own)
}

/// The reranker in the folder: the catalogue's default if it is there, else the first other one by name; nothing where there
/// is none.
///
/// # Errors
/// If the folder cannot be read.
pub fn reranker_here(models_folder: &Path, catalog: &Catalog) -> Result<Option<Located>, ModelsError> {
    if let Ok(entry) = catalog.default_for(Role::Rerank)
        && let Ok(located) = of_entry(entry, models_folder)
    {
        return Ok(Some(located));
    }
    for name in folders_in(models_folder)? {
        let located = match catalog.get(&name) {
            Some(entry) if entry.role == Role::Rerank => of_entry(entry, models_folder).ok(),
            Some(_) => None,
            None => Some(of_folder(&models_folder.join(&name))?).filter(reads_pairs),
        };
        if located.is_some() {
            return Ok(located);
        }
    }
    Ok(None)
}

/// Whether a model's `config.json` says that it classifies texts, as rerankers do.
fn reads_pairs(located: &Located) -> bool {
    let config = located.file("config.json").ok().and_then(|path| std::fs::read(path).ok());
    let config: Option<serde_json::Value> = config.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let architectures = config.as_ref().and_then(|config| config["architectures"].as_array());
    let classifies =
        |name: &serde_json::Value| name.as_str().is_some_and(|name| name.ends_with("ForSequenceClassification"));
    check_role(located, Role::Rerank).is_ok() && architectures.is_some_and(|names| names.iter().any(classifies))
}

pub(super) fn of_entry(entry: &Entry, models_folder: &Path) -> Result<Located, ModelsError> {
    let dir = models_folder.join(&entry.name);
    let mut files = BTreeMap::new();
    for file in &entry.files {
        let path = dir.join(&file.name);
        let name = || entry.name.clone();
        let got = match path.metadata() {
            Ok(data) => data.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(ModelsError::Absent { name: name(), path });
            }
            Err(source) => return Err(ModelsError::Io { path, source }),
        };
        if let Some(expected) = file.bytes.filter(|expected| *expected != got) {
            return Err(ModelsError::Size { name: name(), path, expected, got });
        }
        files.insert(file.name.clone(), path);
    }
    Ok(Located { name: entry.name.clone(), dir, files, entry: Some(entry.clone()) })
}

fn of_file(path: &Path) -> Located {
    let text = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    Located {
        name: text(path.file_stem()),
        dir: path.parent().unwrap_or(Path::new("")).to_owned(),
        files: BTreeMap::from([(text(path.file_name()), path.to_owned())]),
        entry: None,
    }
}

fn of_folder(path: &Path) -> Result<Located, ModelsError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Located { name, dir: path.to_owned(), files: files_in(path)?, entry: None })
}

/// The files of a folder by name, without those that begin with a dot or are not whole.
pub(super) fn files_in(folder: &Path) -> Result<BTreeMap<String, PathBuf>, ModelsError> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(ModelsError::io(folder))? {
        let path = entry.map_err(ModelsError::io(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() && !name.starts_with('.') && !name.ends_with(".part") {
            files.insert(name, path);
        }
    }
    Ok(files)
}

/// The names of the model folders, sorted; none where the models folder is not there yet.
pub(super) fn folders_in(models_folder: &Path) -> Result<Vec<String>, ModelsError> {
    let entries = match std::fs::read_dir(models_folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(ModelsError::Io { path: models_folder.to_owned(), source }),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(ModelsError::io(models_folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn check_role(located: &Located, role: Role) -> Result<(), ModelsError> {
    match role {
        Role::Chat => located.gguf().map(|_| ()),
        Role::Embed | Role::Rerank => ["config.json", "tokenizer.json", "model.safetensors"]
            .iter()
            .try_for_each(|name| located.file(name).map(|_| ())),
    }
}

fn is_gguf(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gguf"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> (tempfile::TempDir, Catalog) {
        let folder = tempfile::tempdir().unwrap();
        let text = "[[model]]\nname = \"tiny\"\nrole = \"chat\"\ntitle = \"T\"\nlicence = \"MIT\"\nmemory_mb = 1\n\
                    files = [{ name = \"tiny.gguf\", bytes = 4 }]\n";
        std::fs::write(folder.path().join("catalog.toml"), text).unwrap();
        for (dir, name, content) in [
            ("tiny", "tiny.gguf", "GGUF"),
            ("qwen3-0.6b", "Qwen3-0.6B-Q8_0.gguf", "GGU"),
            ("mine", "a.gguf", "GGUF"),
            ("mine", "b.gguf.part", "GG"),
            ("two", "a.gguf", "GGUF"),
            ("two", "b.gguf", "GGUF"),
        ] {
            std::fs::create_dir_all(folder.path().join(dir)).unwrap();
            std::fs::write(folder.path().join(dir).join(name), content).unwrap();
        }
        let catalog = Catalog::load(folder.path()).unwrap();
        (folder, catalog)
    }

    #[test]
    fn names_and_paths_lead_to_files() {
        let (folder, catalog) = room();
        let own = folder.path().join("mine/a.gguf");
        let dir = folder.path().join("mine");
        for (wanted, name, file, known) in [
            ("tiny", "tiny", "tiny/tiny.gguf", true),
            ("mine", "mine", "mine/a.gguf", false),
            (dir.to_str().unwrap(), "mine", "mine/a.gguf", false),
            (own.to_str().unwrap(), "a", "mine/a.gguf", false),
        ] {
            let located = locate(folder.path(), &catalog, Role::Chat, wanted).unwrap();
            assert_eq!((located.name.as_str(), located.entry.is_some()), (name, known), "{wanted}");
            assert_eq!(located.gguf().unwrap(), folder.path().join(file), "{wanted}");
        }
    }

    #[test]
    fn what_is_not_there_is_said_with_the_way_to_it() {
        let (folder, catalog) = room();
        for (role, wanted, says) in [
            (Role::Chat, "smollm2-135m-instruct", "lectern models pull smollm2-135m-instruct"),
            (Role::Chat, "qwen3-0.6b", "has 3 bytes, expected 639446688"),
            (Role::Chat, "all-minilm-l6-v2", "is a model for embed, not for chat"),
            (Role::Embed, "mine", "it has no config.json"),
            (Role::Chat, "two", "it has 2 .gguf files"),
            (Role::Chat, "nobody", "no model `nobody`; known are "),
            (Role::Chat, "no/such.gguf", "no/such.gguf"),
            (Role::Chat, "../tiny", "../tiny"),
        ] {
            let error = locate(folder.path(), &catalog, role, wanted).unwrap_err().to_string();
            assert!(error.contains(says), "{error}\nshould say {says}");
        }
    }

    #[test]
    fn a_reranker_is_known_by_its_config() {
        let (folder, catalog) = room();
        let here = || reranker_here(folder.path(), &catalog).unwrap().map(|located| located.name);
        let put = |name: &str, config: &str| {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
            for file in ["tokenizer.json", "model.safetensors"] {
                std::fs::write(folder.path().join(name).join(file), "{}").unwrap();
            }
            std::fs::write(folder.path().join(name).join("config.json"), config).unwrap();
        };
        put("an-embedder", r#"{"architectures": ["BertModel"]}"#);
        put("broken", "{");
        assert_eq!(here(), None);
        put("my-reranker", r#"{"architectures": ["BertForSequenceClassification"]}"#);
        assert_eq!(here().as_deref(), Some("my-reranker"));
        put("ms-marco-minilm-l6-v2", "{}");
        assert_eq!(here().as_deref(), Some("ms-marco-minilm-l6-v2"));
        assert_eq!(reranker_here(Path::new("no such folder"), &catalog).unwrap(), None);
    }
}
