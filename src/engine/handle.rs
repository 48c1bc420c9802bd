//! The handle to the model's thread. Callers prepare their prompts on their own threads; the model's thread only computes.

use super::batch::{BLOCK_TOKENS, StepModel};
use super::error::EngineError;
use super::gguf::Gguf;
use super::line::Line;
use super::model::{Config, Decoder, FlatModel, Single};
use super::prompt::{Prompt, chat_ids};
use super::request::{Event, ModelInfo, Request};
use super::sequence::{Job, run};
use super::template::{CHATML, ChatTemplate};
use super::tokenizer::{Specials, Tokenizer};
use crate::device::{self, DeviceKind};
use crate::kernels::Precision;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

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
    /// Most tokens of prompt and answer together, if less than the model can do.
    pub max_context_tokens: Option<usize>,
    /// How keys and values are kept; a GPU keeps 32 bits whatever is said here.
    pub kv_precision: KvPrecision,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            device: DeviceKind::default(),
            max_queued: 64,
            max_context_tokens: None,
            kv_precision: KvPrecision::default(),
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
struct Shared {
    info: ModelInfo,
    tokenizer: Tokenizer,
    /// `None` where the file has none and ChatML does not fit; a template that does not compile is kept as its error.
    template: Option<Result<ChatTemplate, String>>,
    desk: Mutex<Desk>,
    work: Condvar,
}

/// Who waits and who runs.
#[derive(Debug)]
struct Desk {
    line: Line<Job>,
    num_running: usize,
    next_id: u64,
    closing: bool,
}

impl Desk {
    fn tell_places(&mut self) {
        self.line.tell_places(self.num_running, |job, position| job.tell(Event::Queued { position }));
    }
}

