//! The rules: phrases first, then how sentences begin. They say themselves where they only guess.

use super::phrases::{Hit, Kind, Phrases, phrases};
use super::plain::{self, Token};
use super::topic;
use super::{Intent, Jump, Situation};
use crate::tutor::words;

/// What the rules make of a message, and whether they are sure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) intent: Intent,
    pub(super) is_sure: bool,
}

fn sure(intent: Intent) -> Reading {
    Reading { intent, is_sure: true }
}

fn guess(intent: Intent) -> Reading {
    Reading { intent, is_sure: false }
}

/// A message that is being read.
pub(super) struct Text<'a> {
    pub(super) message: &'a str,
    pub(super) tokens: Vec<Token>,
    pub(super) phrases: &'static Phrases,
    pub(super) situation: Situation,
}

/// Words of a command at most, where not all of them are known.
const MAX_LOOSE: usize = 16;
/// Words of a bare phrase that may be a question.
const MAX_BARE: usize = 6;
/// Parts of a message that are read one by one.
const MAX_PARTS: usize = 12;

/// Reads a message.
pub(super) fn read(message: &str, situation: Situation) -> Reading {
    let text = Text::new(message, situation);
    if text.tokens.is_empty() {
        return sure(Intent::Other);
    }
    if let Some(intent) = text.care() {
        return sure(intent);
    }
    if let Some(intent) = text.covered() {
        return sure(intent);
    }
    if !situation.is_asked
        && let Some(reading) = text.by_parts()
    {
        return reading;
    }
    text.whole()
}

impl<'a> Text<'a> {
    pub(super) fn new(message: &'a str, situation: Situation) -> Self {
        Self { message, tokens: plain::read(message, phrases()), phrases: phrases(), situation }
    }

    fn of(&self, part: &'a str) -> Self {
        Self::new(part, self.situation)
    }

    /// Something that a grown-up should hear of, or rude words. Words of a book are neither: they speak of others.
    fn care(&self) -> Option<Intent> {
        const SELF: &[&str] = &["i", "im", "me", "my", "us", "we", "myself", "our"];
        let hits = self.phrases.loose(&self.tokens);
        let of_self = self.tokens.iter().any(|token| SELF.contains(&token.text.as_str()));
        if hits.iter().any(|hit| hit.kind == Kind::Distress && (of_self || !hit.is_english)) {
            return Some(Intent::Distress);
        }
        let rude = hits.iter().any(|hit| hit.kind == Kind::Abuse);
        let addressed = matches!(self.tokens.as_slice(), [first, second, ..] if first.text == "you" && second.text == "are")
            && self.phrases.all(&self.tokens).iter().any(|hit| hit.kind == Kind::Abuse);
        ((rude && !self.asks()) || addressed).then_some(Intent::Abuse)
    }

    /// What the message says where all of it is phrases and fillers.
    fn covered(&self) -> Option<Intent> {
        if let Some(hits) = self.phrases.cover(&self.tokens, None)
            && !(self.begins_with_verb() && hits.first().is_some_and(|hit| hit.kind == Kind::Filler))
        {
            let asked = self.tokens.len() - self.matter().len();
            let is_asking = !self.requests() && self.phrases.longest(&self.tokens, asked, &[Kind::Asking]).is_some();
            // "what is it" is no "what?": a question word counts only as the beginning of a phrase.
            let begins = hits.iter().any(|hit| hit.from <= asked && hit.to > asked + 1 && hit.kind != Kind::Filler);
            if !is_asking || begins || self.tokens.len() == asked + 1 {
                return self.strongest(&hits);
            }
        }
        let hits = self.phrases.cover(&self.tokens, Some(Kind::AbuseFiller))?;
        hits.iter().any(|hit| hit.kind == Kind::Abuse).then_some(Intent::Abuse)
    }

    /// "is this the end" is no command.
    fn begins_with_verb(&self) -> bool {
        matches!(
            self.tokens[0].text.as_str(),
            "is" | "are" | "was" | "were" | "does" | "did" | "has" | "have" | "should"
        )
    }

    fn strongest(&self, hits: &[Hit]) -> Option<Intent> {
        let hit = hits.iter().max_by_key(|hit| (self.weight(hit), hit.to - hit.from, hit.from))?;
        self.settle(hit.kind)
    }

    /// "ok thank you" is thanks, "great, yes" is not.
    fn weight(&self, hit: &Hit) -> u8 {
        let thanks = self.tokens[hit.from..hit.to].iter().any(|token| token.text.starts_with("thank"));
        if hit.kind == Kind::Thanks && thanks { 4 } else { rank(hit.kind) }
    }

