//! What a student's message asks for, by rules alone: no model call, the same answer every time.

use super::words;

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

/// Phrases that ask for the same.
type Group = (&'static [&'static str], fn() -> Intent);

/// Phrases that are the whole message, once politeness and punctuation are taken off.
const WHOLE: &[Group] = &[
    (
        &[
            "continue", "next", "go on", "go ahead", "carry on", "keep going", "proceed", "more", "next step",
            "next page", "next part", "next section", "continue the lesson", "continue lesson",
            "continue with the lesson", "lets continue", "let us continue", "can we continue", "lets go on",
            "lets move on", "move on", "resume", "resume the lesson", "back to the lesson", "go back to the lesson",
            "ok", "okay", "k", "yes", "yep", "yeah", "sure", "got it", "i got it", "i understand", "understood",
            "i see", "ready", "im ready", "i am ready", "done", "alright", "all right", "fine", "ok next",
            "ok continue", "okay continue", "yes continue", "ok go on", "what next", "whats next", "what is next",
            "what comes next", "and then", "contine", "continu", "cont", "nxt",
        ],
        || Intent::Continue,
    ),
    (
        &[
            "back", "go back", "previous", "previous step", "previous page", "step back", "one step back", "last step",
            "the step before",
        ],
        || Intent::Back,
    ),
    (
        &[
            "repeat", "again", "once more", "one more time", "say that again", "say it again", "repeat that",
            "repeat it", "repeat the step", "show me again", "can you repeat that", "can you repeat",
            "what did you say", "come again",
        ],
        || Intent::Repeat,
    ),
    (
        &[
            "simpler", "explain simpler", "explain more simply", "explain it more simply", "explain that more simply",
            "explain simply", "make it simpler", "in simple words", "in simpler words", "simple words",
            "i dont understand", "i do not understand", "i didnt understand", "i dont get it", "i dont get this",
            "i am confused", "im confused", "confused", "im lost", "i am lost", "too hard", "this is too hard",
            "its too hard", "too difficult", "huh", "what does that mean", "what do you mean", "explain again",
            "explain it again", "explain that again", "easier", "can you explain that",
            "can you explain it more simply", "explain it like im five", "eli5", "help me understand",
            "i dont understand this", "i dont understand that", "i dont understand it",
        ],
        || Intent::Simpler,
    ),
    (
        &[
            "plan", "the plan", "show the plan", "show me the plan", "where are we", "where am i",
            "what are we learning", "what step is this", "which step are we on", "how many steps",
            "how many steps are left", "how long is this lesson", "progress", "lesson plan",
        ],
        || Intent::Plan,
    ),
    (
        &[
            "stop", "stop the lesson", "stop lesson", "end", "end the lesson", "end lesson", "quit", "quit the lesson",
            "exit", "leave the lesson", "finish the lesson", "enough", "thats enough", "no more", "cancel",
            "i want to stop", "no", "nope", "not now", "lets stop", "pause",
        ],
        || Intent::Stop,
    ),
    (
        &[
            "hi", "hello", "hey", "hi there", "hello there", "hey there", "good morning", "good afternoon",
            "good evening", "namaste", "hola", "bonjour", "salut", "hallo", "yo", "hi tutor", "hello tutor",
            "how are you", "how are you today", "whats up", "sup",
        ],
        || Intent::Greeting,
    ),
    (
        &[
            "thanks", "thank you", "thank you very much", "thanks a lot", "thank you so much", "thx", "ty",
            "many thanks", "cool", "great", "nice", "awesome", "good job", "well done", "that was helpful",
            "thats helpful", "merci", "gracias",
        ],
        || Intent::Thanks,
    ),
    (&["bye", "goodbye", "bye bye", "see you", "see you later", "good night", "cya", "see you tomorrow"], || {
        Intent::Goodbye
    }),
    (
        &[
            "help", "what can you do", "what can i do", "what can you teach", "what can you teach me",
            "what can i learn", "what do you know", "what do you teach", "what books do you have",
            "which books do you have", "what books are there", "what books", "books", "list books", "show books",
            "show me the books", "list the books", "list topics", "topics", "show topics", "what topics are there",
            "what topics do you have", "what is there to learn", "how does this work", "how do i use this",
            "how do you work", "who are you", "what are you", "what is your name", "whats your name",
            "what should i learn", "suggest a topic", "suggest something", "what else", "menu",
        ],
        || Intent::Help,
    ),
    (
        &[
            "quiz", "quiz me", "test me", "give me a quiz", "ask me a question", "ask me questions",
            "test my knowledge", "start a quiz",
        ],
        || Intent::Quiz(String::new()),
    ),
];

