//! One sequence from its start to its last token: logits in, events out.

use super::bytes::CharStream;
use super::drafting::{Drafter, Price};
use super::error::EngineError;
use super::grammar::Constraint;
use super::request::{Choice, EndTokens, Event, FinishReason, Request, Summary, Timings};
use super::sampler::{Sampler, logprob, top_logprobs};
use super::scheduler::Chosen;
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
    pub(super) constraint: Option<Constraint>,
    pub(super) events: Sender<Event>,
    pub(super) cancelled: Arc<AtomicBool>,
    pub(super) submitted: Instant,
}

impl Job {
    /// Tells the one who asked. That they are gone is found by the flag, not here.
    pub(super) fn tell(&self, event: Event) {
        let _gone = self.events.send(event);
    }

    /// The end of a sequence that never ran.
    pub(super) fn cancelled_summary(&self) -> Summary {
        Summary {
            tokens: Vec::new(),
            first_top: Vec::new(),
            finish: FinishReason::Cancelled,
            text: String::new(),
            prompt_tokens: self.prompt.len(),
            cached_tokens: 0,
            timings: Timings { queued: self.submitted.elapsed(), ..Timings::default() },
        }
    }
}

/// Token ids to deltas: whole characters, stop texts watched for.
#[derive(Debug)]
struct Writer {
    characters: CharStream,
    stop: StopWatch,
    text: String,
}

impl Writer {
    fn show(&mut self, job: &Job, text: String) {
        if !text.is_empty() {
            self.text.push_str(&text);
            job.tell(Event::Delta { text });
        }
    }

    /// Whether a stop text ended the answer.
    fn piece(&mut self, job: &Job, bytes: &[u8]) -> bool {
        match self.stop.push(&self.characters.push(bytes)) {
            Watched::Text(text) => {
                self.show(job, text);
                false
            }
            Watched::Stopped(text) => {
                self.show(job, text);
                self.characters = CharStream::default();
                true
            }
        }
    }

    /// Shows what was held back, and returns the whole text.
    fn finish(mut self, job: &Job) -> String {
        let tail = self.characters.finish();
        let (Watched::Text(text) | Watched::Stopped(text)) = self.stop.push(&tail);
        self.show(job, text);
        let held = self.stop.finish();
        self.show(job, held);
        self.text
    }
}

/// What a row of logits came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// This token is to be run.
    Token(u32),
    /// The answer is whole.
    End(FinishReason),
}

/// What a step's logits came to.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// The chosen tokens, and what probably comes after them.
    pub(super) chosen: Chosen,
    /// Why the answer is whole, if it is.
    pub(super) end: Option<FinishReason>,
}

/// A sequence that runs.
#[derive(Debug)]
pub(super) struct Sequence {
    job: Job,
    sampler: Sampler,
    writer: Writer,
    summary: Summary,
    /// Prompt and answer.
    history: Vec<u32>,
    /// Nothing where no drafts are wanted.
    drafter: Option<Drafter>,
    started: Instant,
    /// When the first logits came.
    prefilled: Option<Duration>,
}

impl Sequence {
    /// Tells that it starts.
    pub(super) fn start(job: Job, drafts: bool) -> Self {
        let summary = job.cancelled_summary();
        job.tell(Event::Started { prompt: job.prompt.clone() });
        let stop = StopWatch::new(job.request.stop.clone());
        Self {
            sampler: Sampler::new(job.request.sampling.clone()),
            writer: Writer { characters: CharStream::default(), stop, text: String::new() },
            summary,
            history: job.prompt.clone(),
            drafter: drafts.then(Drafter::default),
            started: Instant::now(),
            prefilled: None,
            job,
        }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.job.cancelled.load(Ordering::Acquire)
    }

    /// How many tokens of the prompt did not have to be computed.
    pub(super) fn set_cached_tokens(&mut self, count: usize) {
        self.summary.cached_tokens = count;
    }

