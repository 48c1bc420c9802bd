//! The handle to the model's thread. Callers prepare their prompts on their own threads; the model's thread only computes.

use super::batch::{BLOCK_TOKENS, StepModel};
use super::drafting::Drafts;
use super::error::EngineError;
use super::gguf::Gguf;
use super::grammar::Grammars;
use super::model::{Config, Decoder, FlatModel};
use super::prefix::SequenceId;
use super::prompt::{Prompt, chat_ids};
use super::recompute::Recompute;
use super::request::{EndTokens, Event, ModelInfo, Request};
use super::scheduler::{Budget, Scheduler};
use super::sequence::Job;
use super::template::{CHATML, ChatTemplate};
use super::tokenizer::{Specials, Tokenizer};
use super::totals::{Counters, Totals};
use super::worker;
use crate::device::{self, DeviceKind};
use crate::kernels::Precision;
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Most prompt tokens of a step beside which answers are written: a few hundredths of a second of the default model.
const CHUNK_TOKENS: usize = 96;
/// Most prompt tokens of a step in which no answer is written.
const LONE_CHUNK_TOKENS: usize = 256;

/// How the keys and values of the tokens so far are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KvPrecision {
    /// Rounded to 16 bits: half the memory, and what is read at each step.
    #[default]
    Half,
    /// 32 bits: to compare with another implementation.
    Full,
}

/// How an engine runs its model.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Where the model is computed.
    pub device: DeviceKind,
    /// Most sequences that may wait; one more is [`EngineError::Overloaded`].
    pub max_queued: usize,
    /// Most sequences that run at once; the others wait.
    pub max_running: usize,
    /// Most tokens of prompt and answer together, if less than the model can do.
    pub max_context_tokens: Option<usize>,
    /// Most memory of the KV cache, which all sequences share. Answers of a full cache wait for one another.
    pub kv_bytes: usize,
    /// How keys and values are kept; a GPU keeps 32 bits whatever is said here.
    pub kv_precision: KvPrecision,
    /// Whether answers are drafted from what is written already. They are the same either way.
    pub drafts: Drafts,
    /// Where loading counts the bytes of weights that it has read.
    pub read_bytes: Arc<AtomicU64>,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            device: DeviceKind::default(),
            max_queued: 256,
            max_running: 32,
            max_context_tokens: None,
            kv_bytes: 1 << 30,
            kv_precision: KvPrecision::default(),
            drafts: Drafts::default(),
            read_bytes: Arc::default(),
        }
    }
}

/// A running model. Clones are handles to the same one; when the last is dropped, sequences that somebody still listens to
/// are finished and the thread ends.
#[derive(Debug, Clone)]
pub struct Engine {
    shared: Arc<Shared>,
    _last: Arc<LastHandle>,
}

/// What handles, generations and the model's thread share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) info: ModelInfo,
    pub(super) tokenizer: Tokenizer,
    /// `None` where the file has none and ChatML does not fit; a template that does not compile is kept as its error.
    template: Option<Result<ChatTemplate, String>>,
    desk: Mutex<Desk>,
    pub(super) work: Condvar,
    grammars: Grammars,
    pub(super) counters: Counters,
}

/// Who waits and who runs.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) scheduler: Scheduler,
    /// What the sequences in the scheduler's line are to do.
    pub(super) waiting: HashMap<SequenceId, Job>,
    next_id: u64,
    /// Nobody can ask any more.
    pub(super) closing: bool,
    /// The thread has ended.
    pub(super) closed: bool,
}

impl Desk {
    /// Tells each that waits its place, where it is not the one it was told.
    pub(super) fn tell_places(&mut self) {
        let Self { scheduler, waiting, .. } = self;
        scheduler.tell_places(|id, position| {
            if let Some(job) = waiting.get(&id) {
                job.tell(Event::Queued { position });
            }
        });
    }
}

