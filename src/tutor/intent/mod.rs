//! What a student's message asks for: rules over its words, weighed against what its words and its meaning say by the
//! labelled messages. No language model, the same answer every time.

mod meaning;
mod phrases;
mod plain;
mod rules;
#[cfg(test)]
mod tests;
mod topic;
mod utterances;
mod weights;

pub(crate) use meaning::read;
pub use meaning::{Examples, read_by};
pub use utterances::{Utterance, UtteranceSet, utterances};

/// What a message asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// A lesson; the topic is empty where none was named.
    Teach(String),
    /// The next step.
    Continue,
    /// The step before.
    Back,
    /// The same step again.
    Repeat,
    /// The same step in simpler words.
    Simpler,
    /// An example of what the step says.
    Example,
    /// Another place of the lesson.
    Jump(Jump),
    /// Where the lesson stands and what comes.
    Plan,
    /// To end the lesson.
    Stop,
    /// Something specific, to be answered from the books.
    Question,
    /// An answer to the question that the tutor asked.
    Answer,
    /// Help with the question that the tutor asked.
    Hint,
    /// To be told the answer, or to leave the question: "I don't know".
    GiveUp,
    /// To be quizzed on a topic; empty where none was named.
    Quiz(String),
    /// To go over what was learned before.
    Review,
    /// What the student knows by now.
    Progress,
    /// A greeting.
    Greeting,
    /// The student's name.
    Name(String),
    /// Thanks.
    Thanks,
    /// A farewell.
    Goodbye,
    /// What the tutor can do, or what the books hold.
    Help,
    /// Something weighs on the student that a grown-up should hear of.
    Distress,
    /// Rude or hurtful words.
    Abuse,
    /// None of these.
    Other,
}

/// Where to go in a lesson.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Jump {
    /// A step, from 1.
    Step(usize),
    /// A place the book names: "chapter 2", "section 3.1".
    Place(String),
    /// Past what is before the student now: the step, or the question.
    Skip,
    /// The first step.
    Start,
    /// The last step.
    End,
}

/// What runs when a message comes; it decides what a bare "yes" or "B" means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Situation {
    /// A lesson runs.
    pub in_lesson: bool,
    /// The tutor has asked something that waits for its answer.
    pub is_asked: bool,
}

/// Reads a message by its words, without an embedder.
#[must_use]
pub fn classify(message: &str, situation: Situation) -> Intent {
    meaning::read_words(message, situation)
}
