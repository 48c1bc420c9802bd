//! Messages of students, each with what it asks for: measured against, and the examples that unsure messages are
//! compared with.

use super::{Intent, Jump, Situation};
use serde::Deserialize;

/// Which part of the labelled messages: one may be looked at while rules are written, the others are measured only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UtteranceSet {
    /// Rules are written for it, and unsure messages compared with it.
    Tune,
    /// Written before the rules by the same hand: the phrases know its language better than any class does.
    Test,
    /// Written after the rules, which are not changed for it: what to expect of new students.
    Held,
}

/// A labelled message.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Utterance {
    /// What the student wrote.
    pub text: String,
    /// The name of its intent ([`Intent::name`]).
    pub intent: String,
    /// Topic, name or place, where the intent has one.
    #[serde(default)]
    pub topic: String,
    /// Whether a lesson ran.
    pub lesson: bool,
    /// Whether the tutor waited for an answer.
    pub asked: bool,
    /// Which part it belongs to.
    pub set: UtteranceSet,
    /// `en`, `hi`, `es` or `fr`.
    pub lang: String,
}

impl Utterance {
    /// The situation in which it was written.
    #[must_use]
    pub fn situation(&self) -> Situation {
        Situation { in_lesson: self.lesson, is_asked: self.asked }
    }
}

const DATA: &str = include_str!("../data/intents.jsonl");

/// All labelled messages.
#[must_use]
pub fn utterances() -> Vec<Utterance> {
    DATA.lines().map(|line| serde_json::from_str(line).expect("a test reads every line")).collect()
}

impl Intent {
    /// All names of intents, in the order of the tables.
    pub const NAMES: &'static [&'static str] = &[
        "teach", "continue", "question", "other", "back", "repeat", "simpler", "example", "jump", "plan", "stop",
        "answer", "hint", "giveup", "quiz", "review", "progress", "greeting", "name", "thanks", "goodbye", "help",
        "distress", "abuse",
    ];

    /// The intent's name in data and tables.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Teach(_) => "teach",
            Self::Continue => "continue",
            Self::Back => "back",
            Self::Repeat => "repeat",
            Self::Simpler => "simpler",
            Self::Example => "example",
            Self::Jump(_) => "jump",
            Self::Plan => "plan",
            Self::Stop => "stop",
            Self::Question => "question",
            Self::Answer => "answer",
            Self::Hint => "hint",
            Self::GiveUp => "giveup",
            Self::Quiz(_) => "quiz",
            Self::Review => "review",
            Self::Progress => "progress",
            Self::Greeting => "greeting",
            Self::Name(_) => "name",
            Self::Thanks => "thanks",
            Self::Goodbye => "goodbye",
            Self::Help => "help",
            Self::Distress => "distress",
            Self::Abuse => "abuse",
            Self::Other => "other",
        }
    }

    /// The topic, name or place that it holds, as it stands in the data; empty where it holds none.
    #[must_use]
    pub fn topic(&self) -> String {
        match self {
            Self::Teach(topic) | Self::Quiz(topic) | Self::Name(topic) | Self::Jump(Jump::Place(topic)) => {
                topic.clone()
            }
            Self::Jump(Jump::Step(n)) => format!("step {n}"),
            Self::Jump(Jump::Skip) => "skip".to_owned(),
            Self::Jump(Jump::Start) => "start".to_owned(),
            Self::Jump(Jump::End) => "end".to_owned(),
            _ => String::new(),
        }
    }

    /// The intent of that name, where it holds nothing more.
    #[must_use]
    pub(crate) fn bare(name: &str) -> Option<Self> {
        Some(match name {
            "continue" => Self::Continue,
            "question" => Self::Question,
            "other" => Self::Other,
            "back" => Self::Back,
            "repeat" => Self::Repeat,
            "simpler" => Self::Simpler,
            "example" => Self::Example,
            "plan" => Self::Plan,
            "stop" => Self::Stop,
            "answer" => Self::Answer,
            "hint" => Self::Hint,
            "giveup" => Self::GiveUp,
            "review" => Self::Review,
            "progress" => Self::Progress,
            "greeting" => Self::Greeting,
            "thanks" => Self::Thanks,
            "goodbye" => Self::Goodbye,
            "help" => Self::Help,
            "distress" => Self::Distress,
            "abuse" => Self::Abuse,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_labelled_message_is_well_formed() {
        let mut seen = HashSet::new();
        for line in DATA.lines() {
            let one: Utterance = serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert!(Intent::NAMES.contains(&one.intent.as_str()), "{line}");
            assert!(["en", "hi", "es", "fr"].contains(&one.lang.as_str()), "{line}");
            assert!(
                !one.text.trim().is_empty()
                    && (one.topic.is_empty() || one.text.contains(&one.topic) || one.intent == "jump"),
                "{line}"
            );
            assert!(seen.insert((one.text.to_lowercase(), one.lesson, one.asked)), "twice: {line}");
        }
        assert!(seen.len() >= 460);
    }
}
