//! The list of known models: the one built in, and the `catalog.toml` of a models folder over it.

use super::error::ModelsError;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

/// The catalogue this build was made with.
const BUILT_IN: &str = include_str!("../../models/catalog.toml");

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Role {
    /// Generates text.
    Chat,
    /// Turns texts into vectors.
    Embed,
    /// Orders passages by how well they answer a question.
    Rerank,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Role::Chat => "chat",
            Role::Embed => "embed",
            Role::Rerank => "rerank",
        })
    }
}

/// A known model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name on the command line and its folder: letters, digits, `.`, `-`, `_`.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Whether it is the one used when none is named.
    #[serde(default)]
    pub default: bool,
    /// Its name for people.
    pub title: String,
    /// Its licence, an SPDX name where there is one.
    pub licence: String,
    /// Size in units of 10^6 bytes, for files whose length is not known.
    #[serde(default)]
    size_mb: u64,
    /// Memory needed with eight students, in units of 10^6 bytes.
    pub memory_mb: u64,
    /// Languages it is good at, as two-letter codes.
    #[serde(default)]
    pub languages: Vec<String>,
    /// How texts become vectors; every embedding model has it.
    pub embedding: Option<Embedding>,
    /// Its files, all of which it needs; never empty.
    pub files: Vec<FileSpec>,
    /// Where the files can be had, in the order they are tried.
    #[serde(default)]
    pub sources: Vec<Source>,
}

/// One file of a model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSpec {
    /// Its name in the model's folder.
    pub name: String,
    /// The SHA-256 of its content, 64 lower-case hex digits.
    pub sha256: Option<String>,
    /// Its length.
    pub bytes: Option<u64>,
}

/// Somewhere a model's files can be had.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
#[non_exhaustive]
pub enum Source {
    /// A repository of the model hub.
    Hub {
        /// `owner/name`.
        repo: String,
        /// A commit (40 hex digits), or a branch that the first pull resolves and records.
        revision: String,
        /// Folder of the files in the repository; empty for its top.
        #[serde(default)]
        folder: String,
    },
    /// A wheel of the Python package index that carries the files.
    Pypi {
        /// Name of the package.
        package: String,
        /// Its exact version.
        version: String,
        /// Folder of the files in the wheel; empty for its top.
        #[serde(default)]
        folder: String,
    },
}

/// How an embedding model turns texts into vectors.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Embedding {
    /// Which token vectors make the text's vector.
    pub pooling: Pooling,
    /// Longer texts are cut here, special tokens included.
    pub max_tokens: usize,
    /// Put before a question.
    #[serde(default)]
    pub query_prefix: String,
    /// Put before a passage.
    #[serde(default)]
    pub passage_prefix: String,
}

/// Which token vectors make a text's vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The mean over all tokens.
    Mean,
    /// The first token's.
    Cls,
}

impl Entry {
    /// Length of all files; an estimate where the catalogue does not know them exactly.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        let known: Option<u64> = self.files.iter().map(|file| file.bytes).sum();
        known.unwrap_or(self.size_mb * 1_000_000)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Hub { repo, revision, .. } => {
                let short = if is_commit(revision) { &revision[..8] } else { revision };
                write!(f, "hub {repo}@{short}")
            }
            Source::Pypi { package, version, .. } => write!(f, "pypi {package}=={version}"),
        }
    }
}

