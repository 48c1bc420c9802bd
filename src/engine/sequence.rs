//! One sequence from its prompt's ids to its last token, on the model's thread.

use super::batch::{BLOCK_TOKENS, BlockId, Part, StepModel};
use super::bytes::CharStream;
use super::error::EngineError;
use super::request::{EndTokens, Event, FinishReason, Request, Summary, Timings};
use super::sampler::{Sampler, top_logprobs};
use super::stop::{StopWatch, Watched};
use super::tokenizer::Tokenizer;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

/// A checked request on its way to the model.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) prompt: Vec<u32>,
    /// The rest of the request; its prompt is taken out.
    pub(super) request: Request,
    pub(super) events: Sender<Event>,
    pub(super) cancelled: Arc<AtomicBool>,
    pub(super) submitted: Instant,
}

impl Job {
    /// Tells the one who asked. That they are gone is found by the flag, not here.
    pub(super) fn tell(&self, event: Event) {
        let _gone = self.events.send(event);
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// The end of a sequence that never ran.
    pub(super) fn cancelled_summary(&self) -> Summary {
        Summary {
            tokens: Vec::new(),
            first_top: Vec::new(),
            finish: FinishReason::Cancelled,
            text: String::new(),
            prompt_tokens: self.prompt.len(),
            timings: Timings { queued: self.submitted.elapsed(), ..Timings::default() },
        }
    }
}

/// Token ids to deltas: whole characters, stop texts watched for.
struct Writer<'a> {
    job: &'a Job,
    characters: CharStream,
    stop: StopWatch,
    text: String,
}

impl Writer<'_> {
    fn show(&mut self, text: String) {
        if !text.is_empty() {
            self.text.push_str(&text);
            self.job.tell(Event::Delta { text });
        }
    }

    /// Whether a stop text ended the answer.
    fn piece(&mut self, bytes: &[u8]) -> bool {
        match self.stop.push(&self.characters.push(bytes)) {
            Watched::Text(text) => {
                self.show(text);
                false
            }
            Watched::Stopped(text) => {
                self.show(text);
                self.characters = CharStream::default();
                true
            }
        }
    }

    /// Shows what was held back, and returns the whole text.
    fn finish(mut self) -> String {
        let tail = self.characters.finish();
        let (Watched::Text(text) | Watched::Stopped(text)) = self.stop.push(&tail);
        self.show(text);
        let held = self.stop.finish();
        self.show(held);
        self.text
    }
}

/// Most prompt tokens of a step.
const MAX_STEP_TOKENS: usize = 256;

/// Runs a sequence to its end, looking before every step whether anyone still wants it.
pub(super) fn run(
    model: &mut dyn StepModel,
    tokenizer: &Tokenizer,
    job: &Job,
    max: usize,
) -> Result<Summary, EngineError> {
    let blocks: Vec<BlockId> = (0..max.div_ceil(BLOCK_TOKENS) as u32).map(BlockId).collect();
    let mut step = |ids: &[u32], earlier: usize, num_logits: usize| {
        model.step(&[Part { ids, earlier, blocks: &blocks, num_logits }])
    };
    let started = Instant::now();
    let mut summary = job.cancelled_summary();
    job.tell(Event::Started { prompt: job.prompt.clone() });
    let mut logits = Vec::new();
    let mut num_done = 0;
    while num_done < job.prompt.len() {
        if job.is_cancelled() {
            summary.timings.prefill = started.elapsed();
            return Ok(summary);
        }
        let rest = &job.prompt[num_done..];
        let chunk = &rest[..rest.len().min(MAX_STEP_TOKENS)];
        logits = step(chunk, num_done, usize::from(chunk.len() == rest.len()))?;
        num_done += chunk.len();
    }
    summary.timings.prefill = started.elapsed();
    summary.first_top = top_logprobs(&logits, job.request.top_logprobs);

    let mut sampler = Sampler::new(job.request.sampling.clone());
    let stop = StopWatch::new(job.request.stop.clone());
    let mut writer = Writer { job, characters: CharStream::default(), stop, text: String::new() };
    let mut history = job.prompt.clone();
    summary.finish = loop {
        if summary.tokens.len() >= job.request.max_tokens || history.len() >= max {
            break FinishReason::Length;
        }
        if job.is_cancelled() {
            break FinishReason::Cancelled;
        }
        // The first token's logits are the prompt's.
        if !summary.tokens.is_empty() {
            logits = step(&history[history.len() - 1..], history.len() - 1, 1)?;
        }
        if job.request.end_tokens == EndTokens::Forbid {
            for end in tokenizer.ends() {
                logits[*end as usize] = f32::NEG_INFINITY; // the embedding has a row for every token
            }
        }
        let id = sampler.choose(&mut logits, &history).ok_or(EngineError::NotFinite)?;
        if tokenizer.is_end(id) {
            break FinishReason::Stop;
        }
        history.push(id);
        summary.tokens.push(id);
        if writer.piece(tokenizer.piece(id)) {
            break FinishReason::Stop;
        }
    };
    summary.text = writer.finish();
    summary.timings.decode = started.elapsed().checked_sub(summary.timings.prefill).unwrap_or(Duration::ZERO);
    Ok(summary)
}
