//! From a model's name on the command line to a loaded model; the defaults are fetched when they are not there.

use super::CliError;
use super::folders::Folders;
use super::models::pull_shown;
use crate::device::DeviceKind;
use crate::embed::{EmbedConfig, Embedder, Pooling, RerankConfig, Reranker};
use crate::engine::{Drafts, Engine, EngineConfig};
use crate::models::{self, Catalog, Located, Role};
use crate::tutor::Languages;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

/// A model file from which on loading is shown.
const LARGE_BYTES: u64 = 300 << 20;
/// How often the bar moves.
const LOOK_UP: Duration = Duration::from_millis(100);

/// The model flags that every command with a tutor has.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ModelArgs {
    /// The language model: a name of `lectern models list`, a GGUF file, or `none` for the books' own sentences only
    #[arg(long, env = "LECTERN_MODEL", value_name = "NAME|FILE|none")]
    pub(super) model: Option<String>,
    /// Most answers that the language model writes at once; more wait in line
    #[arg(long, env = "LECTERN_MAX_RUNNING", default_value_t = 32, value_name = "N",
          value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) max_running: u16,
    /// Most memory in MiB that the language model may take to remember what it read; answers share it
    #[arg(long, env = "LECTERN_KV_MIB", default_value_t = 1024, value_name = "MIB",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) kv_mib: u32,
    /// Write every token by itself, instead of drafting what an answer probably quotes; answers are the same
    #[arg(long, env = "LECTERN_NO_LOOKUP")]
    pub(super) no_lookup: bool,
    #[command(flatten)]
    pub(super) embedder: EmbedderArgs,
    #[command(flatten)]
    pub(super) reranker: RerankerArgs,
}

/// The flag of the model that orders passages.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct RerankerArgs {
    /// The model that reads question and passage together to order passages better: a name of `lectern models list`, a
    /// folder with its files, or `none`. Without the flag the one in the models folder is used, if there is one
    #[arg(long, env = "LECTERN_RERANKER", value_name = "NAME|FOLDER|none")]
    pub(super) reranker: Option<String>,
}

/// The flags of the embedding model.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct EmbedderArgs {
    /// The embedding model: a name of `lectern models list`, or a folder with its files
    #[arg(long, env = "LECTERN_EMBEDDER", value_name = "NAME|FOLDER")]
    pub(super) embedder: Option<String>,
    /// Where the models run
    #[arg(long, env = "LECTERN_DEVICE", value_enum, default_value_t)]
    pub(super) device: DeviceKind,
}

/// Finds a model; the default of its role is fetched first if it is not here.
fn located(folders: &Folders, role: Role, name: Option<&str>) -> Result<Located, CliError> {
    let catalog = Catalog::load(&folders.models)?;
    let Some(name) = name else {
        let entry = catalog.default_for(role)?;
        return Ok(if models::is_here(entry, &folders.models) {
            models::locate(&folders.models, &catalog, role, &entry.name)?
        } else {
            eprintln!("The model {} is not here yet; fetching it.", entry.name);
            pull_shown(entry, &folders.models)?
        });
    };
    Ok(models::locate(&folders.models, &catalog, role, name)?)
}

/// The GGUF file of a chat model.
pub(super) fn chat_file(folders: &Folders, name: Option<&str>) -> Result<PathBuf, CliError> {
    Ok(located(folders, Role::Chat, name)?.gguf()?.to_owned())
}

/// Loads the language model and tells its name; `None` where the user wants none.
pub(super) fn engine(folders: &Folders, args: &ModelArgs) -> Result<Option<(String, Engine)>, CliError> {
    if args.model.as_deref() == Some("none") {
        return Ok(None);
    }
    let located = located(folders, Role::Chat, args.model.as_deref())?;
    let config = EngineConfig {
        device: args.embedder.device,
        max_running: args.max_running.into(),
        kv_bytes: (args.kv_mib as usize) << 20,
        drafts: if args.no_lookup { Drafts::Off } else { Drafts::Lookup },
        ..EngineConfig::default()
    };
    Ok(Some((located.name.clone(), load_shown(located.gguf()?, config)?)))
}

/// The languages of the models that are used, as far as the catalogue knows them.
pub(super) fn languages(folders: &Folders, args: &ModelArgs) -> Result<Languages, CliError> {
    let catalog = Catalog::load(&folders.models)?;
    let of = |role: Role, name: Option<&str>| -> Vec<String> {
        let entry = match name {
            Some(name) => catalog.find(name),
            None => catalog.default_for(role),
        };
        entry.map(|entry| entry.languages.clone()).unwrap_or_default()
    };
    let embedder = of(Role::Embed, args.embedder.embedder.as_deref());
    Ok(Languages { embedder, writer: of(Role::Chat, args.model.as_deref()) })
}

/// Loads a model, with a bar for a file that takes its time; nothing is shown where stderr is no terminal.
fn load_shown(path: &Path, config: EngineConfig) -> Result<Engine, CliError> {
    let size = std::fs::metadata(path).map_or(0, |metadata| metadata.len()); // what is wrong with it, loading says
    if size < LARGE_BYTES {
        return Ok(Engine::load(path, config)?);
    }
    let (read, bar) = (Arc::clone(&config.read_bytes), ProgressBar::new(size));
    bar.set_style(
        ProgressStyle::with_template("Loading the model  {bar:30}  {bytes} of {total_bytes}").expect("a template"),
    );
    let (loaded, waiting) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while waiting.recv_timeout(LOOK_UP) == Err(RecvTimeoutError::Timeout) {
                bar.set_position(read.load(Ordering::Relaxed));
            }
            bar.finish_and_clear();
        });
        let engine = Engine::load(path, config);
        drop(loaded);
        Ok(engine?)
    })
}

/// Loads the embedding model.
pub(super) fn embedder(folders: &Folders, args: &EmbedderArgs) -> Result<Embedder, CliError> {
    let located = located(folders, Role::Embed, args.embedder.as_deref())?;
    let mut config = EmbedConfig { device: args.device, ..EmbedConfig::new(&located.dir) };
    if let Some(how) = located.entry.and_then(|entry| entry.embedding) {
        config.pooling = match how.pooling {
            models::Pooling::Mean => Pooling::Mean,
            models::Pooling::Cls => Pooling::Cls,
        };
        (config.query_prefix, config.passage_prefix) = (how.query_prefix, how.passage_prefix);
        config.max_tokens = how.max_tokens;
    }
    Ok(Embedder::load(&config)?)
}

/// Loads the reranker, if there is one; that there is none is logged.
pub(super) fn reranker(
    folders: &Folders,
    args: &RerankerArgs,
    device: DeviceKind,
) -> Result<Option<Arc<Reranker>>, CliError> {
    let catalog = Catalog::load(&folders.models)?;
    let located = match args.reranker.as_deref() {
        Some("none") => return Ok(None),
        Some(name) => models::locate(&folders.models, &catalog, Role::Rerank, name)?,
        None => match models::reranker_here(&folders.models, &catalog)? {
            Some(located) => located,
            None => {
                tracing::info!("no reranker in the models folder: passages keep the order of their words and vectors");
                return Ok(None);
            }
        },
    };
    let config = RerankConfig { device, ..RerankConfig::new(&located.dir) };
    Ok(Some(Arc::new(Reranker::load(&config)?)))
}
