//! The tutor itself: reads what a message asks for and does it. Every decision is here and in the pure files it calls.

use super::answer::{Evidence, Outcome};
use super::draft::{Draft, End, Quote};
use super::intent::{self, Intent, Situation};
use super::lesson::Lesson;
use super::opposite::Sense;
use super::shelf::{Scope, Shelf, ShelfError};
use super::turn::{Cancel, Finish, Mode, Reply, Teach, TurnEvent, TutorError};
use super::wording::{self, Patience, Prompt, Writer};
use super::{Exchange, Session, answer, prompt, relevance, talk, words};
use crate::passage::Citation;
use std::sync::Arc;

/// Topics named in a suggestion.
const MAX_TOPICS: usize = 4;

/// Answers students from the books on its shelf, worded by its writer where it has one.
#[derive(Clone)]
pub struct Tutor {
    pub(super) shelf: Arc<dyn Shelf>,
    writer: Option<Arc<dyn Writer>>,
    patience: Patience,
}

impl From<ShelfError> for TutorError {
    fn from(error: ShelfError) -> Self {
        Self::Internal(error.to_string())
    }
}

/// One turn in progress.
pub(super) struct Turn<'a> {
    pub(super) tutor: &'a Tutor,
    pub(super) session: Session,
    pub(super) draft: Draft<'a>,
    pub(super) cancel: &'a Cancel,
}

impl Tutor {
    /// A tutor for these books; without a writer it shows the books' own sentences only.
    #[must_use]
    pub fn new(shelf: Arc<dyn Shelf>, writer: Option<Arc<dyn Writer>>) -> Self {
        Self { shelf, writer, patience: Patience::default() }
    }

    /// The same tutor, waiting this long for its writer.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// Answers a question once, outside any conversation, from the books in `scope`.
    ///
    /// # Errors
    /// The books cannot be read.
    pub fn ask(
        &self,
        question: &str,
        scope: Scope,
        events: &mut dyn FnMut(TurnEvent),
        cancel: &Cancel,
    ) -> Result<Reply, TutorError> {
        let mut turn =
            Turn { tutor: self, session: Session::default(), draft: Draft::new(&*self.shelf, events), cancel };
        let grounded = turn.question_in(question, scope)?;
        turn.session.mode = Mode::Answering;
        Ok(turn.end(grounded).1)
    }
}

impl Tutor {
    /// What the books in `scope` say to a question and how well it fits, whether it counts as an answer or not: for
    /// measurements.
    ///
    /// # Errors
    /// The books cannot be read.
    pub fn probe(&self, question: &str, scope: &Scope) -> Result<Option<Probe>, TutorError> {
        let found = answer::evidence(&*self.shelf, question, scope)?;
        Ok(found.map(|found| Probe {
            answered: relevance::verdict(found.fit) == relevance::Verdict::Answer,
            near: relevance::verdict(found.fit) == relevance::Verdict::Near,
            sense: found.fit.sense,
            coverage: found.fit.coverage,
            passage_cosine: found.fit.passage_cosine,
            sentence_cosine: found.fit.sentence_cosine,
            sentence_coverage: found.fit.sentence_coverage,
            confidence: relevance::confidence(found.fit),
            citations: found.quotes.iter().flat_map(Quote::citations).cloned().collect(),
            ranked: found.ranked.into_iter().map(|quote| quote.text).collect(),
        }))
    }
}

/// What stands before the model's words in an answer.
pub const MODEL_LEAD: &str = "**In short:**";

/// The best evidence for a question.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Probe {
    /// Whether the tutor would answer from it.
    pub answered: bool,
    /// Whether it would show it as the nearest there is.
    pub near: bool,
    /// Whether the best sentence speaks of what is asked or of its opposite.
    pub sense: Sense,
    /// Share of the question's content words that the passage or its headings have.
    pub coverage: f32,
    /// The same of the best sentence alone.
    pub sentence_coverage: f32,
    /// How sure the tutor is that the books answer, 0 to 1.
    pub confidence: f32,
    /// Cosine of question and passage.
    pub passage_cosine: f32,
    /// Cosine of question and best sentence.
    pub sentence_cosine: f32,
    /// The sentences that would be quoted.
    pub citations: Vec<Citation>,
    /// The three best sentences of all passages, best first.
    pub ranked: Vec<String>,
}

impl Teach for Tutor {
    fn welcome(&self, session: &Session) -> String {
        match &session.lesson {
            Some(lesson) => {
                let place = lesson.place();
                format!(
                    "Welcome back! We are in the lesson on **{}**, step {} of {}. Say **continue** to go on, or ask me anything.",
                    place.title, place.step, place.total
                )
            }
            None => talk::welcome(&*self.shelf).unwrap_or_else(|error| {
                tracing::warn!(%error, "the welcome names no topics");
                "Hello! I am Lectern, your tutor. What would you like to learn?".to_owned()
            }),
        }
    }

    fn turn(
        &self,
        session: &mut Session,
        message: &str,
        events: &mut dyn FnMut(TurnEvent),
        cancel: &Cancel,
    ) -> Result<Reply, TutorError> {
        let mut turn = Turn { tutor: self, session: session.clone(), draft: Draft::new(&*self.shelf, events), cancel };
        let grounded = turn.run(message)?;
        let (after, reply) = turn.end(grounded);
        *session = after;
        Ok(reply)
    }
}

