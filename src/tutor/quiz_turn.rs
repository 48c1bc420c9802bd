//! A turn's questions to the student: asking, judging, helping, and the end of a quiz.

use super::draft::page_mark;
use super::hint::{self, Rung};
use super::learner::Outcome;
use super::lesson;
use super::material::{self, Subject};
use super::question::Grade;
use super::quiz::{self, Item, ItemEnd, NUM_QUESTIONS, Quiz, Then};
use super::talk::{self, vary};
use super::teacher::Turn;
use super::turn::{Mode, Purpose, QuizResult, State, TutorError};
use super::{grade, leak, plan};
use crate::passage::{BookRef, SectionRef};

/// Longest answer that is read, in characters; no answer to a school question is longer.
const MAX_ANSWER_CHARS: usize = 600;

impl Turn<'_> {
    // ---- beginning

    /// Quizzes on a topic, or on what was learned last where none is named.
    pub(super) fn quiz(&mut self, topic: &str) -> Result<bool, TutorError> {
        self.draft.status(State::Searching, None);
        let Some((title, subjects)) = self.quiz_subjects(topic)? else {
            let topics = self.topics()?;
            let text = if topics.is_empty() {
                talk::no_books().to_owned()
            } else if topic.is_empty() {
                format!("What shall I ask you about? Say, for example:{}", talk::quiz_starters(&topics))
            } else {
                let list = talk::quiz_starters(&topics);
                format!("I could not find “{topic}” in your books. I can ask you, for example, about:{list}")
            };
            self.draft.say(&text);
            self.resume_line();
            return Ok(false);
        };
        let items = material::of_sections(&*self.tutor.shelf, &subjects, (NUM_QUESTIONS, self.seed()))?;
        self.begin(Quiz::new(Purpose::Quiz, &title, items))
    }

    /// What a quiz is about: its title and its sections.
    fn quiz_subjects(&self, topic: &str) -> Result<Option<(String, Vec<Subject>)>, TutorError> {
        let lesson = match (topic, &self.session.lesson, &self.session.learned) {
            ("", Some(lesson), _) => {
                let mut taught = lesson.clone();
                taught.steps.truncate(lesson.furthest + 1);
                Some(taught)
            }
            ("", None, Some(learned)) => plan::plan(&*self.tutor.shelf, learned)?,
            ("", None, None) => match &self.session.current_topic {
                Some(topic) => plan::plan(&*self.tutor.shelf, topic)?,
                None => None,
            },
            (topic, ..) => plan::plan(&*self.tutor.shelf, topic)?,
        };
        Ok(lesson.map(|lesson| (lesson.topic.clone(), subjects(&lesson))))
    }

    /// Begins a quiz or a review; says so where there is nothing to ask.
    pub(super) fn begin(&mut self, quiz: Option<Quiz>) -> Result<bool, TutorError> {
        let Some(quiz) = quiz else {
            self.draft.say("I could not make good questions from that part. Choose another topic, or say **teach me** and its name.");
            self.resume_line();
            return Ok(false);
        };
        let count = quiz.items.len();
        let questions = if count == 1 { "one question".to_owned() } else { format!("{count} questions") };
        let what = match quiz.purpose {
            Purpose::Review => "Let us go over what you learned",
            _ => "A quiz on",
        };
        let on = if quiz.purpose == Purpose::Review { String::new() } else { format!(" **{}**", quiz.title) };
        self.draft.say(&format!("{what}{on}: {questions}. Say **hint** for help, or **skip** to leave one out."));
        self.session.mode = if quiz.purpose == Purpose::Review { Mode::Review } else { Mode::Quiz };
        self.session.current_topic = Some(quiz.title.clone());
        self.session.quiz = Some(quiz);
        self.ask();
        Ok(false)
    }

    /// The question at the end of a step, where one can be made of what the step shows.
    pub(super) fn check(&mut self, item: Option<Item>) {
        let title = item.as_ref().map(|item| item.section.title.clone()).unwrap_or_default();
        self.session.quiz = Quiz::new(Purpose::Check, &title, item.into_iter().collect());
        self.ask();
    }

    /// Puts the open question, behind a line that tells it from what was said before.
    pub(super) fn ask(&mut self) {
        self.is_asked = true;
        if let Some(item) = self.session.quiz.as_ref().and_then(Quiz::item) {
            let words = quiz::in_words(&item.question);
            self.draft.paragraph();
            self.draft.say(&format!("---\n\n{words}"));
        }
    }

    // ---- answers

    /// Judges an answer.
    pub(super) fn answered(&mut self, message: &str) -> Result<bool, TutorError> {
        let Some(item) = self.session.quiz.as_ref().and_then(Quiz::item) else { return Ok(false) };
        let shelf = &*self.tutor.shelf;
        let mut nearness = |expected: &str, given: &str| {
            let near = shelf.similarities(expected, &[given]);
            near.inspect_err(|error| tracing::warn!(%error, "an answer is judged by its words alone")).ok()?.pop()
        };
        let is_long = message.chars().count() > MAX_ANSWER_CHARS;
        let grade = if is_long { Grade::Unsure } else { grade::grade(&item.question, message, &mut nearness) };
        tracing::debug!(?grade, "answer judged");
        self.result = match grade {
            Grade::Right => Some(QuizResult::Right),
            Grade::Partly => Some(QuizResult::Partly),
            Grade::Unsure => Some(QuizResult::Unsure),
            Grade::Wrong => Some(QuizResult::Wrong),
            Grade::None => None,
        };
        let then = self.session.quiz.as_mut().map_or(Then::TryFirst, |quiz| quiz.answer(grade));
        let lead = match grade {
            Grade::Wrong => vary(self.session.turns, &["Not yet.", "That is not it.", "Not quite."]),
            Grade::Partly => "Part of that is right, and something is missing.",
            Grade::Unsure => "I am not sure about that.",
            Grade::Right | Grade::None => "",
        };
        self.follow(then, lead)
    }

    /// The student asks for help, or gives up.
    pub(super) fn help_with_question(&mut self) -> Result<bool, TutorError> {
        let then = self.session.quiz.as_mut().map_or(Then::TryFirst, Quiz::help);
        self.follow(then, "")
    }

    fn follow(&mut self, then: Then, lead: &str) -> Result<bool, TutorError> {
        let Some(item) = self.session.quiz.as_ref().and_then(|quiz| quiz.items.get(quiz.at)).cloned() else {
            return Ok(false);
        };
        match then {
            Then::Right => {
                let yes = vary(self.session.turns, &["Right.", "Yes, that is right.", "That is correct."]);
                self.draft.say(yes);
                self.show_source(&item);
                self.close(&item)?;
                return Ok(true);
            }
            Then::Hint(Rung::Answer) => {
                self.result = Some(QuizResult::Shown);
                self.draft.cite_place(&item.book.id, &item.question.source);
                self.say_after(lead, &hint::hint(&item.question, Rung::Answer));
                self.close(&item)?;
                return Ok(true);
            }
            Then::Hint(rung) => self.say_after(lead, &hint::hint(&item.question, rung)),
            Then::Again => self.draft.say("I am not sure what you mean. Can you say it in other words?"),
            Then::TryFirst => {
                let first = [
                    "Have a try first: even a wrong guess helps you remember. After that I can help more.",
                    "Try an answer, whatever comes to your mind; then I give you the next hint.",
                    "First your own idea, please. A guess is fine.",
                ];
                self.draft.say(vary(self.session.turns, &first));
            }
        }
        self.ask();
        Ok(false)
    }

    fn say_after(&mut self, lead: &str, text: &str) {
        let space = if lead.is_empty() { "" } else { " " };
        self.draft.say(&format!("{lead}{space}{text}"));
    }

    /// The book's sentence behind a question.
    fn show_source(&mut self, item: &Item) {
        let source = &item.question.source;
        self.draft.cite_place(&item.book.id, source);
        self.draft.paragraph();
        self.draft.say(&format!("> {} {}", source.quote, page_mark(&source.page_label)));
    }

    /// A question is done: notes how it went and goes on.
    fn close(&mut self, item: &Item) -> Result<(), TutorError> {
        if let Some(ItemEnd::Done(outcome)) = item.end {
            self.learner.learn(&item.book, &item.section, outcome, self.at);
        }
        self.go_on()
    }

    /// Leaves the open question.
    pub(super) fn skip_question(&mut self) -> Result<bool, TutorError> {
        let Some(quiz) = &mut self.session.quiz else { return Ok(false) };
        if let Some(item) = quiz.item()
            && item.attempts > 0
        {
            // It was tried and not found: that is worth a review.
            self.learner.learn(&item.book, &item.section, Outcome::Shown, self.at);
        }
        let page = quiz.item().map(|item| item.question.source.page_label.clone()).unwrap_or_default();
        quiz.skip();
        if quiz.purpose == Purpose::Check {
            self.session.quiz = None;
            return self.step(1);
        }
        self.draft.say(&format!("We leave that one. It is on page {page}."));
        self.go_on()?;
        Ok(false)
    }

    /// The next question, or the end.
    fn go_on(&mut self) -> Result<(), TutorError> {
        let Some(quiz) = &mut self.session.quiz else { return Ok(()) };
        if quiz.advance() {
            self.ask();
            return Ok(());
        }
        match quiz.purpose {
            Purpose::Check => {
                self.session.quiz = None;
                self.draft.paragraph();
                let line = match &self.session.lesson {
                    Some(lesson) if lesson.is_at_end() => "Say **continue** to finish the lesson.".to_owned(),
                    Some(lesson) => format!("Say **continue** for step {}.", lesson.place().step + 1),
                    None => String::new(),
                };
                self.draft.say(&line);
                Ok(())
            }
            Purpose::Quiz | Purpose::Review => self.end_quiz(),
        }
    }

    // ---- the end

    /// The score, what to read again and when it comes back; then back to a lesson that waits.
    fn end_quiz(&mut self) -> Result<(), TutorError> {
        let Some(quiz) = self.session.quiz.take() else { return Ok(()) };
        self.draft.paragraph();
        self.draft.say(&score(&quiz));
        if let Some(days) = self.days_to_next(&quiz) {
            self.draft.paragraph();
            self.draft.say(&format!("I will ask you about this again {}.", talk::in_days(days)));
        }
        self.leave_quiz()
    }

    fn days_to_next(&self, quiz: &Quiz) -> Option<i64> {
        let asked = |known: &&super::learner::Known| {
            quiz.items.iter().any(|item| known.place == super::learner::Place::of(&item.book, &item.section))
        };
        let due = self.learner.sections.iter().filter(asked).map(super::learner::Known::due).min()?;
        Some(((due - self.at) as f64 / 86_400.0).round().max(0.0) as i64)
    }

    /// Ends the questions before their end.
    pub(super) fn stop_quiz(&mut self) -> Result<bool, TutorError> {
        let Some(quiz) = self.session.quiz.take() else { return Ok(false) };
        if quiz.items.iter().any(|item| item.end.is_some()) {
            self.draft.say(&format!("We stop here. {}", score(&quiz)));
        } else {
            self.draft.say("We stop the questions here.");
        }
        self.leave_quiz()?;
        Ok(false)
    }

    /// Ends the questions without a word about them.
    pub(super) fn put_quiz_away(&mut self) {
        self.session.quiz = None;
        let topic = self.session.lesson.as_ref().map(|lesson| lesson.topic.clone());
        self.session.mode = if topic.is_some() { Mode::Teaching } else { Mode::Idle };
        self.session.current_topic = topic;
    }

    fn leave_quiz(&mut self) -> Result<(), TutorError> {
        if self.session.lesson.is_some() {
            return self.resume();
        }
        (self.session.mode, self.session.current_topic) = (Mode::Idle, None);
        self.draft.paragraph();
        self.draft.say("Ask me anything, or choose a new topic.");
        Ok(())
    }

    /// Does something else while a quiz waits, and takes it back where it would answer the open question.
    pub(super) fn beside_quiz(
        &mut self,
        act: impl FnOnce(&mut Self) -> Result<bool, TutorError>,
    ) -> Result<bool, TutorError> {
        let Some(item) = self.session.quiz.as_ref().filter(|quiz| quiz.purpose != Purpose::Check).and_then(Quiz::item)
        else {
            return act(self);
        };
        let (question, before) = (item.question.clone(), self.session.clone());
        self.draft.hold();
        let grounded = act(self)?;
        if leak::gives_away(self.draft.held_text(), &question) {
            self.draft.take_back();
            self.session = before;
            let page = &question.source.page_label;
            self.draft.say(&format!(
                "That would give away the answer to our question. Try it first; you can read about it on page {page}. I will gladly answer afterwards."
            ));
            return Ok(false);
        }
        self.draft.release();
        (self.session.mode, self.session.current_topic) = (before.mode, before.current_topic);
        self.draft.paragraph();
        self.draft.say(vary(
            self.session.turns,
            &["Back to our question.", "And now our question again.", "On with our question."],
        ));
        Ok(grounded)
    }
}

