//! The tutor itself: reads what a message asks for and does it. Every decision is here and in the pure files it calls.

use super::answer::{Evidence, Outcome};
use super::draft::{Draft, End, Quote};
use super::intent::{self, Examples, Intent, Jump, Situation};
use super::language::{Language, Languages, Phrase};
use super::lesson::Lesson;
use super::opposite::Sense;
use super::quiz::{self, Quiz};
use super::shelf::{Scope, Shelf, ShelfError};
use super::talk::vary;
use super::turn::{
    Cancel, Finish, Inquiry, Mode, ProgressEntry, Purpose, QuizResult, Reply, Said, Student, Teach, TurnEvent,
    TutorError, Verdict,
};
use super::wording::{self, Patience, Prompt, Writer};
use super::{Exchange, Learner, Session, answer, grounding, prompt, relevance, talk, words};
use crate::passage::Citation;
use std::sync::{Arc, OnceLock};

/// Topics named in a suggestion.
const MAX_TOPICS: usize = 4;

/// Answers students from the books on its shelf, worded by its writer where it has one.
#[derive(Clone)]
pub struct Tutor {
    pub(super) shelf: Arc<dyn Shelf>,
    writer: Option<Arc<dyn Writer>>,
    patience: Patience,
    /// Labelled messages, embedded when first needed.
    examples: Arc<OnceLock<Examples>>,
    /// What the models understand and write.
    pub(super) languages: Languages,
    /// The reading grade from which a sentence of the book is also said in plainer words.
    pub(super) reading_grade: f32,
}

/// The reading grade of plain text for a class of eleven-year-olds.
pub const READING_GRADE: f32 = 6.0;

impl From<ShelfError> for TutorError {
    fn from(error: ShelfError) -> Self {
        Self::Internal(error.to_string())
    }
}

/// One turn in progress.
pub(super) struct Turn<'a> {
    pub(super) tutor: &'a Tutor,
    pub(super) session: Session,
    pub(super) learner: Learner,
    pub(super) draft: Draft<'a>,
    pub(super) cancel: &'a Cancel,
    /// When the message came, in seconds since 1970.
    pub(super) at: i64,
    /// Whether the open question was put in this turn.
    pub(super) is_asked: bool,
    /// What became of the answer that the message was.
    pub(super) result: Option<QuizResult>,
    /// What the student knows, where that was asked.
    pub(super) shown_progress: Option<Vec<ProgressEntry>>,
    /// The question to the books and what became of it.
    asked: Option<Inquiry>,
    /// The student's language, where it is not the books' and the model writes it.
    pub(super) answer_in: Option<Language>,
}

impl<'a> Turn<'a> {
    fn new(
        tutor: &'a Tutor,
        (session, learner): (&Session, &Learner),
        at: i64,
        events: &'a mut dyn FnMut(TurnEvent),
        cancel: &'a Cancel,
    ) -> Self {
        Self {
            tutor,
            session: session.clone(),
            learner: learner.clone(),
            draft: Draft::new(&*tutor.shelf, events),
            cancel,
            at,
            is_asked: false,
            result: None,
            shown_progress: None,
            asked: None,
            answer_in: None,
        }
    }
}

impl Tutor {
    /// A tutor for these books; without a writer it shows the books' own sentences only.
    #[must_use]
    pub fn new(shelf: Arc<dyn Shelf>, writer: Option<Arc<dyn Writer>>) -> Self {
        Self {
            shelf,
            writer,
            patience: Patience::default(),
            examples: Arc::default(),
            languages: Languages::default(),
            reading_grade: READING_GRADE,
        }
    }

    /// The same tutor, waiting this long for its writer.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// The same tutor with models of these languages.
    #[must_use]
    pub fn with_languages(self, languages: Languages) -> Self {
        Self { languages, ..self }
    }