impl Turn<'_> {
    fn end(self, grounded: bool) -> (Session, Reply) {
        let end = End {
            mode: self.session.mode,
            current_topic: self.session.current_topic.clone(),
            lesson: self.session.lesson.as_ref().map(Lesson::place),
            grounded,
            finish: if self.cancel.is_cancelled() { Finish::Cancelled } else { Finish::Stop },
        };
        let reply = self.draft.finish(end);
        (self.session, reply)
    }

    /// Does what the message asks for; returns whether all that was shown as fact stands on a page.
    fn run(&mut self, message: &str) -> Result<bool, TutorError> {
        let intent = intent::classify(message, Situation { in_lesson: self.session.lesson.is_some(), is_asked: false });
        tracing::debug!(?intent, "message read");
        let pending = self.session.pending.take();
        if matches!(intent, Intent::Question | Intent::Other | Intent::Help) {
            if let Some(pending) = pending
                && let Some(grounded) = self.told_which(&pending, message)?
            {
                return Ok(grounded);
            }
            if let Some(grounded) = self.by_code(message)? {
                return Ok(grounded);
            }
        }
        let shelf = &*self.tutor.shelf;
        match intent {
            Intent::Teach(topic) if words::content_set(&topic).is_empty() => self.say(&talk::help(shelf)?),
            Intent::Teach(topic) => {
                let grounded = self.start(&topic)?;
                if grounded {
                    self.remember(Exchange::new(&format!("What is {topic}?"), []));
                }
                Ok(grounded)
            }
            Intent::Continue => self.step(1),
            Intent::Back => self.step(-1),
            Intent::Repeat => self.step(0),
            Intent::Simpler => self.simpler(),
            Intent::Plan => self.plan(),
            Intent::Stop => self.stop(),
            Intent::Question => self.question(message),
            Intent::Greeting => self.small_talk("Hello! It is good to see you."),
            Intent::Thanks => self.small_talk("You are welcome!"),
            Intent::Goodbye => self.small_talk("Goodbye! Your place is kept; come back whenever you like."),
            Intent::Help => self.say(&talk::help(shelf)?),
            Intent::Quiz(_) => self.small_talk("I have no quizzes yet, but I can teach you and answer your questions."),
            _ => self.other(message),
        }
    }

    /// Words that state nothing of the books.
    fn say(&mut self, text: &str) -> Result<bool, TutorError> {
        self.draft.say(text);
        Ok(false)
    }

    pub(super) fn topics(&self) -> Result<Vec<String>, TutorError> {
        Ok(talk::topics(&*self.tutor.shelf, MAX_TOPICS)?)
    }

    pub(super) fn small_talk(&mut self, words: &str) -> Result<bool, TutorError> {
        if !words.is_empty() {
            self.draft.say(&format!("{words} "));
        }
        match &self.session.lesson {
            Some(lesson) => {
                let place = lesson.place();
                let line = format!(
                    "We are at step {} of {} of **{}**. Say **continue** to go on, or ask me anything.",
                    place.step, place.total, place.title
                );
                self.draft.say(&line);
            }
            None => {
                let topics = self.topics()?;
                let line = if topics.is_empty() {
                    talk::no_books().to_owned()
                } else {
                    format!("You can say, for example:{}", talk::starters(&topics))
                };
                self.draft.say(&line);
            }
        }
        Ok(false)
    }

    /// Says what the books answer, or that they do not; returns whether they did.
    pub(super) fn answer(&mut self, question: &str, scopes: &[Scope]) -> Result<bool, TutorError> {
        let found = match answer::look(&*self.tutor.shelf, question, scopes)? {
            Outcome::Answer(found) => found,
            Outcome::Near(found) => return self.nearest(&found),
            Outcome::Nothing => {
                let topics = if self.session.lesson.is_some() { Vec::new() } else { self.topics()? };
                let text = if self.tutor.shelf.books()?.is_empty() {
                    talk::no_books().to_owned()
                } else {
                    talk::not_in_books(&topics)
                };
                self.draft.say(&text);
                return Ok(false);
            }
        };
        let section = found.passage.section.title.clone();
        self.draft.cite(&found.quotes);
        self.draft.say(&format!("From *{}*, “{section}”:", found.passage.book.title));
        self.draft.quote_block(&found.quotes);
        self.word(&prompt::answer(question, &found.quotes), MODEL_LEAD, &found.quotes);
        if self.session.lesson.is_none() {
            self.session.current_topic = Some(section);
        }
        self.session.book = Some(found.passage.book.id.clone());
        self.remember(Exchange::new(question, found.quotes.iter().map(|quote| quote.text.as_str())));
        Ok(true)
    }

    /// Shows what comes nearest to a question that the books may not answer.
    fn nearest(&mut self, found: &Evidence) -> Result<bool, TutorError> {
        self.draft.cite(&found.quotes);
        self.draft.say(&talk::nearest(&found.passage.book.title, &found.quotes));
        self.draft.quote_block(&found.quotes);
        Ok(false)
    }

    /// Neither a question nor a wish that is understood: the books may still speak of it.
    fn other(&mut self, message: &str) -> Result<bool, TutorError> {
        if words::content_set(message).is_empty() {
            return self.small_talk("I did not understand that.");
        }
        if answer::find(&*self.tutor.shelf, message, &[Scope::all()])?.is_some() {
            return self.question(message);
        }
        self.small_talk("I am best with questions about your books.")
    }

    pub(super) fn word(&mut self, prompt: &Prompt, lead: &str, quotes: &[Quote]) {
        if let Some(writer) = self.tutor.writer.as_deref()
            && !self.cancel.is_cancelled()
        {
            wording::word(writer, self.tutor.patience, prompt, (lead, quotes), &mut self.draft, self.cancel);
        }
    }
}