/// Whether a revision is a commit, which always means the same files, and not a branch.
pub(super) fn is_commit(revision: &str) -> bool {
    revision.len() == 40 && revision.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether a name can be a file or folder of its own: no separator, no leading `.` or `-`.
pub(super) fn is_plain(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// The known models, in the order they are listed.
#[derive(Debug, Clone)]
pub struct Catalog {
    entries: Vec<Entry>,
}

/// A catalogue file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogFile {
    #[serde(default, rename = "model")]
    models: Vec<Entry>,
}

impl Catalog {
    /// The built-in catalogue, and over it the `catalog.toml` of the models folder where there is one.
    ///
    /// # Errors
    /// If that file cannot be read or is wrong; the text names the line or the entry.
    pub fn load(models_folder: &Path) -> Result<Self, ModelsError> {
        let mut catalog = Catalog { entries: parse("built-in catalogue", BUILT_IN)? };
        let path = models_folder.join("catalog.toml");
        match std::fs::read_to_string(&path) {
            Ok(text) => catalog.overlay(parse(&path.display().to_string(), &text)?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(ModelsError::Io { path, source }),
        }
        Ok(catalog)
    }

    /// All models, in the order they are listed.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The model of this name.
    ///
    /// # Errors
    /// If there is none; the text lists the names.
    pub fn find(&self, name: &str) -> Result<&Entry, ModelsError> {
        self.get(name).ok_or_else(|| ModelsError::Unknown { name: name.to_owned(), known: self.names() })
    }

    /// The model used for a role when none is named.
    ///
    /// # Errors
    /// If the catalogue names none.
    pub fn default_for(&self, role: Role) -> Result<&Entry, ModelsError> {
        let default = self.entries.iter().find(|entry| entry.role == role && entry.default);
        default.ok_or(ModelsError::NoDefault { role })
    }

    pub(super) fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    pub(super) fn names(&self) -> String {
        self.entries.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Puts a second catalogue over this one: same names are replaced, new defaults take over.
    fn overlay(&mut self, over: Vec<Entry>) {
        for entry in over {
            if entry.default {
                self.entries.iter_mut().filter(|old| old.role == entry.role).for_each(|old| old.default = false);
            }
            match self.entries.iter_mut().find(|old| old.name == entry.name) {
                Some(old) => *old = entry,
                None => self.entries.push(entry),
            }
        }
    }
}

fn parse(path: &str, text: &str) -> Result<Vec<Entry>, ModelsError> {
    let wrong = |reason: String| ModelsError::Catalog { path: path.to_owned(), reason };
    let file: CatalogFile = toml::from_str(text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
    let (mut names, mut defaults) = (BTreeSet::new(), BTreeSet::new());
    for entry in &file.models {
        check(entry).map_err(|reason| wrong(format!("model `{}`: {reason}", entry.name)))?;
        if !names.insert(&entry.name) {
            return Err(wrong(format!("model `{}` is there twice", entry.name)));
        }
        if entry.default && !defaults.insert(entry.role) {
            return Err(wrong(format!("model `{}` is a second default for {}", entry.name, entry.role)));
        }
    }
    Ok(file.models)
}

/// What the type cannot say of an entry. Names become paths and arguments of a command, so they are kept plain.
fn check(entry: &Entry) -> Result<(), String> {
    if !is_plain(&entry.name) {
        return Err("a name is letters, digits, `.`, `-` and `_`".into());
    }
    if entry.files.is_empty() {
        return Err("it has no files".into());
    }
    if entry.role == Role::Embed && entry.embedding.is_none() {
        return Err("an embedding model needs `embedding = { pooling = \"mean\", max_tokens = 256 }`".into());
    }
    let mut names = BTreeSet::new();
    for file in &entry.files {
        if !is_plain(&file.name) || file.name.ends_with(".part") || !names.insert(&file.name) {
            return Err(format!("file name `{}` is not plain or not unique", file.name));
        }
        let is_hash = |hash: &String| hash.len() == 64 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !file.sha256.as_ref().is_none_or(is_hash) {
            return Err(format!("sha256 of `{}` is not 64 lower-case hex digits", file.name));
        }
    }
    entry.sources.iter().try_for_each(check_source)
}

fn check_source(source: &Source) -> Result<(), String> {
    let folder = match source {
        Source::Hub { repo, revision, folder } => {
            let parts: Vec<_> = repo.split('/').collect();
            if parts.len() != 2 || !parts.iter().all(|part| is_plain(part)) {
                return Err(format!("repository `{repo}` is not `owner/name`"));
            }
            if revision.is_empty() {
                return Err(format!("repository `{repo}` has no revision"));
            }
            folder
        }
        Source::Pypi { package, version, folder } => {
            if !is_plain(package) || !is_plain(version) {
                return Err(format!("package `{package}`, version `{version}` are not plain names"));
            }
            folder
        }
    };
    if folder.is_empty() || folder.split('/').all(is_plain_part) {
        return Ok(());
    }
    Err(format!("folder `{folder}` is not a plain path like `a/b`"))
}

/// A folder inside a source may begin with `_`.
fn is_plain_part(part: &str) -> bool {
    is_plain(part.trim_start_matches('_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_catalogue_is_whole() {
        let catalog = Catalog::load(Path::new("no such folder")).unwrap();
        assert_eq!(catalog.default_for(Role::Chat).unwrap().name, "smollm2-135m-instruct");
        assert_eq!(catalog.default_for(Role::Embed).unwrap().name, "all-minilm-l6-v2");
        for entry in catalog.entries() {
            assert!(!entry.sources.is_empty(), "{} cannot be had", entry.name);
            assert!(entry.total_bytes() > 1_000_000, "{} has no size", entry.name);
            assert!(
                entry.memory_mb * 1_000_000 > entry.total_bytes(),
                "{} needs more memory than its file",
                entry.name
            );
            let of_a_commit = entry.sources.iter().all(|source| {
                matches!(source, Source::Hub { revision, .. } if revision.len() == 40 && revision.chars().all(|c| c.is_ascii_hexdigit()))
            });
            for file in &entry.files {
                assert!(file.sha256.is_some() || of_a_commit, "{} {} is not pinned", entry.name, file.name);
            }
        }
        for name in ["smollm2-360m-instruct", "qwen2.5-1.5b-instruct", "qwen3-1.7b", "llama-3.2-1b-instruct"] {
            assert_eq!(catalog.find(name).unwrap().role, Role::Chat);
        }
        let bge = catalog.find("bge-small-en-v1.5").unwrap().embedding.clone().unwrap();
        assert_eq!((bge.pooling, bge.passage_prefix.as_str()), (Pooling::Cls, ""));
        let e5 = catalog.find("multilingual-e5-small").unwrap().embedding.clone().unwrap();
        assert_eq!((e5.query_prefix.as_str(), e5.passage_prefix.as_str()), ("query: ", "passage: "));
    }

    fn entry(extra: &str) -> String {
        format!(
            "[[model]]\nname = \"tiny\"\nrole = \"chat\"\ntitle = \"T\"\nlicence = \"MIT\"\nmemory_mb = 1\n{extra}\n\
             files = [{{ name = \"tiny.gguf\" }}]\n"
        )
    }

    #[test]
    fn a_folder_catalogue_adds_replaces_and_takes_the_default() {
        let folder = tempfile::tempdir().unwrap();
        let text = entry("default = true") + &entry("").replace("tiny", "qwen3-0.6b");
        std::fs::write(folder.path().join("catalog.toml"), text).unwrap();
        let catalog = Catalog::load(folder.path()).unwrap();
        assert_eq!(catalog.default_for(Role::Chat).unwrap().name, "tiny");
        assert_eq!(catalog.default_for(Role::Embed).unwrap().name, "all-minilm-l6-v2");
        assert_eq!(catalog.find("qwen3-0.6b").unwrap().title, "T");
        assert_eq!(catalog.entries().iter().filter(|e| e.default && e.role == Role::Chat).count(), 1);
        let error = catalog.find("qwen").unwrap_err().to_string();
        assert!(error.contains("`qwen`") && error.contains("qwen3-0.6b"), "{error}");
    }

    #[test]
    fn a_wrong_catalogue_says_where() {
        let hash = "x".repeat(64);
        for (text, says) in [
            (entry("default = maybe"), "line 7"),
            (entry("colour = \"red\""), "colour"),
            (entry("").replace("name = \"tiny\"", "name = \"../tiny\""), "letters, digits"),
            (entry("").replace("tiny.gguf", "a/tiny.gguf"), "`a/tiny.gguf` is not plain"),
            (entry("").replace("\"tiny.gguf\"", &format!("\"tiny.gguf\", sha256 = \"{hash}\"")), "64 lower-case hex"),
            (entry("").replace("chat", "embed"), "pooling"),
            (entry("") + &entry(""), "there twice"),
            (entry("default = true") + &entry("default = true").replace("tiny", "other"), "second default for chat"),
            (entry("sources = [{ kind = \"hub\", repo = \"a\", revision = \"main\" }]"), "owner/name"),
            (entry("sources = [{ kind = \"pypi\", package = \"--index\", version = \"1\" }]"), "not plain names"),
            (entry("sources = [{ kind = \"hub\", repo = \"a/b\", revision = \"main\", folder = \"../c\" }]"), "`../c`"),
            (entry("sources = [{ kind = \"ftp\" }]"), "ftp"),
        ] {
            let error = parse("catalog.toml", &text).unwrap_err().to_string();
            assert!(error.starts_with("catalog.toml: ") && error.contains(says), "{error}\nshould say {says}");
        }
    }
}