/// Beginnings that ask for a lesson; the rest is the topic.
const TEACH: &[&str] = &[
    "teach me about", "teach me the", "teach me how", "teach me", "teach us about", "teach us", "teach about", "teach",
    "i want to learn about", "i want to learn how", "i want to learn", "i want to study", "i want to know about",
    "i want to understand", "i wanna learn about", "i wanna learn", "i would like to learn about",
    "i would like to learn", "i would like to study", "id like to learn about", "id like to learn",
    "i need to learn about", "i need to learn", "i need to study", "help me learn about", "help me learn",
    "help me study", "help me understand", "help me with", "lets learn about", "lets learn", "lets study",
    "lets start with", "lets start", "let us learn about", "let us learn", "lets talk about", "start a lesson about",
    "start a lesson on", "start the lesson on", "start lesson on", "start lesson", "start with", "give me a lesson on",
    "give me a lesson about", "a lesson on", "a lesson about", "lesson on", "lesson about", "begin a lesson on",
    "learn about", "learn", "study", "explain to me about", "introduce me to", "an introduction to", "introduction to",
    "walk me through", "tell me everything about", "tell me all about", "tell me about", "tell me more about",
    "show me how", "start",
];

/// Words of a topic at most; what a student writes behind them is no topic.
const MAX_TOPIC_WORDS: usize = 16;

/// Words taken off the front of a message before it is read.
const POLITE: &[&str] = &[
    "please", "pls", "plz", "hey", "hi", "hello", "ok", "okay", "so", "well", "now", "then", "and", "um", "uh",
    "tutor", "lectern", "sir", "madam", "miss", "teacher", "yes", "yeah", "sure", "alright", "great", "thanks",
    "thank you", "cool", "can you please", "could you please", "would you please", "can you", "could you", "would you",
    "will you",
];

/// First words of a question.
const ASKING: &[&str] = &[
    "what", "whats", "who", "whos", "whom", "whose", "when", "where", "wheres", "which", "why", "how", "hows", "is",
    "are", "was", "were", "do", "does", "did", "can", "could", "should", "would", "will", "has", "have", "had", "may",
    "might", "define", "explain", "describe", "name", "list", "give", "state", "compare", "calculate", "tell", "show",
    "meaning", "definition", "difference", "in", "qué", "que", "quién", "quien", "cuándo", "cuando", "dónde", "donde",
    "cómo", "como", "pourquoi", "quand", "où", "qui", "quoi", "comment", "quel", "quelle", "क्या", "कौन", "कब", "कहाँ",
    "क्यों", "कैसे",
];

/// Letters, digits and single spaces in lower case; apostrophes dropped ("don't" is "dont").
fn plain(message: &str) -> String {
    let letters: String = message
        .to_lowercase()
        .chars()
        .filter(|c| !matches!(c, '\'' | '’' | '`'))
        .map(|c| if c.is_alphanumeric() || unicode_mark(c) { c } else { ' ' })
        .collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Vowel signs of Indic scripts are no letters to Rust, but part of the word.
fn unicode_mark(c: char) -> bool {
    matches!(u32::from(c), 0x0900..=0x0D7F | 0x0300..=0x036F)
}

fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    match text.strip_prefix(prefix)? {
        "" => Some(""),
        rest => rest.strip_prefix(' '),
    }
}

fn without_politeness(mut text: &str) -> &str {
    loop {
        let shorter = POLITE
            .iter()
            .filter_map(|word| without_prefix(text, word))
            .filter(|rest| !rest.is_empty())
            .min_by_key(|r| r.len());
        match shorter {
            Some(rest) => text = rest,
            None => break,
        }
    }
    for tail in [" please", " pls", " plz", " now", " to me", " for me"] {
        text = text.strip_suffix(tail).unwrap_or(text);
    }
    text
}

fn whole(text: &str) -> Option<Intent> {
    WHOLE.iter().find(|(phrases, _)| phrases.contains(&text)).map(|(_, intent)| intent())
}

/// The topic as the student wrote it, capitals and apostrophes included.
fn as_written(message: &str, plain_topic: &str) -> String {
    const SMALL: &[&str] =
        &["the", "a", "an", "of", "about", "how", "to", "what", "is", "are", "something", "some", "more"];
    let mut topic: Vec<&str> = plain_topic.split(' ').filter(|word| !word.is_empty()).collect();
    while topic.first().is_some_and(|word| SMALL.contains(word)) {
        topic.remove(0);
    }
    topic.truncate(MAX_TOPIC_WORDS);
    let wanted = topic.join(" ");
    let written: Vec<&str> = message.split_whitespace().collect();
    // The stretch of the message that reads like the topic, the last one where there are several.
    let stretches = (0..written.len()).rev().flat_map(|from| {
        let longest = (from + topic.len()).min(written.len());
        (from + 1..=longest).map(move |to| (from, to))
    });
    stretches
        .map(|(from, to)| written[from..to].join(" "))
        .find(|stretch| plain(stretch) == wanted)
        .map_or(wanted.clone(), |found| {
            found.trim_matches(|c: char| !c.is_alphanumeric() && !unicode_mark(c)).to_owned()
        })
}

