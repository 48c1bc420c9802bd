//! A turn's lesson half: starting one, moving in it, saying a step, coming back to it.

use super::draft::{Quote, page_mark};
use super::teacher::Turn;
use super::turn::{Mode, State, TutorError};
use super::{Lesson, explain, lesson, prompt, talk};

impl Turn<'_> {
    pub(super) fn start(&mut self, topic: &str) -> Result<bool, TutorError> {
        self.draft.status(State::Searching, None);
        let Some(lesson) = lesson::plan(&*self.tutor.shelf, topic)? else {
            let topics = self.topics()?;
            self.draft.say(&talk::topic_not_in_books(topic, &topics));
            self.resume_line();
            if self.session.lesson.is_none() {
                (self.session.mode, self.session.current_topic) = (Mode::Idle, None);
            }
            return Ok(false);
        };
        let total = lesson.steps.len();
        let steps = if total == 1 { "one step".to_owned() } else { format!("{total} steps") };
        self.draft.say(&format!("**Lesson: {}**\nFrom *{}*, in {steps}.", lesson.topic, lesson.book.title));
        let outline = lesson.outline();
        if outline.len() > 1 {
            let list: String = outline.iter().map(|title| format!("\n- {title}")).collect();
            self.draft.say(&list);
        }
        self.session.mode = Mode::Teaching;
        self.session.current_topic = Some(lesson.topic.clone());
        self.session.lesson = Some(lesson);
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
        lesson.at = lesson.at.saturating_add_signed(by).min(lesson.steps.len() - 1);
        self.session.mode = Mode::Teaching;
        self.teach_step()
    }

    fn finish_lesson(&mut self) -> Result<bool, TutorError> {
        let Some(lesson) = self.session.lesson.take() else { return Ok(false) };
        let from = &lesson.steps[0].page_label;
        self.draft.say(&format!(
            "Well done! That was the whole lesson on **{}**, from *{}*, page {from} on.",
            lesson.topic, lesson.book.title
        ));
        let outline: String = lesson.outline().iter().map(|title| format!("\n- {title}")).collect();
        self.draft
            .say(&format!("\n\nYou have read about:{outline}\n\nAsk me anything about it, or choose a new topic."));
        self.session.mode = Mode::Idle;
        self.session.current_topic = None;
        Ok(false)
    }

    /// Shows the step the lesson stands at: the book's sentences, then the model's words for them.
    fn teach_step(&mut self) -> Result<bool, TutorError> {
        let Some(lesson) = self.session.lesson.clone() else { return Ok(false) };
        let Some(quotes) = self.quotes_of(&lesson)? else { return self.replan(&lesson.topic) };
        let (step, place) = (lesson.step(), lesson.place());
        self.draft.cite(&quotes);
        self.draft.paragraph();
        self.draft.say(&format!("### Step {} of {}: {}", place.step, place.total, step.section.title));
        self.draft.quote_block(&quotes);
        self.word(&prompt::explain(&quotes), "**In simple words:**", &quotes);
        self.draft.paragraph();
        self.draft.say(if lesson.is_at_end() {
            "This is the last step. Ask me anything about it, or say **continue** to finish."
        } else {
            "Say **continue** for the next step, or ask me anything about this one."
        });
        Ok(true)
    }

    /// The sentences of the step the lesson stands at; `None` where its book has changed under it.
    fn quotes_of(&self, lesson: &Lesson) -> Result<Option<Vec<Quote>>, TutorError> {
        let quotes = explain::quotes(&*self.tutor.shelf, lesson, lesson.step())?;
        Ok(Some(quotes).filter(|quotes| !quotes.is_empty()))
    }

    fn replan(&mut self, topic: &str) -> Result<bool, TutorError> {
        self.session.lesson = None;
        self.session.mode = Mode::Idle;
        self.session.current_topic = None;
        match lesson::plan(&*self.tutor.shelf, topic)? {
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

    pub(super) fn simpler(&mut self) -> Result<bool, TutorError> {
        let Some(lesson) = self.session.lesson.clone() else {
            return self.small_talk("Tell me what you would like to have explained.");
        };
        let Some(mut quotes) = self.quotes_of(&lesson)? else { return self.replan(&lesson.topic) };
        let title = lesson.step().section.title.clone();
        // The shortest two sentences are the plainest the book has; they keep its order.
        let mut by_length: Vec<usize> = (0..quotes.len()).collect();
        by_length.sort_by_key(|i| quotes[*i].text.len());
        by_length.truncate(2);
        let mut i = 0;
        quotes.retain(|_| {
            i += 1;
            by_length.contains(&(i - 1))
        });
        self.draft.cite(&quotes);
        self.draft.say(&format!("Let us take the main point of **{title}** slowly."));
        self.draft.quote_block(&quotes);
        self.word(&prompt::explain(&quotes), "**That is:**", &quotes);
        self.draft.paragraph();
        self.draft.say("Ask me about any word you do not know, or say **continue**.");
        Ok(true)
    }

    pub(super) fn plan(&mut self) -> Result<bool, TutorError> {
        let Some(lesson) = &self.session.lesson else {
            return self.small_talk("We have no lesson running.");
        };
        let mut text = format!("**{}**, from *{}*:", lesson.topic, lesson.book.title);
        for (i, step) in lesson.steps.iter().enumerate() {
            let here = if i == lesson.at { " **← we are here**" } else { "" };
            text.push_str(&format!("\n{}. {} {}{here}", i + 1, step.section.title, page_mark(&step.page_label)));
        }
        self.draft.say(&text);
        Ok(false)
    }

    pub(super) fn stop(&mut self) -> Result<bool, TutorError> {
        if let Some(lesson) = self.session.lesson.take() {
            self.draft.say(&format!("We stop the lesson on **{}** here. ", lesson.topic));
        }
        self.session.mode = Mode::Idle;
        self.session.current_topic = None;
        self.small_talk("")
    }

    /// Back to the lesson, where it stood.
    pub(super) fn resume(&mut self) -> Result<(), TutorError> {
        let Some(lesson) = self.session.lesson.clone() else { return Ok(()) };
        self.session.mode = Mode::Teaching;
        let place = lesson.place();
        self.draft.paragraph();
        self.draft.say(&format!(
            "Now back to our lesson on **{}**: we were at step {} of {}, “{}”.",
            place.title,
            place.step,
            place.total,
            lesson.step().section.title
        ));
        if let Some(quotes) = self.quotes_of(&lesson)? {
            let first = &quotes[..1];
            self.draft.cite(first);
            self.draft.quote_block(first);
        }
        self.draft.paragraph();
        self.draft.say("Say **continue** when you are ready.");
        Ok(())
    }

    /// One line that names the running lesson, where there is one.
    pub(super) fn resume_line(&mut self) {
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