/// The sections of a lesson, each once.
fn subjects(lesson: &lesson::Lesson) -> Vec<Subject> {
    let mut all: Vec<Subject> = Vec::new();
    for step in &lesson.steps {
        let subject = subject(&lesson.book, &step.section);
        if !all.contains(&subject) {
            all.push(subject);
        }
    }
    all
}

pub(super) fn subject(book: &BookRef, section: &SectionRef) -> Subject {
    Subject { book: book.clone(), section: section.clone() }
}

/// How a quiz went, and where to read again.
fn score(quiz: &Quiz) -> String {
    let done: Vec<&Item> = quiz.items.iter().filter(|item| item.end.is_some()).collect();
    let (total, right) = (done.len(), quiz.num_right());
    let first = done.iter().filter(|item| item.end == Some(ItemEnd::Done(Outcome::Right))).count();
    let mut text = match (right, first) {
        (0, _) => format!("You had none of {total} this time. Reading the pages again will help."),
        (right, first) if right == total && first == total => {
            format!("You had {right} of {total}, every one at the first try.")
        }
        (right, first) => format!("You had {right} of {total}, {first} at the first try and without help."),
    };
    let mut again: Vec<String> = Vec::new();
    for item in done.iter().filter(|item| !matches!(item.end, Some(ItemEnd::Done(Outcome::Right)))) {
        let line =
            format!("\n- page {} of *{}*, “{}”", item.question.source.page_label, item.book.title, item.section.title);
        if !again.contains(&line) {
            again.push(line);
        }
    }
    if !again.is_empty() {
        text.push_str(&format!(" To read again:{}", again.concat()));
    }
    text
}