    /// What a phrase asks for here.
    fn settle(&self, kind: Kind) -> Option<Intent> {
        let Situation { in_lesson, is_asked, .. } = self.situation;
        Some(match kind {
            Kind::Filler | Kind::Agree | Kind::Refuse if is_asked => Intent::Answer,
            Kind::Agree | Kind::Continue => Intent::Continue,
            Kind::Refuse | Kind::Stop if in_lesson || is_asked => Intent::Stop,
            Kind::Refuse | Kind::Stop | Kind::Goodbye => Intent::Goodbye,
            Kind::Greeting => Intent::Greeting,
            Kind::Thanks => Intent::Thanks,
            Kind::Back => Intent::Back,
            Kind::Repeat => Intent::Repeat,
            Kind::Simpler if is_asked && self.tokens.iter().any(|token| token.text == "stuck") => Intent::Hint,
            Kind::Simpler => Intent::Simpler,
            Kind::Example => Intent::Example,
            Kind::Skip => Intent::Jump(Jump::Skip),
            Kind::Start => Intent::Jump(Jump::Start),
            Kind::End => Intent::Jump(Jump::End),
            Kind::Plan => Intent::Plan,
            Kind::Help if is_asked => Intent::Hint,
            Kind::Help => Intent::Help,
            Kind::Hint => Intent::Hint,
            Kind::GiveUp if is_asked => Intent::GiveUp,
            Kind::Quiz => Intent::Quiz(String::new()),
            Kind::Review => Intent::Review,
            Kind::Progress => Intent::Progress,
            Kind::Teach if in_lesson && self.tokens.len() <= 2 && !self.starts_with("teach") => Intent::Continue,
            Kind::Teach => Intent::Teach(String::new()),
            // "I am stupid" is not said of the tutor.
            Kind::Abuse if self.tokens.iter().any(|token| token.text == "i") => Intent::Other,
            Kind::Abuse => Intent::Abuse,
            Kind::Distress => Intent::Distress,
            Kind::Chat | Kind::GiveUp | Kind::Filler => Intent::Other,
            _ => return None,
        })
    }

    fn starts_with(&self, word: &str) -> bool {
        self.tokens.first().is_some_and(|token| token.text == word)
    }

    /// Several sentences: what is said beside the matter is taken off; of several matters the last one counts.
    fn by_parts(&self) -> Option<Reading> {
        let mut parts = plain::clauses(self.message, plain::ends_part);
        if parts.len() < 2 || parts.len() > MAX_PARTS {
            return None;
        }
        let idle = |part: &&str| {
            let text = self.of(part);
            text.phrases.cover(&text.tokens, None).is_some_and(|hits| hits.iter().all(|hit| rank(hit.kind) <= 3))
        };
        let before = parts.len();
        while parts.last().is_some_and(|part| parts.len() > 1 && idle(part)) {
            parts.pop();
        }
        while parts.first().is_some_and(|part| parts.len() > 1 && (idle(part) || topic::is_name(&self.of(part)))) {
            parts.remove(0);
        }
        if parts.len() < before {
            let from = parts[0].as_ptr() as usize - self.message.as_ptr() as usize;
            let last = parts[parts.len() - 1];
            let to = last.as_ptr() as usize - self.message.as_ptr() as usize + last.len();
            return Some(read(self.message[from..to].trim(), self.situation));
        }
        let last = self.of(parts[parts.len() - 1]);
        if !self.asks() {
            let covered = last.covered().filter(|intent| !matches!(intent, Intent::Other));
            if let Some(intent) = covered.or_else(|| topic::teach(&last, topic::Strength::Strong)) {
                return Some(sure(intent));
            }
        }
        let sentences = plain::clauses(self.message, plain::ends_sentence);
        if sentences.len() < 2 {
            return None;
        }
        let readings = sentences.iter().map(|part| read(part.trim(), self.situation));
        readings.max_by_key(|reading| (reading.is_sure, reading.intent != Intent::Other))
    }