    /// The same tutor for a class of this reading grade (Flesch-Kincaid): harder sentences are also said in plainer words.
    #[must_use]
    pub fn with_reading_grade(self, reading_grade: f32) -> Self {
        Self { reading_grade, ..self }
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
        let mut turn = Turn::new(self, (&Session::default(), &Learner::default()), 0, events, cancel);
        let grounded = turn.question_in(question, scope)?;
        turn.session.mode = Mode::Answering;
        Ok(turn.end(grounded).2)
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
    fn welcome(&self, session: &Session, learner: &Learner) -> String {
        let name = learner.name.as_ref().map_or_else(String::new, |name| format!(", {name}"));
        let question = session.quiz.as_ref().and_then(Quiz::item).map(|item| quiz::in_words(&item.question));
        let asked = question.map_or_else(String::new, |question| format!("\n\n---\n\n{question}"));
        match (&session.lesson, &session.quiz) {
            (_, Some(quiz)) if quiz.purpose != Purpose::Check => {
                let (at, total) = (quiz.at + 1, quiz.items.len());
                format!("Welcome back{name}! We are at question {at} of {total} on **{}**.{asked}", quiz.title)
            }
            (Some(lesson), _) => {
                let place = lesson.place();
                format!(
                    "Welcome back{name}! We are in the lesson on **{}**, step {} of {}. Say **continue** to go on, or ask me anything.{asked}",
                    place.title, place.step, place.total
                )
            }
            (None, _) => talk::welcome(&*self.shelf, &name).unwrap_or_else(|error| {
                tracing::warn!(%error, "the welcome names no topics");
                format!("Hello{name}! I am Lectern, your tutor. What would you like to learn?")
            }),
        }
    }

    fn turn(
        &self,
        Student { session, learner }: Student<'_>,
        said: Said<'_>,
        events: &mut dyn FnMut(TurnEvent),
        cancel: &Cancel,
    ) -> Result<Reply, TutorError> {
        let mut turn = Turn::new(self, (session, learner), said.at, events, cancel);
        turn.session.turns += 1;
        let grounded = turn.run(said.content)?;
        let (session_after, learner_after, reply) = turn.end(grounded);
        (*session, *learner) = (session_after, learner_after);
        Ok(reply)
    }
}

impl Turn<'_> {
    fn end(self, grounded: bool) -> (Session, Learner, Reply) {
        let end = End {
            mode: self.session.mode,
            current_topic: self.session.current_topic.clone(),
            lesson: self.session.lesson.as_ref().map(Lesson::place),
            quiz: self.session.quiz.as_ref().and_then(|quiz| quiz.place(self.result)),
            progress: self.shown_progress,
            asked: self.asked,
            grounded,
            finish: if self.cancel.is_cancelled() { Finish::Cancelled } else { Finish::Stop },
        };
        let reply = self.draft.finish(end);
        (self.session, self.learner, reply)
    }

    /// A number that is the same whenever the same student says the same in the same place.
    pub(super) fn seed(&self) -> u64 {
        let asked: u32 = self.learner.sections.iter().map(|known| known.num_asked).sum();
        self.session.turns.wrapping_mul(31).wrapping_add(u64::from(asked))
    }

    /// Does what the message asks for; returns whether all that was shown as fact stands on a page.
    fn run(&mut self, message: &str) -> Result<bool, TutorError> {
        let asked = self.session.quiz.as_ref().and_then(Quiz::item).is_some();
        let situation = Situation { in_lesson: self.session.lesson.is_some(), is_asked: asked };
        let intent = intent::read(message, situation, &*self.tutor.shelf, &self.tutor.examples)?;
        tracing::debug!(?intent, "message read");
        let grounded = if asked { self.in_quiz(intent, message)? } else { self.do_as_asked(intent, message)? };
        if self.session.quiz.is_some() && !self.is_asked {
            self.ask();
        }
        Ok(grounded)
    }

    /// While a question waits: an answer and what belongs to it first, anything else beside it.
    fn in_quiz(&mut self, intent: Intent, message: &str) -> Result<bool, TutorError> {
        let is_check = self.session.quiz.as_ref().is_some_and(|quiz| quiz.purpose == Purpose::Check);
        match intent {
            Intent::Distress => {
                self.put_quiz_away();
                self.kind_words(Phrase::Distress, message)
            }
            Intent::Answer => self.answered(message),
            Intent::Hint | Intent::GiveUp => self.help_with_question(),
            Intent::Jump(Jump::Skip) => self.skip_question(),
            Intent::Stop if !is_check => self.stop_quiz(),
            Intent::Continue if is_check => self.step(1),
            Intent::Continue => self.say("This question first: answer it, or say **skip**."),
            Intent::Simpler if !is_check => self.help_with_question(),
            Intent::Repeat if !is_check => self.say(vary(self.session.turns, &["Here it is again.", "Once more:"])),
            Intent::Quiz(topic) if !is_check && topic.is_empty() => self.say("We are in a quiz already."),
            Intent::Teach(topic) if !words::content_set(&topic).is_empty() => {
                self.put_quiz_away();
                self.do_as_asked(Intent::Teach(topic), message)
            }
            Intent::Quiz(_) | Intent::Review | Intent::Jump(_) | Intent::Back | Intent::Stop | Intent::Goodbye => {
                self.put_quiz_away();
                self.do_as_asked(intent, message)
            }
            other => self.beside_quiz(|turn| turn.do_as_asked(other, message)),
        }
    }