impl Shared {
    pub(super) fn desk(&self) -> MutexGuard<'_, Desk> {
        // The desk is whole between any two statements that change it, so a panic elsewhere leaves it usable.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct LastHandle(Arc<Shared>);

impl Drop for LastHandle {
    fn drop(&mut self) {
        self.0.desk().closing = true;
        self.0.work.notify_all();
    }
}

impl Engine {
    /// Reads a GGUF file and starts the thread that runs it. Takes as long as reading the file.
    ///
    /// # Errors
    /// The file is not readable, not whole, or of a model that is not supported: the error names the file and the reason.
    pub fn load(path: &Path, config: EngineConfig) -> Result<Self, EngineError> {
        load(path, &config).map_err(|source| EngineError::Load { path: path.to_owned(), source: Box::new(source) })
    }

    /// Puts a sequence in the line. Its prompt is turned into tokens here, on the caller's thread.
    ///
    /// # Errors
    /// [`EngineError::Overloaded`] where too many wait; [`EngineError::Closed`] where the thread is gone; a prompt that is empty, too long, or holds ids that are no tokens;
    /// sampling settings out of range; a grammar that is wrong or not supported; a conversation for a model without a chat template.
    pub fn submit(&self, request: Request) -> Result<Generation, EngineError> {
        if self.shared.desk().scheduler.is_full() {
            return Err(EngineError::Overloaded); // before the work of tokenising
        }
        request.sampling.check()?;
        let prompt = self.prompt_ids(&request.prompt)?;
        let Shared { grammars, tokenizer, info, .. } = &*self.shared;
        let hold = |grammar| grammars.hold(grammar, tokenizer, info.vocab);
        let constraint = request.grammar.as_ref().map(hold).transpose()?;
        if constraint.is_some() && request.end_tokens == EndTokens::Forbid {
            return Err(EngineError::Request(
                "an answer held to a grammar ends; end tokens cannot be forbidden".into(),
            ));
        }
        let (sender, events) = channel();
        let cancelled = Arc::new(AtomicBool::new(false));
        let request = Request { prompt: Prompt::Ids(Vec::new()), ..request };
        let job = Job {
            prompt,
            request,
            constraint,
            events: sender,
            cancelled: Arc::clone(&cancelled),
            submitted: Instant::now(),
        };
        let mut desk = self.shared.desk();
        if desk.closed {
            return Err(EngineError::Closed);
        }
        let id = SequenceId(desk.next_id);
        if !desk.scheduler.push(id, job.request.owner.as_deref(), job.prompt.clone()) {
            return Err(EngineError::Overloaded);
        }
        desk.next_id += 1;
        desk.waiting.insert(id, job);
        drop(desk);
        self.shared.work.notify_one();
        Ok(Generation { id, events, cancelled, shared: Arc::clone(&self.shared) })
    }

    /// The tokens of a prompt as [`Self::submit`] would run them.
    ///
    /// # Errors
    /// As for `submit`.
    pub fn prompt_ids(&self, prompt: &Prompt) -> Result<Vec<u32>, EngineError> {
        let tokenizer = &self.shared.tokenizer;
        let ids = match prompt {
            Prompt::Ids(ids) => ids.clone(),
            Prompt::Text(text) => tokenizer.with_bos(tokenizer.encode(text, Specials::Parse)?),
            Prompt::Chat(messages) => match &self.shared.template {
                None => return Err(EngineError::NoTemplate),
                Some(Err(reason)) => return Err(EngineError::Template(reason.clone())),
                Some(Ok(template)) => chat_ids(tokenizer, template, messages)?,
            },
        };
        let ModelInfo { vocab, context_tokens: max, .. } = self.shared.info;
        if ids.is_empty() {
            return Err(EngineError::Request("the prompt has no tokens".into()));
        }
        if ids.len() >= max {
            return Err(EngineError::PromptTooLong { tokens: ids.len(), max });
        }
        if let Some((place, id)) = ids.iter().enumerate().find(|(_, id)| **id as usize >= vocab) {
            return Err(EngineError::Request(format!(
                "prompt token {place} is {id}, the model knows 0 to {}",
                vocab - 1
            )));
        }
        Ok(ids)
    }

    /// The model.
    #[must_use]
    pub fn info(&self) -> &ModelInfo {
        &self.shared.info
    }

    /// How many sequences wait for their start.
    #[must_use]
    pub fn queue_len(&self) -> usize {
        self.shared.desk().scheduler.num_waiting()
    }

