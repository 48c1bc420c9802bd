//! The models: which are known, where they are on disk, how they get there, and whether they are whole.
//!
//! Must not know what a model computes. A model is a folder below the models folder: `<models>/<name>/<file>`, and
//! nothing else in it. Beside the folders stand `catalog.toml` (what is known, [`Catalog`]) and `models.lock` (hashes and
//! revisions that were learned by a pull).
//!
//! # Invariants
//! * A file under its final name is whole: bytes arrive in `<file>.part`, are hashed, synced and only then renamed.
//! * Content whose hash is not the expected one never gets the final name, whichever source sent it.
//! * One pull at a time works in a models folder; a second waits.
//! * Nothing is written outside the models folder.

mod add;
mod catalog;
mod error;
mod gguf;
mod hub;
mod locate;
mod lock;
mod pull;
mod pypi;
mod store;
mod verify;

pub use add::{Added, add};
pub use catalog::{Catalog, Embedding, Entry, FileSpec, Pooling, Role, Source};
pub use error::{Attempt, ModelsError};
pub use gguf::{GgufError, GgufSummary, inspect as inspect_gguf};
pub use locate::{Located, is_here, locate, own_models, reranker_here};
pub use pull::{PullEvent, pull};
pub use verify::{Checked, Verdict, verify};