    /// The message as one sentence.
    fn whole(&self) -> Reading {
        if let Some(intent) = topic::jump(self) {
            return sure(intent);
        }
        if self.situation.is_asked {
            return sure(self.asked());
        }
        if let Some(intent) = topic::name(self) {
            return sure(intent);
        }
        let chat = self.phrases.loose(&self.tokens).into_iter().find(|hit| hit.kind == Kind::Chat);
        if chat.is_some() {
            return sure(Intent::Other);
        }
        let long = |hit: &Hit| hit.to - hit.from >= 4;
        if !self.asks()
            && self.phrases.loose(&self.tokens).iter().any(long)
            && let Some(intent) = self.loosely()
        {
            return sure(intent);
        }
        if let Some(intent) = topic::quiz(self).or_else(|| topic::teach(self, topic::Strength::Any)) {
            return sure(intent);
        }
        let is_talk =
            self.tokens.len() <= MAX_LOOSE && self.tokens.iter().all(|token| self.phrases.is_talk(&token.text));
        if self.asks() {
            // "how far have we got" names nothing that a book could speak of.
            if !is_talk {
                return sure(Intent::Question);
            }
            let asked_for = if self.requests() { self.among_talk() } else { None };
            return guess(asked_for.unwrap_or(Intent::Question));
        }
        if let Some(intent) = self.loosely() {
            return sure(intent);
        }
        if self.greets() {
            return sure(Intent::Greeting);
        }
        if is_talk && let Some(intent) = self.among_talk() {
            return guess(intent);
        }
        if self.is_question_mark() || self.asks_within() {
            return sure(Intent::Question);
        }
        self.bare()
    }

    /// A command among other words.
    fn loosely(&self) -> Option<Intent> {
        if self.tokens.len() > MAX_LOOSE {
            return None;
        }
        let hits = self.phrases.loose(&self.tokens);
        let hit = hits.iter().max_by_key(|hit| (hit.to - hit.from, hit.from))?;
        if hit.kind == Kind::GiveUp && !self.situation.is_asked {
            return None;
        }
        // "I don't understand fractions", where nothing runs, asks for what the books say of them.
        let names = || !words::content_set(self.message).is_empty() && self.tokens.len() > hit.to;
        if hit.kind == Kind::Simpler && !self.situation.in_lesson && !self.situation.is_asked && names() {
            return Some(Intent::Question);
        }
        self.settle(hit.kind)
    }

    /// "can we go back" and "explain it again" are wishes in the form of questions.
    fn requests(&self) -> bool {
        const FIRST: &[&str] = &["can", "could", "would", "will", "may", "show", "tell", "give", "explain"];
        FIRST.contains(&self.tokens[0].text.as_str())
            || self.matter().first().is_some_and(|token| FIRST.contains(&token.text.as_str()))
    }

    /// A greeting and whom it is for.
    fn greets(&self) -> bool {
        let hit = self.phrases.longest(&self.tokens, 0, &[Kind::Greeting]);
        hit.is_some_and(|hit| self.tokens.len() - hit.to <= 2) && !self.is_question_mark()
    }

    /// The command in a message that has no word of a subject.
    fn among_talk(&self) -> Option<Intent> {
        let hits = self.phrases.all(&self.tokens);
        let commands = hits.iter().filter(|hit| rank(hit.kind) >= 5 && (hit.kind as usize) < Kind::Teach as usize);
        let hit = commands.max_by_key(|hit| (hit.to - hit.from, rank(hit.kind), hit.from))?;
        self.settle(hit.kind)
    }

    /// While a question waits, what is neither a command nor a clear question is its answer.
    fn asked(&self) -> Intent {
        if let Some(intent) = topic::teach(self, topic::Strength::Strong) {
            return intent;
        }
        if self.asks_clearly() {
            return Intent::Question;
        }
        if let Some(intent) = topic::quiz(self).filter(|_| self.tokens.len() > 2 && !self.starts_with("practice")) {
            return intent;
        }
        let is_talk = self.tokens.len() > 2 && self.tokens.iter().all(|token| self.phrases.is_talk(&token.text));
        let wishes = self.phrases.all(&self.tokens).iter().any(|hit| {
            matches!(hit.kind, Kind::Hint | Kind::Skip | Kind::Repeat | Kind::Stop | Kind::GiveUp | Kind::Simpler)
        });
        let by_wish = || if is_talk && wishes { self.among_talk() } else { None };
        let said = self.loosely().or_else(by_wish);
        said.filter(|intent| *intent != Intent::Other).unwrap_or(Intent::Answer)
    }

    fn is_question_mark(&self) -> bool {
        self.message.trim_end().ends_with(['?', '？', '؟'])
    }

    /// The tokens behind greetings and politeness.
    pub(super) fn matter(&self) -> &[Token] {
        let mut from = 0;
        while let Some(hit) = self.phrases.longest(&self.tokens, from, &[Kind::AboutWish])
            && hit.to < self.tokens.len()
        {
            from = hit.to;
        }
        &self.tokens[from..]
    }