impl Shared {
    fn desk(&self) -> MutexGuard<'_, Desk> {
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
    /// [`EngineError::Overloaded`] where too many wait; a prompt that is empty, too long, or holds ids that are no tokens;
    /// sampling settings out of range; a conversation for a model without a chat template.
    pub fn submit(&self, request: Request) -> Result<Generation, EngineError> {
        if self.shared.desk().line.is_full() {
            return Err(EngineError::Overloaded); // before the work of tokenising
        }
        request.sampling.check()?;
        let prompt = self.prompt_ids(&request.prompt)?;
        let (sender, events) = channel();
        let cancelled = Arc::new(AtomicBool::new(false));
        let request = Request { prompt: Prompt::Ids(Vec::new()), ..request };
        let job = Job { prompt, request, events: sender, cancelled: Arc::clone(&cancelled), submitted: Instant::now() };
        let mut desk = self.shared.desk();
        let id = desk.next_id;
        desk.next_id += 1;
        desk.line.push(id, job).map_err(|_refused| EngineError::Overloaded)?;
        desk.tell_places();
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

    /// How many sequences wait, the running one not counted.
    #[must_use]
    pub fn queue_len(&self) -> usize {
        self.shared.desk().line.len()
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
    id: u64,
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
        if let Some(job) = desk.line.remove(self.id) {
            desk.tell_places();
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
    let tokenizer = Tokenizer::read(&gguf.metadata)?;
    let template = template(&gguf, &tokenizer)?;
    let (config_of_model, model) = model(&mut gguf, &device, config)?;
    if tokenizer.vocab() > model.vocab() {
        let (tokens, rows) = (tokenizer.vocab(), model.vocab());
        return Err(EngineError::Tokenizer(format!("it has {tokens} tokens, the embedding has {rows}")));
    }
    let file_name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
    let own_name = gguf.metadata.text("general.name")?.map(str::to_owned).filter(|name| !name.trim().is_empty());
    let (weights, num_weights) = gguf.weights();
    let info = ModelInfo {
        name: own_name.or(file_name).unwrap_or_default(),
        architecture: config_of_model.architecture.clone(),
        weights,
        num_weights,
        vocab: model.vocab(),
        context_tokens: config_of_model.context_tokens.min(config.max_context_tokens.unwrap_or(usize::MAX)),
        file_bytes: gguf.file_bytes,
    };
    tracing::info!(model = %info.name, architecture = %info.architecture, weights = %info.weights,
        context_tokens = info.context_tokens, seconds = began.elapsed().as_secs_f32(), "language model loaded");
    let desk = Desk { line: Line::new(config.max_queued), num_running: 0, next_id: 0, closing: false };
    let shared = Arc::new(Shared { info, tokenizer, template, desk: Mutex::new(desk), work: Condvar::new() });
    let for_thread = Arc::clone(&shared);
    std::thread::Builder::new().name("language-model".into()).spawn(move || serve(model, &for_thread))?;
    Ok(Engine { _last: Arc::new(LastHandle(Arc::clone(&shared))), shared })
}

/// The model on our own kernels, or where they do not serve on candle's.
fn model(
    gguf: &mut Gguf,
    device: &candle_core::Device,
    config: &EngineConfig,
) -> Result<(Config, Box<dyn StepModel>), EngineError> {
    let precision = match config.kv_precision {
        KvPrecision::Half => Precision::Half,
        KvPrecision::Full => Precision::Full,
    };
    if device.is_cpu()
        && let Some(mut model) = FlatModel::load(gguf, precision)?
    {
        let most = model.config().context_tokens.min(config.max_context_tokens.unwrap_or(usize::MAX));
        model.set_num_blocks(most.div_ceil(BLOCK_TOKENS));
        return Ok((model.config().clone(), Box::new(model)));
    }
    let decoder = Decoder::load(gguf, device)?;
    Ok((decoder.config().clone(), Box::new(Single::new(decoder))))
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

/// The model's thread: sequences one after the other, until nobody can send one any more.
fn serve(mut model: Box<dyn StepModel>, shared: &Shared) {
    while let Some(job) = next(shared) {
        let max = shared.info.context_tokens;
        let outcome = catch_unwind(AssertUnwindSafe(|| run(model.as_mut(), &shared.tokenizer, &job, max)));
        let event = match outcome {
            Ok(Ok(summary)) => Event::Finished(summary),
            Ok(Err(error)) => Event::Failed(error),
            Err(panic) => Event::Failed(EngineError::Panicked(panic_text(panic.as_ref()))),
        };
        if let Event::Failed(error) = &event {
            tracing::debug!(%error, "a sequence failed");
        }
        // First off the desk, then told: who asks again on hearing it must not find itself in its own way.
        shared.desk().num_running = 0;
        job.tell(event);
    }
}

/// The next sequence; waits for one. `None` when no handle is left and the line is empty.
fn next(shared: &Shared) -> Option<Job> {
    let mut desk = shared.desk();
    loop {
        if let Some(job) = desk.line.pop() {
            desk.num_running = 1;
            desk.tell_places();
            return Some(job);
        }
        if desk.closing {
            return None;
        }
        desk = shared.work.wait(desk).unwrap_or_else(PoisonError::into_inner);
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without a text".into())
}

#[cfg(test)]
mod tests {
    use super::super::model::nano::Nano;
    use super::*;

    #[test]
    fn a_panic_on_the_models_thread_loses_one_sequence_only() {
        let engine = Nano::default().engine();
        let mut lost = engine.submit(Request::new(Prompt::Ids(vec![1]))).expect("in line");
        while lost.recv().is_some() {}
        let (sender, events) = channel();
        let request = Request { max_tokens: 3, ..Request::new(Prompt::Ids(Vec::new())) };
        // An id that `submit` would have refused.
        let (prompt, cancelled) = (vec![u32::MAX], Arc::new(AtomicBool::new(false)));
        let job = Job { prompt, request, events: sender, cancelled, submitted: Instant::now() };
        engine.shared.desk().line.push(u64::MAX, job).expect("room");
        engine.shared.work.notify_one();
        let last = events.iter().last();
        assert!(matches!(last, Some(Event::Failed(EngineError::Panicked(_)))), "{last:?}");
        let mut next = engine.submit(Request { max_tokens: 1, ..Request::new(Prompt::Ids(vec![1])) }).expect("in line");
        let last = std::iter::from_fn(|| next.recv()).last();
        assert!(matches!(last, Some(Event::Finished(_))), "{last:?}");
    }
}