    fn do_as_asked(&mut self, intent: Intent, message: &str) -> Result<bool, TutorError> {
        let pending = self.session.pending.take();
        if matches!(intent, Intent::Question | Intent::Other | Intent::Help | Intent::Example) {
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
        if matches!(intent, Intent::Teach(_) | Intent::Question | Intent::Other | Intent::Quiz(_)) {
            self.mind_language(message)?;
        }
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
            Intent::Jump(jump) => self.jump(jump),
            Intent::Simpler => self.simpler(),
            Intent::Example => self.example(),
            Intent::Plan => self.plan(),
            Intent::Stop => self.stop(),
            Intent::Question => self.question(message),
            Intent::Quiz(topic) => self.quiz(&topic),
            Intent::Review => self.review(),
            Intent::Progress => self.progress(),
            Intent::Hint | Intent::GiveUp => self.stuck(),
            Intent::Greeting => self.greet(),
            Intent::Name(name) => self.meet(&name),
            Intent::Thanks => {
                self.small_talk(vary(self.session.turns, &["You are welcome!", "Gladly.", "With pleasure."]))
            }
            Intent::Goodbye => self.small_talk("Goodbye! Your place is kept; come back whenever you like."),
            Intent::Help => self.say(&talk::help(shelf)?),
            Intent::Distress => self.kind_words(Phrase::Distress, message),
            Intent::Abuse => self.kind_words(Phrase::Abuse, message),
            Intent::Answer | Intent::Other => self.other(message),
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

    /// Says what the books answer, or that they do not; returns whether they did.
    pub(super) fn answer(&mut self, question: &str, scopes: &[Scope]) -> Result<bool, TutorError> {
        let found = match answer::look(&*self.tutor.shelf, question, scopes)? {
            Outcome::Answer(found) => found,
            Outcome::Near(found) => return self.nearest(question, &found),
            Outcome::Nothing => {
                self.note_question(question, Verdict::NotInBooks);
                let topics = if self.session.lesson.is_some() { Vec::new() } else { self.topics()? };
                let text = if self.tutor.shelf.books()?.is_empty() {
                    talk::no_books().to_owned()
                } else {
                    talk::not_in_books(&topics)
                };
                self.draft.say(&text);
                if let Some(lesson) = &mut self.session.lesson {
                    lesson.leave_open(question);
                }
                return Ok(false);
            }
        };
        self.note_question(question, Verdict::Answered);
        let section = found.passage.section.title.clone();
        self.draft.cite(&found.quotes);
        self.draft.say(&talk::source(&found.passage.book, &section));
        self.draft.quote_block(&found.quotes);
        match self.answer_in {
            Some(language) => self.word_across(question, language, &found.quotes),
            None => self.word(&prompt::answer(question, &found.quotes), MODEL_LEAD, &found.quotes),
        };
        if self.session.lesson.is_none() {
            self.session.current_topic = Some(section);
        }
        self.session.book = Some(found.passage.book.id.clone());
        self.remember(Exchange::new(question, found.quotes.iter().map(|quote| quote.text.as_str())));
        Ok(true)
    }

    /// Keeps for the teacher what was asked of the books.
    pub(super) fn note_question(&mut self, question: &str, verdict: Verdict) {
        self.asked = Some(Inquiry { question: question.to_owned(), verdict });
    }

    /// Shows what comes nearest to a question that the books may not answer.
    fn nearest(&mut self, question: &str, found: &Evidence) -> Result<bool, TutorError> {
        self.note_question(question, Verdict::Near);
        self.draft.cite(&found.quotes);
        self.draft.say(&talk::nearest(&found.passage.book.title, &found.quotes));
        self.draft.quote_block(&found.quotes);
        if let Some(lesson) = &mut self.session.lesson {
            lesson.leave_open(question);
        }
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

    /// Lets the model word the quotes under `lead`; returns how many of its sentences passed.
    pub(super) fn word(&mut self, prompt: &Prompt, lead: &str, quotes: &[Quote]) -> usize {
        self.word_checked((prompt, &mut grounding::supporting), lead, quotes)
    }

    /// The same in the student's own language, checked by meaning and by its numbers and names.
    fn word_across(&mut self, question: &str, language: Language, quotes: &[Quote]) -> usize {
        let shelf = &*self.tutor.shelf;
        let mut check = |sentence: &str, sources: &[&str]| {
            let near = shelf.similarities(sentence, sources);
            let near = near.inspect_err(|error| tracing::warn!(%error, "a translation is not checked")).ok()?;
            grounding::supporting_across(sentence, sources, &near)
        };
        let prompt = prompt::answer_in(question, language.name(), quotes);
        self.word_checked((&prompt, &mut check), MODEL_LEAD, quotes)
    }

    fn word_checked(&mut self, request: (&Prompt, wording::Check<'_>), lead: &str, quotes: &[Quote]) -> usize {
        let Some(writer) = self.tutor.writer.as_deref().filter(|_| !self.cancel.is_cancelled()) else { return 0 };
        wording::word(writer, self.tutor.patience, request, (lead, quotes), &mut self.draft, self.cancel)
    }
}