    /// Chooses a token from the first row and, as long as what is chosen is the draft, from those after it: exactly what
    /// would be chosen without a draft. `max` is the most of prompt and answer together, `price` what a drafted row costs.
    pub(super) fn take(
        &mut self,
        rows: &mut [f32],
        draft: &[u32],
        tokenizer: &Tokenizer,
        (max, price): (usize, Price),
    ) -> Result<Taken, EngineError> {
        let mut taken = Taken::default();
        let vocab = rows.len() / (draft.len() + 1);
        for (row, drafted) in rows.chunks_exact_mut(vocab).zip(draft.iter().map(Some).chain([None])) {
            match self.take_row(row, tokenizer, max)? {
                Next::End(finish) => taken.end = Some(finish),
                Next::Token(id) => {
                    taken.chosen.tokens.push(id);
                    if drafted == Some(&id) {
                        taken.chosen.num_accepted += 1;
                        continue;
                    }
                }
            }
            break;
        }
        let left = self.job.request.max_tokens.saturating_sub(self.summary.tokens.len());
        let left = left.min(max.saturating_sub(self.history.len()));
        if let Some(drafter) = &mut self.drafter {
            drafter.judge(draft.len(), taken.chosen.num_accepted);
            if taken.end.is_none() {
                taken.chosen.draft = drafter.draft(&self.history, price, left.saturating_sub(1));
            }
        }
        Ok(taken)
    }

    fn take_row(&mut self, logits: &mut [f32], tokenizer: &Tokenizer, max: usize) -> Result<Next, EngineError> {
        if self.prefilled.is_none() {
            self.prefilled = Some(self.started.elapsed());
            self.summary.first_top = top_logprobs(logits, self.job.request.top_logprobs);
        }
        if self.is_long_enough(max) {
            return Ok(Next::End(FinishReason::Length));
        }
        let id = self.choose(logits, tokenizer)?;
        if tokenizer.is_end(id) {
            return Ok(Next::End(FinishReason::Stop));
        }
        self.history.push(id);
        self.summary.tokens.push(id);
        let is_whole = self.job.constraint.as_mut().map_or(Ok(false), |constraint| constraint.accept(id))?;
        if self.writer.piece(&self.job, tokenizer.piece(id)) || is_whole {
            return Ok(Next::End(FinishReason::Stop));
        }
        Ok(if self.is_long_enough(max) { Next::End(FinishReason::Length) } else { Next::Token(id) })
    }

    fn is_long_enough(&self, max: usize) -> bool {
        self.summary.tokens.len() >= self.job.request.max_tokens || self.history.len() >= max
    }

    fn choose(&mut self, logits: &mut [f32], tokenizer: &Tokenizer) -> Result<u32, EngineError> {
        let raw = self.job.request.logprobs.map(|count| (count, logits.to_vec()));
        if self.job.request.end_tokens == EndTokens::Forbid {
            for end in tokenizer.ends() {
                logits[*end as usize] = f32::NEG_INFINITY; // the embedding has a row for every token
            }
        }
        if let Some(constraint) = &mut self.job.constraint {
            constraint.mask(logits)?;
        }
        let id = self.sampler.choose(logits, &self.history).ok_or(EngineError::NotFinite)?;
        if let Some((count, raw)) = raw.filter(|_| !tokenizer.is_end(id)) {
            let choice = Choice { id, logprob: logprob(&raw, id), top: top_logprobs(&raw, count) };
            self.job.tell(Event::Token(choice));
        }
        Ok(id)
    }

    /// Shows what was held back; what is returned is to be told with [`Ended::tell`].
    pub(super) fn finish(mut self, finish: FinishReason) -> Ended {
        let elapsed = self.started.elapsed();
        let prefill = self.prefilled.unwrap_or(elapsed);
        self.summary.finish = finish;
        self.summary.text = self.writer.finish(&self.job);
        self.summary.timings.prefill = prefill;
        self.summary.timings.decode = elapsed.saturating_sub(prefill);
        Ended { event: Event::Finished(self.summary), job: self.job }
    }

    /// The sequence is lost.
    pub(super) fn fail(self, error: EngineError) -> Ended {
        tracing::debug!(%error, "a sequence failed");
        Ended { event: Event::Failed(error), job: self.job }
    }
}

/// A sequence that has ended and whose asker does not know it yet.
#[derive(Debug)]
pub(super) struct Ended {
    job: Job,
    event: Event,
}

impl Ended {
    pub(super) fn tell(self) {
        self.job.tell(self.event);
    }
}