    /// Whether it begins as questions do.
    fn asks(&self) -> bool {
        let matter = self.matter();
        match self.phrases.longest(matter, 0, &[Kind::Asking]) {
            Some(hit) => {
                matter.len() > hit.to || self.is_question_mark() || matches!(matter[0].text.as_str(), "why" | "how")
            }
            None => self.asks_at_the_end(),
        }
    }

    /// Hindi asks within the sentence: "नदी क्या है".
    fn asks_at_the_end(&self) -> bool {
        (1..self.tokens.len()).any(|from| {
            self.phrases
                .longest(&self.tokens, from, &[Kind::Asking])
                .is_some_and(|hit| !hit.is_english && is_hindi(&self.tokens[from].text))
        })
    }

    /// Whether it is a question and no answer that begins with the same word ("when it rains").
    fn asks_clearly(&self) -> bool {
        const WORDS: &[&str] = &["what", "who", "why", "how", "when", "where", "which", "whose"];
        const VERBS: &[&str] = &[
            "is", "are", "was", "were", "do", "does", "did", "can", "could", "should", "would", "will", "has", "have",
            "many", "much", "happened", "happens", "causes", "means",
        ];
        const ORDERS: &[&str] = &["explain", "define", "describe", "summarise", "summarize", "meaning"];
        let matter = self.matter();
        let word = |i: usize| matter.get(i).map_or("", |token| token.text.as_str());
        if ORDERS.contains(&word(0)) && matter.len() > 1 {
            return true;
        }
        if WORDS.contains(&word(0)) {
            let by_verb =
                VERBS.contains(&word(1)) || (matches!(word(0), "what" | "which" | "who") && VERBS.contains(&word(2)));
            return by_verb || self.is_question_mark() || (word(0) == "why" && matter.len() > 1);
        }
        let hedged = matches!(word(1), "it" | "this" | "that" | "they" | "there");
        let asks = self.phrases.longest(matter, 0, &[Kind::Asking]).is_some();
        (asks && self.is_question_mark() && !hedged && matter.len() > 2)
            || (self.asks_at_the_end() && self.is_question_mark())
    }

    /// "i have no book so what is lava"
    fn asks_within(&self) -> bool {
        let pairs = self.tokens.windows(2).map(|pair| (pair[0].text.as_str(), pair[1].text.as_str()));
        let asking = |word: &str| matches!(word, "what" | "who" | "why" | "how" | "when" | "where" | "which");
        let verb = |word: &str| matches!(word, "is" | "are" | "was" | "were" | "do" | "does" | "did" | "can" | "many");
        pairs.into_iter().any(|(first, second)| asking(first) && verb(second))
    }

    /// A bare noun phrase ("photosynthesis", "the second law") asks for what the books say of it; a sentence about the
    /// student, or about anything else, does not.
    fn bare(&self) -> Reading {
        const TELLING: &[&str] = &[
            "i", "im", "my", "you", "we", "our", "he", "she", "am", "is", "are", "was", "were", "has", "have", "had",
            "it", "its", "thats", "me", "they", "theres", "us", "your", "will", "lets",
        ];
        let tells = self.tokens.iter().any(|token| TELLING.contains(&token.text.as_str()));
        let noise = self.tokens.iter().all(|token| is_noise(&token.text));
        let fits = self.tokens.len() <= MAX_BARE && !tells && !noise && !words::content_set(self.message).is_empty();
        guess(if fits { Intent::Question } else { Intent::Other })
    }
}

/// How much a phrase says beside others.
fn rank(kind: Kind) -> u8 {
    match kind {
        Kind::Filler | Kind::AbuseFiller => 0,
        Kind::Greeting => 1,
        Kind::Thanks => 2,
        Kind::Agree | Kind::Refuse => 3,
        Kind::Chat => 4,
        Kind::Goodbye | Kind::Continue => 5,
        _ => 6,
    }
}

fn is_hindi(word: &str) -> bool {
    const LATIN: &[&str] =
        &["kya", "kaun", "kab", "kahan", "kyun", "kyon", "kyu", "kaise", "kitna", "kitne", "kitni", "kisne", "kaunsa"];
    !word.is_ascii() || LATIN.contains(&word)
}

/// Keys pressed at random, and laughter.
fn is_noise(word: &str) -> bool {
    const RUNS: &[&str] = &["asd", "sdf", "dfg", "qwe", "wert", "zxc", "xcv", "hjk", "jkl", "haha", "hehe", "lol"];
    let bare = word.is_ascii() && word.len() > 2 && word.bytes().all(|b| b.is_ascii_alphabetic());
    bare && (RUNS.iter().any(|run| word.contains(run))
        || (word.len() > 4 && !word.contains(['a', 'e', 'i', 'o', 'u', 'y'])))
}