    /// How much was computed so far.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.shared.counters.totals()
    }

    /// How many tokens a text is, all of it taken as plain text.
    ///
    /// # Errors
    /// The tokenizer library refuses the text.
    pub fn count_tokens(&self, text: &str) -> Result<usize, EngineError> {
        Ok(self.shared.tokenizer.encode(text, Specials::AsText)?.len())
    }

    /// The model's tokenizer.
    #[must_use]
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.shared.tokenizer
    }
}

/// One sequence in the engine. Dropping it cancels the sequence, waiting or running.
#[derive(Debug)]
pub struct Generation {
    id: SequenceId,
    events: Receiver<Event>,
    cancelled: Arc<AtomicBool>,
    shared: Arc<Shared>,
}

impl Generation {
    /// The next event; waits for it. `None` after [`Event::Finished`] or [`Event::Failed`].
    pub fn recv(&mut self) -> Option<Event> {
        self.events.recv().ok()
    }

    /// The next event if it comes in time.
    ///
    /// # Errors
    /// Nothing came in time, or nothing will come any more.
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<Event, RecvTimeoutError> {
        self.events.recv_timeout(timeout)
    }

    /// Asks the sequence to end: it finishes with [`super::FinishReason::Cancelled`] and what it has so far, within a step.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        let mut desk = self.shared.desk();
        if let Some(job) = desk.waiting.remove(&self.id) {
            desk.scheduler.remove(self.id);
            drop(desk);
            let summary = job.cancelled_summary();
            job.tell(Event::Finished(summary));
        }
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        self.cancel();
    }
}

fn load(path: &Path, config: &EngineConfig) -> Result<Engine, EngineError> {
    let began = Instant::now();
    let device = device::open(config.device).map_err(EngineError::Device)?;
    let mut gguf = Gguf::open(path)?;
    gguf.read_bytes = Arc::clone(&config.read_bytes);
    let tokenizer = Tokenizer::read(&gguf.metadata)?;
    let template = template(&gguf, &tokenizer)?;
    let Loaded { config: model_config, block_bytes, model } = model(&mut gguf, &device, config)?;
    if tokenizer.vocab() > model.vocab() {
        let (tokens, rows) = (tokenizer.vocab(), model.vocab());
        return Err(EngineError::Tokenizer(format!("it has {tokens} tokens, the embedding has {rows}")));
    }
    let file_name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
    let own_name = gguf.metadata.text("general.name")?.map(str::to_owned).filter(|name| !name.trim().is_empty());
    let (weights, num_weights) = gguf.weights();
    let info = ModelInfo {
        name: own_name.or(file_name).unwrap_or_default(),
        architecture: model_config.architecture.clone(),
        weights,
        num_weights,
        vocab: model.vocab(),
        context_tokens: context_tokens(&model_config, config).min(model.num_blocks() * BLOCK_TOKENS),
        file_bytes: gguf.file_bytes,
        kv_bytes_per_token: block_bytes / BLOCK_TOKENS,
    };
    tracing::info!(model = %info.name, architecture = %info.architecture, weights = %info.weights,
        context_tokens = info.context_tokens, kv_tokens = model.num_blocks() * BLOCK_TOKENS,
        seconds = began.elapsed().as_secs_f32(), "language model loaded");
    start(model, info, (tokenizer, template), config)
}

/// Most tokens of prompt and answer together.
fn context_tokens(model: &Config, config: &EngineConfig) -> usize {
    model.context_tokens.min(config.max_context_tokens.unwrap_or(usize::MAX))
}

/// A model with room for its keys and values.
struct Loaded {
    config: Config,
    /// Of [`BLOCK_TOKENS`] tokens.
    block_bytes: usize,
    model: Box<dyn StepModel>,
}

