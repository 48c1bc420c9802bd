//! A turn's lesson half: starting one, moving in it, saying a step, coming back to it.

use super::draft::{Quote, page_mark};
use super::explain::Near;
use super::intent::Jump;
use super::quiz::Item;
use super::quiz_turn::subject;
use super::talk::{self, vary};
use super::teacher::Turn;
use super::turn::{Mode, Purpose, State, TutorError};
use super::{Lesson, explain, material, plan, readability};

/// Sections named in the plan that a lesson begins with.
const MAX_OUTLINE: usize = 6;

impl Turn<'_> {
    pub(super) fn start(&mut self, topic: &str) -> Result<bool, TutorError> {
        self.draft.status(State::Searching, None);
        let Some(lesson) = plan::plan(&*self.tutor.shelf, topic)? else {
            let topics = self.topics()?;
            self.draft.say(&talk::topic_not_in_books(topic, &topics));
            self.resume_line();
            if self.session.lesson.is_none() {
                (self.session.mode, self.session.current_topic) = (Mode::Idle, None);
            }
            return Ok(false);
        };
        self.draft.say(&beginning(&lesson));
        self.session.mode = Mode::Teaching;
        self.session.current_topic = Some(lesson.topic.clone());
        self.session.lesson = Some(lesson);
        self.session.quiz = None;
        self.teach_step()
    }

    /// Moves `by` steps and teaches the one it comes to.
    pub(super) fn step(&mut self, by: isize) -> Result<bool, TutorError> {
        let Some(lesson) = &mut self.session.lesson else {
            return self.small_talk("We have no lesson running.");
        };
        if by > 0 && lesson.is_at_end() {
            return self.finish_lesson();
        }
        if by < 0 && lesson.at == 0 {
            self.draft.say("This is the first step already. Here it is again.");
        }
        lesson.go_to(lesson.at.saturating_add_signed(by));
        self.session.mode = Mode::Teaching;
        self.teach_step()
    }

    /// Goes to another place of the lesson, or begins one there.
    pub(super) fn jump(&mut self, jump: Jump) -> Result<bool, TutorError> {
        let Some(lesson) = &mut self.session.lesson else {
            return match jump {
                Jump::Place(place) => self.start(&place),
                _ => self.small_talk("We have no lesson running."),
            };
        };
        let total = lesson.steps.len();
        let step = match jump {
            Jump::Skip => return self.step(1),
            Jump::Start => 0,
            Jump::End => total - 1,
            Jump::Step(step) if (1..=total).contains(&step) => step - 1,
            Jump::Step(step) => {
                let line = format!("This lesson has {total} steps, so there is no step {step}.");
                self.draft.say(&line);
                self.resume_line();
                return Ok(false);
            }
            Jump::Place(place) => match lesson.step_at(&place) {
                Some(step) => step,
                None => return self.start(&place),
            },
        };
        lesson.go_to(step);
        self.session.mode = Mode::Teaching;
        self.teach_step()
    }

    fn finish_lesson(&mut self) -> Result<bool, TutorError> {
        let Some(lesson) = self.session.lesson.take() else { return Ok(false) };
        self.session.quiz = None;
        let outline: String = lesson.outline().iter().map(|title| format!("\n- {title}")).collect();
        let from = &lesson.steps[0].page_label;
        self.draft.say(&format!(
            "That was the whole lesson on **{}**, from *{}*, page {from} on. You have read about:{outline}",
            lesson.topic, lesson.book.title
        ));
        if !lesson.open.is_empty() {
            let open: String = lesson.open.iter().map(|question| format!("\n- {question}")).collect();
            self.draft.say(&format!("\n\nYour books did not answer these questions; ask your teacher:{open}"));
        }
        self.draft.say("\n\nSay **quiz me** to see what you remember, ask me anything, or choose a new topic.");
        self.session.learned = Some(lesson.topic);
        (self.session.mode, self.session.current_topic) = (Mode::Idle, None);
        Ok(false)
    }

    /// Shows the step the lesson stands at: the book's sentences, simpler words for them, an example, and a question.
    fn teach_step(&mut self) -> Result<bool, TutorError> {
        let Some(lesson) = self.session.lesson.clone() else { return Ok(false) };
        let Some(quotes) = self.quotes_of(&lesson)? else { return self.replan(&lesson.topic) };
        let (step, place) = (lesson.step(), lesson.place());
        let (quotes, item) = self.with_check(&lesson, quotes)?;
        self.session.quiz = None;
        self.draft.cite(&quotes);
        self.draft.paragraph();
        self.draft.say(&format!("### Step {} of {}: {}", place.step, place.total, step.section.title));
        self.draft.quote_block(&quotes);
        self.grade_reading(&quotes);
        self.in_simple_words(&quotes, "**In simple words:**");
        if let Some(example) = explain::example(&*self.tutor.shelf, step, &quotes, Near::Step)? {
            self.show_example(&example);
        }
        self.draft.paragraph();
        let next = match (&item, lesson.is_at_end()) {
            (Some(_), _) => "Try this question, say **continue**, or ask me anything.",
            (None, true) => "This is the last step. Ask me anything about it, or say **continue** to finish.",
            (None, false) => "Say **continue** for the next step, or ask me anything about this one.",
        };
        self.draft.say(next);
        if item.is_some() {
            self.check(item);
        }
        Ok(true)
    }

    /// A question on what the step shows; where there is none, another sentence of the step that can be asked about is
    /// shown with the others.
    fn with_check(&self, lesson: &Lesson, shown: Vec<Quote>) -> Result<(Vec<Quote>, Option<Item>), TutorError> {
        let shelf = &*self.tutor.shelf;
        let subject = subject(&lesson.book, &lesson.step().section);
        let seed = self.seed().wrapping_add(lesson.at as u64);
        if let Some(item) = material::of_quotes(shelf, &subject, &shown, (1, seed))?.pop() {
            return Ok((shown, Some(item)));
        }
        let all = explain::all_quotes(shelf, lesson, lesson.step())?;
        let Some(item) = material::of_quotes(shelf, &subject, &all, (1, seed))?.pop() else { return Ok((shown, None)) };
        Ok(match explain::with_sentence(&shown, &all, &item.question.source.quote) {
            Some(with_it) => (with_it, Some(item)),
            None => (shown, None),
        })
    }

    fn show_example(&mut self, example: &Quote) {
        self.draft.paragraph();
        self.draft.say("**For example:**");
        self.draft.cite(std::slice::from_ref(example));
        self.draft.quote_block(std::slice::from_ref(example));
    }

    /// Notes how hard the shown sentences are to read.
    fn grade_reading(&mut self, quotes: &[Quote]) {
        let text: String = quotes.iter().map(|quote| quote.text.as_str()).collect::<Vec<_>>().join(" ");
        if let Some(lesson) = &mut self.session.lesson {
            lesson.reading_grade = readability::reading_grade(&text);
        }
    }

    /// The sentences of the step the lesson stands at; `None` where its book has changed under it.
    fn quotes_of(&self, lesson: &Lesson) -> Result<Option<Vec<Quote>>, TutorError> {
        let quotes = explain::quotes(&*self.tutor.shelf, lesson, lesson.step())?;
        Ok(Some(quotes).filter(|quotes| !quotes.is_empty()))
    }

    fn replan(&mut self, topic: &str) -> Result<bool, TutorError> {
        (self.session.lesson, self.session.quiz) = (None, None);
        self.session.mode = Mode::Idle;
        self.session.current_topic = None;
        match plan::plan(&*self.tutor.shelf, topic)? {
            Some(lesson) if self.quotes_of(&lesson)?.is_some() => {
                self.draft.say("The book has changed since we began, so we start this lesson again.\n\n");
                self.start(topic)
            }
            _ => {
                self.draft.say("The book of this lesson is no longer here, so the lesson ends.");
                Ok(false)
            }
        }
    }

    /// The step in fewer and plainer words; asked again, the words that may be the hard ones; then an example.
    pub(super) fn simpler(&mut self) -> Result<bool, TutorError> {
        let Some(lesson) = self.session.lesson.clone() else {
            return self.small_talk("Tell me what you would like to have explained.");
        };
        let Some(quotes) = self.quotes_of(&lesson)? else { return self.replan(&lesson.topic) };
        if let Some(lesson) = &mut self.session.lesson {
            lesson.simpler += 1;
        }
        let title = &lesson.step().section.title;
        match lesson.simpler {
            0 => {}
            1 if self.hard_words(&lesson, &quotes)? => return Ok(true),
            _ => {
                let page = &lesson.step().page_label;
                let ways = [
                    "Let us read slowly, one sentence at a time. Tell me the first word that you do not know: “what is …?”.",
                    "Here is one sentence alone. Say it to a friend in your own words; what is missing?",
                    "Take this sentence only. Which word in it is new?",
                ];
                let line = vary(lesson.simpler.into(), &ways);
                self.draft.say(&format!("{line} It is on page {page} of *{}*:", lesson.book.title));
                let all = explain::all_quotes(&*self.tutor.shelf, &lesson, lesson.step())?;
                let plainest = explain::plainest(&all, 3);
                let one = &plainest[lesson.simpler as usize % plainest.len()..][..1];
                self.draft.cite(one);
                self.draft.quote_block(one);
                return Ok(true);
            }
        }
        let all = explain::all_quotes(&*self.tutor.shelf, &lesson, lesson.step())?;
        let plainest = explain::plainest(&all, 2);
        self.draft.cite(&plainest);
        self.draft.say(&format!("The main point of **{title}**, slowly."));
        self.draft.quote_block(&plainest);
        self.in_simple_words(&plainest, "**That is:**");
        self.draft.paragraph();
        self.draft.say(vary(
            self.session.turns,
            &[
                "Which word is new to you? Ask me “what is …?”.",
                "Say **simpler** again, or **example**, if it is still hard.",
            ],
        ));
        Ok(true)
    }

    /// An example for the step.
    pub(super) fn example(&mut self) -> Result<bool, TutorError> {
        let Some(lesson) = self.session.lesson.clone() else {
            return self.small_talk("Of what would you like an example? Ask me about it.");
        };
        let shelf = &*self.tutor.shelf;
        let found = match explain::example(shelf, lesson.step(), &[], Near::Step)? {
            Some(found) => Some(found),
            None => explain::example(shelf, lesson.step(), &[], Near::Section)?,
        };
        let Some(example) = found else {
            let page = &lesson.step().page_label;
            self.draft.say(&format!(
                "The book gives no example here. Look at the pictures and exercises near page {page}, or say **simpler**."
            ));
            return Ok(false);
        };
        self.draft.say("Here is an example from the book:");
        self.draft.cite(std::slice::from_ref(&example));
        self.draft.quote_block(std::slice::from_ref(&example));
        self.draft.paragraph();
        self.draft.say("Ask me about it, or say **continue**.");
        Ok(true)
    }

    pub(super) fn plan(&mut self) -> Result<bool, TutorError> {
        let Some(lesson) = &self.session.lesson else {
            return self.small_talk("We have no lesson running.");
        };
        let mut text = format!("**{}**, from *{}*:", lesson.topic, lesson.book.title);
        for (i, step) in lesson.steps.iter().enumerate() {
            let mark = match i {
                i if i == lesson.at => " **← we are here**",
                i if i <= lesson.furthest => " ✓",
                _ => "",
            };
            text.push_str(&format!("\n{}. {} {}{mark}", i + 1, step.section.title, page_mark(&step.page_label)));
        }
        if !lesson.open.is_empty() {
            let open: String = lesson.open.iter().map(|question| format!("\n- {question}")).collect();
            text.push_str(&format!("\n\nStill open:{open}"));
        }
        self.draft.say(&text);
        Ok(false)
    }

    pub(super) fn stop(&mut self) -> Result<bool, TutorError> {
        self.session.quiz = None;
        if let Some(lesson) = self.session.lesson.take() {
            self.draft.say(&format!("We stop the lesson on **{}** here. ", lesson.topic));
            self.session.learned = Some(lesson.topic);
        }
        self.session.mode = Mode::Idle;
        self.session.current_topic = None;
        self.small_talk("")
    }

    /// Back to the lesson, where it stood: one sentence.
    pub(super) fn resume(&mut self) -> Result<(), TutorError> {
        let Some(lesson) = self.session.lesson.clone() else { return Ok(()) };
        let quizzed = self.session.quiz.as_ref().is_some_and(|quiz| quiz.purpose != Purpose::Check);
        if quizzed {
            // The question comes first; the lesson waits for the end of the quiz.
            return Ok(());
        }
        self.session.mode = Mode::Teaching;
        self.session.current_topic = Some(lesson.topic.clone());
        let place = lesson.place();
        let title = &lesson.step().section.title;
        let at = format!("step {} of {}, “{title}”", place.step, place.total);
        let topic = &place.title;
        let line = match self.session.turns % 3 {
            0 => format!("Now back to our lesson on **{topic}**: we were at {at}."),
            1 => format!("So, on with **{topic}**; this was {at}."),
            _ => format!("Back to our lesson on **{topic}**, {at}."),
        };
        self.draft.paragraph();
        self.draft.say(&line);
        let is_checked = self.session.quiz.as_ref().is_some_and(|quiz| quiz.purpose == Purpose::Check);
        if !is_checked {
            self.draft.say(" Say **continue** when you are ready.");
        }
        Ok(())
    }

    /// One line that names the running lesson, where there is one.
    pub(super) fn resume_line(&mut self) {
        if self.session.quiz.is_some() {
            return;
        }
        if let Some(lesson) = &self.session.lesson {
            let place = lesson.place();
            let line = format!(
                "Our lesson on **{}** waits at step {} of {}: say **continue**.",
                place.title, place.step, place.total
            );
            self.draft.paragraph();
            self.draft.say(&line);
        }
    }
}

/// The plan that a lesson begins with.
fn beginning(lesson: &Lesson) -> String {
    let steps = match lesson.steps.len() {
        1 => "one step".to_owned(),
        total => format!("{total} steps, about {total} minutes"),
    };
    let mut text = format!("**Lesson: {}**\nFrom *{}*, in {steps}.", lesson.topic, lesson.book.title);
    let outline = lesson.outline();
    if outline.len() > 1 {
        text.extend(outline.iter().take(MAX_OUTLINE).map(|title| format!("\n- {title}")));
        if outline.len() > MAX_OUTLINE {
            text.push_str(&format!("\n- and {} more", outline.len() - MAX_OUTLINE));
        }
    }
    if !lesson.terms.is_empty() {
        text.push_str(&format!("\n\nYou will learn what these words mean: {}.", lesson.terms.join(", ")));
    }
    if let Some(need) = lesson.needs.first() {
        let pages: Vec<String> =
            lesson.needs.iter().map(|need| format!("{} {}", need.term, page_mark(&need.page_label))).collect();
        text.push_str(&format!("\n\nIt helps to know from “{}” on: {}.", need.section, pages.join(", ")));
    }
    text
}