/// Reads a message.
#[must_use]
pub fn classify(message: &str, situation: Situation) -> Intent {
    let in_lesson = situation.in_lesson;
    let all = plain(message);
    if let Some(intent) = whole(&all) {
        return settle(intent, in_lesson);
    }
    let text = without_politeness(&all);
    if let Some(intent) = whole(text) {
        return settle(intent, in_lesson);
    }
    let asked = message.trim_end().ends_with(['?', '？', '؟']);
    let topic = TEACH.iter().filter_map(|start| without_prefix(text, start)).min_by_key(|rest| rest.len());
    if let Some(topic) = topic {
        return Intent::Teach(as_written(message, topic));
    }
    let first = text.split(' ').next().unwrap_or_default();
    if asked || (ASKING.contains(&first) && text.contains(' ')) {
        return Intent::Question;
    }
    if words::words(message).next().is_none() { Intent::Other } else { question_or_other(message) }
}

/// "yes" and "no" mean something only where something runs.
fn settle(intent: Intent, in_lesson: bool) -> Intent {
    match intent {
        Intent::Stop if !in_lesson => Intent::Goodbye,
        other => other,
    }
}

/// A bare noun phrase ("photosynthesis", "the second law") asks for what the books say of it; a sentence about the
/// student does not.
fn question_or_other(message: &str) -> Intent {
    let text = plain(message);
    let about_self = ["i ", "im ", "my ", "you ", "youre ", "we ", "this is ", "it is ", "its ", "thats "];
    let count = text.split(' ').count();
    if count <= 6 && !about_self.iter().any(|start| text.starts_with(start)) && !words::content_set(message).is_empty()
    {
        Intent::Question
    } else {
        Intent::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_as_students_write_them() {
        let teach = |topic: &str| Intent::Teach(topic.to_owned());
        let cases = [
            ("teach me about the Indus Valley", teach("Indus Valley")),
            ("Teach me about Indus Valley!", teach("Indus Valley")),
            ("please teach me about readable streams", teach("readable streams")),
            ("Can you teach me Newton's laws?", teach("Newton's laws")),
            ("hi, i want to learn about self-locking nuts", teach("self-locking nuts")),
            ("I'd like to learn about waves", teach("waves")),
            ("tell me about waves", teach("waves")),
            ("teach me", teach("")),
            ("lets study gravity please", teach("gravity")),
            ("continue", Intent::Continue),
            ("Continue.", Intent::Continue),
            ("ok, go on please", Intent::Continue),
            ("yes", Intent::Continue),
            ("What's next?", Intent::Continue),
            ("go back", Intent::Back),
            ("say that again?", Intent::Repeat),
            ("I don't understand", Intent::Simpler),
            ("huh?", Intent::Simpler),
            ("explain more simply", Intent::Simpler),
            ("where are we?", Intent::Plan),
            ("stop the lesson", Intent::Stop),
            ("no", Intent::Stop),
            ("What is a stream?", Intent::Question),
            ("what is a stream", Intent::Question),
            ("who was he?", Intent::Question),
            ("Explain the second law", Intent::Question),
            ("when did the war begin", Intent::Question),
            ("photosynthesis", Intent::Question),
            ("difference between mass and weight", Intent::Question),
            ("hello", Intent::Greeting),
            ("Hi there!", Intent::Greeting),
            ("thank you so much!", Intent::Thanks),
            ("bye", Intent::Goodbye),
            ("help", Intent::Help),
            ("what can you do?", Intent::Help),
            ("what books do you have?", Intent::Help),
            ("quiz me", Intent::Quiz(String::new())),
            ("my dog is sick today and I am sad about it", Intent::Other),
            ("", Intent::Other),
            ("...", Intent::Other),
            ("🙂", Intent::Other),
        ];
        for (message, expected) in cases {
            assert_eq!(classify(message, Situation { in_lesson: true, is_asked: false }), expected, "{message:?}");
        }
    }

    #[test]
    fn no_lesson_means_nothing_to_stop() {
        assert_eq!(classify("stop", Situation::default()), Intent::Goodbye);
        assert_eq!(classify("stop", Situation { in_lesson: true, is_asked: false }), Intent::Stop);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(message in "\\PC{0,200}", in_lesson: bool) {
            let _ = classify(&message, Situation { in_lesson, is_asked: false });
        }
    }
}