/// The model on our own kernels, or where they do not serve on candle's.
fn model(gguf: &mut Gguf, device: &candle_core::Device, config: &EngineConfig) -> Result<Loaded, EngineError> {
    let precision = match config.kv_precision {
        KvPrecision::Half => Precision::Half,
        KvPrecision::Full => Precision::Full,
    };
    if device.is_cpu()
        && let Some(mut model) = FlatModel::load(gguf, precision)?
    {
        let (model_config, block_bytes) = (model.config().clone(), model.block_bytes());
        model.set_num_blocks(num_blocks(config, context_tokens(&model_config, config), block_bytes)?)?;
        return Ok(Loaded { config: model_config, block_bytes, model: Box::new(model) });
    }
    let decoder = Decoder::load(gguf, device)?;
    let model_config = decoder.config().clone();
    let block_bytes = model_config.kv_bytes_per_token() * BLOCK_TOKENS;
    let num_blocks = num_blocks(config, context_tokens(&model_config, config), block_bytes)?;
    let model = Box::new(Recompute::new(decoder, num_blocks, config.max_running));
    Ok(Loaded { config: model_config, block_bytes, model })
}

/// How many blocks the pool has: as many as the sequences can fill, within the memory that is allowed.
fn num_blocks(config: &EngineConfig, context_tokens: usize, block_bytes: usize) -> Result<usize, EngineError> {
    let most = config.max_running.max(1).saturating_mul(context_tokens.div_ceil(BLOCK_TOKENS));
    let blocks = most.min(config.kv_bytes / block_bytes.max(1));
    if blocks < 2 {
        let got = config.kv_bytes;
        return Err(EngineError::Request(format!(
            "{got} bytes for the KV cache; one block of {BLOCK_TOKENS} tokens takes {block_bytes}, expected room for two or more"
        )));
    }
    Ok(blocks)
}

/// Starts the thread.
fn start(
    model: Box<dyn StepModel>,
    info: ModelInfo,
    (tokenizer, template): (Tokenizer, Option<Result<ChatTemplate, String>>),
    config: &EngineConfig,
) -> Result<Engine, EngineError> {
    let scheduler = Scheduler::new(Budget {
        num_blocks: model.num_blocks(),
        max_running: config.max_running.max(1),
        max_waiting: config.max_queued,
        chunk_tokens: CHUNK_TOKENS,
        lone_chunk_tokens: LONE_CHUNK_TOKENS,
    });
    let desk = Desk { scheduler, waiting: HashMap::new(), next_id: 0, closing: false, closed: false };
    let shared = Arc::new(Shared {
        info,
        tokenizer,
        template,
        desk: Mutex::new(desk),
        work: Condvar::new(),
        grammars: Grammars::default(),
        counters: Counters::default(),
    });
    let (for_thread, drafts) = (Arc::clone(&shared), config.drafts);
    std::thread::Builder::new()
        .name("language-model".into())
        .spawn(move || worker::serve(model, drafts, &for_thread))?;
    Ok(Engine { _last: Arc::new(LastHandle(Arc::clone(&shared))), shared })
}

fn template(gguf: &Gguf, tokenizer: &Tokenizer) -> Result<Option<Result<ChatTemplate, String>>, EngineError> {
    let source = match gguf.metadata.text("tokenizer.chat_template")? {
        Some(source) => source,
        None if tokenizer.special_at("<|im_start|>").is_some() => CHATML,
        None => return Ok(None),
    };
    let (bos, eos) = tokenizer.bos_eos_texts();
    let compiled = ChatTemplate::new(source, bos, eos).map_err(|error| match error {
        EngineError::Template(reason) => reason,
        other => other.to_string(),
    });
    if let Err(reason) = &compiled {
        tracing::warn!(reason, "the model's chat template does not compile; conversations will be refused");
    }
    Ok(Some(compiled))
}

#[cfg(test)]
impl Engine {
    /// Puts a sequence in the line without the checks of [`Self::submit`].
    pub(super) fn submit_unchecked(&self, prompt: Vec<u32>, request: Request) -> Receiver<Event> {
        let (sender, events) = channel();
        let mut desk = self.shared.desk();
        let id = SequenceId(desk.next_id);
        desk.next_id += 1;
        assert!(desk.scheduler.push(id, None, prompt.clone()), "room");
        let cancelled = Arc::new(AtomicBool::new(false));
        desk.waiting.insert(
            id,
            Job { prompt, request, constraint: None, events: sender, cancelled, submitted: Instant::now() },
        );
        drop(desk);
        self.shared.work.notify_one();
        events
    }
}
