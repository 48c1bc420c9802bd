//! Where books are: paths as stored. A book beside the library's folder is kept relative to their common parent, so that
//! the whole can be copied to another machine or a USB stick; any other is kept absolute.

use super::LibraryError;
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(super) struct Places {
    /// Parent of the library's folder; `None` where that is the root of the file system.
    home: Option<PathBuf>,
}

impl Places {
    /// `folder` is the library's, canonical.
    pub(super) fn around(folder: &Path) -> Self {
        Self { home: folder.parent().filter(|parent| parent.parent().is_some()).map(Path::to_owned) }
    }

    /// `path` as it is stored; relative ones with `/` on every system.
    pub(super) fn stored(&self, path: &Path) -> Result<String, LibraryError> {
        let below = self.home.as_ref().and_then(|home| path.strip_prefix(home).ok());
        let text = below.unwrap_or(path).to_str().ok_or_else(|| LibraryError::PathNotText { path: path.to_owned() })?;
        Ok(if below.is_some() { text.replace(std::path::MAIN_SEPARATOR, "/") } else { text.to_owned() })
    }

    /// The path that was stored.
    pub(super) fn path(&self, stored: &str) -> PathBuf {
        match &self.home {
            Some(home) => home.join(stored), // an absolute path replaces the whole
            None => PathBuf::from(stored),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn books_beside_the_library_move_with_it() {
        let (here, there) = (Places::around(Path::new("/class/data")), Places::around(Path::new("/usb/data")));
        for (path, stored, moved) in [
            ("/class/corpus/a/b.pdf", "corpus/a/b.pdf", "/usb/corpus/a/b.pdf"),
            ("/class/data/b.pdf", "data/b.pdf", "/usb/data/b.pdf"),
            ("/classes/b.pdf", "/classes/b.pdf", "/classes/b.pdf"),
        ] {
            assert_eq!(here.stored(Path::new(path)).expect("a path of text"), stored);
            assert_eq!(there.path(stored), Path::new(moved));
        }
        let root = Places::around(Path::new("/data"));
        assert_eq!(root.stored(Path::new("/b.pdf")).expect("a path of text"), "/b.pdf");
    }
}
