//! Questions for who did something and when, where a sentence can be turned into one without harm to its grammar.

use super::super::subject::reads_as_verb;
use super::key::Key;
use super::terms::{Lexicon, NameKind};
use super::text::{Word, lower_first};

const MONTHS: &str = "january february march april may june july august september october november december";
const PARTICIPLES: &str = "built made born begun written held taken won given sent found put set broken lost fought brought \
    sold led known seen shown chosen driven drawn cut struck bought taught hung sunk sworn torn laid paid";
/// Past tenses with what stands behind "did".
const PAST: &[(&str, &str)] = &[
    ("abolished", "abolish"),
    ("accepted", "accept"),
    ("achieved", "achieve"),
    ("adopted", "adopt"),
    ("announced", "announce"),
    ("appointed", "appoint"),
    ("argued", "argue"),
    ("arrived", "arrive"),
    ("attacked", "attack"),
    ("became", "become"),
    ("began", "begin"),
    ("bought", "buy"),
    ("brought", "bring"),
    ("built", "build"),
    ("captured", "capture"),
    ("claimed", "claim"),
    ("collapsed", "collapse"),
    ("completed", "complete"),
    ("conquered", "conquer"),
    ("constructed", "construct"),
    ("created", "create"),
    ("crossed", "cross"),
    ("declared", "declare"),
    ("defeated", "defeat"),
    ("demonstrated", "demonstrate"),
    ("described", "describe"),
    ("designed", "design"),
    ("destroyed", "destroy"),
    ("developed", "develop"),
    ("died", "die"),
    ("discovered", "discover"),
    ("ended", "end"),
    ("entered", "enter"),
    ("established", "establish"),
    ("expanded", "expand"),
    ("explained", "explain"),
    ("fell", "fall"),
    ("formed", "form"),
    ("formulated", "formulate"),
    ("found", "find"),
    ("founded", "found"),
    ("gained", "gain"),
    ("gave", "give"),
    ("introduced", "introduce"),
    ("invaded", "invade"),
    ("invented", "invent"),
    ("issued", "issue"),
    ("joined", "join"),
    ("launched", "launch"),
    ("led", "lead"),
    ("left", "leave"),
    ("lost", "lose"),
    ("made", "make"),
    ("married", "marry"),
    ("measured", "measure"),
    ("moved", "move"),
    ("observed", "observe"),
    ("obtained", "obtain"),
    ("opened", "open"),
    ("ordered", "order"),
    ("patented", "patent"),
    ("performed", "perform"),
    ("presented", "present"),
    ("produced", "produce"),
    ("proposed", "propose"),
    ("proved", "prove"),
    ("provided", "provide"),
    ("published", "publish"),
    ("reached", "reach"),
    ("received", "receive"),
    ("released", "release"),
    ("replaced", "replace"),
    ("returned", "return"),
    ("showed", "show"),
    ("signed", "sign"),
    ("sold", "sell"),
    ("sent", "send"),
    ("started", "start"),
    ("studied", "study"),
    ("succeeded", "succeed"),
    ("suggested", "suggest"),
    ("surrendered", "surrender"),
    ("took", "take"),
    ("used", "use"),
    ("visited", "visit"),
    ("won", "win"),
    ("wrote", "write"),
    ("realized", "realize"),
    ("noted", "note"),
];

/// What stands behind "did" instead of a past tense.
fn base(past: &str) -> Option<&'static str> {
    PAST.iter().find(|(other, _)| *other == past).map(|(_, base)| *base)
}

/// A sentence without its date: subject, verb and rest, as places among the words.
struct Clause<'a, 'b> {
    key: &'a Key<'b>,
    words: &'a [Word<'b>],
    verb: usize,
}

impl Clause<'_, '_> {
    fn text(&self, from: usize, to: usize) -> &str {
        let (from, to) = (&self.words[from], &self.words[to]);
        &self.key.text[from.at.start - from.opens.len()..to.at.end + to.closes.len()]
    }

    fn subject(&self) -> String {
        let text = self.text(0, self.verb - 1);
        if self.words[0].is("the a an") { lower_first(text) } else { text.to_owned() }
    }

    fn rest(&self) -> &str {
        self.text(self.verb + 1, self.words.len() - 1).trim_end_matches(['.', ','])
    }

    /// Whether the subject is one phrase, a name or with an article.
    fn has_simple_subject(&self) -> bool {
        let subject = &self.words[..self.verb];
        let one = subject.iter().all(|word| word.closes.is_empty() && word.opens.is_empty());
        let joins = "that which who when while if because and but as had has did were was to by after before he she it they no \
            not from with for";
        let noun = subject.first().is_some_and(|word| {
            word.is("the a an")
                || word.is_capital() && !word.is_number() && !word.lower.ends_with("ly") && word.is_content()
        });
        let verb_seen = subject.iter().any(|word| !word.is_capital() && reads_as_verb(&word.lower));
        (1..=8).contains(&subject.len()) && one && noun && !verb_seen && !subject.iter().any(|word| word.is(joins))
    }

    /// Whether what follows the verb is one clause.
    fn is_one_clause(&self) -> bool {
        let rest = &self.words[self.verb + 1..];
        let joins = "but when while after before until since because although he she they then later where so however";
        let joined = rest
            .iter()
            .enumerate()
            .any(|(i, word)| word.is(joins) || word.lower == "and" && !rest.get(i + 1).is_some_and(Word::is_capital));
        (1..=18).contains(&rest.len()) && !joined && !rest.iter().any(|word| word.closes.contains([';', ':', '"']))
    }
}

/// The question for the year of a sentence, and the year: "In 1857, X was founded."
pub(super) fn when(key: &Key<'_>) -> Option<(String, String)> {
    let words = &key.words;
    let years: Vec<usize> = (0..words.len()).filter(|i| words[*i].year().is_some()).collect();
    let [at] = years[..] else { return None };
    let month = words.iter().any(|word| word.is(MONTHS) && word.is_capital());
    if !key.english || at == 0 || month {
        return None;
    }
    let year = words[at].written.to_owned();
    let at_start = at == 1 && words[0].lower == "in" && (words[1].closes == "," || words[1].closes.is_empty());
    let at_end = at == words.len() - 1 && words[at].closes == "." && words[at - 1].lower == "in";
    let words = match (at_start, at_end) {
        (true, _) => &words[2..],
        (_, true) => &words[..at - 1],
        _ => return None,
    };
    let is_verb = |word: &Word<'_>| word.is("was were") || base(&word.lower).is_some();
    let verb = words.iter().position(is_verb).filter(|verb| *verb > 0 && verb + 1 < words.len())?;
    let clause = Clause { key, words, verb };
    let told = words[verb + 1].lower.ends_with("ed") || words[verb + 1].is(PARTICIPLES);
    if !clause.has_simple_subject() || !clause.is_one_clause() || words[verb].is("was were") && !told {
        return None;
    }
    let (subject, rest) = (clause.subject(), clause.rest());
    let prompt = match base(&words[verb].lower) {
        Some(base) => format!("In which year did {subject} {base} {rest}?"),
        None => format!("In which year {} {subject} {rest}?", words[verb].lower),
    };
    Some((prompt, year))
}

/// The question for the person of a sentence, and the name: "Newton formulated laws of motion."
pub(super) fn who(key: &Key<'_>, lexicon: &Lexicon) -> Option<(String, String)> {
    let words = &key.words;
    let verb = words.iter().position(|word| base(&word.lower).is_some()).filter(|verb| *verb > 0)?;
    if !key.english || verb > 4 || verb + 2 >= words.len() {
        return None;
    }
    let named = words[..verb].iter().all(|word| {
        word.is_capital() && word.is_content() && word.closes.is_empty() && word.opens.is_empty() && !word.possessive
    });
    let clause = Clause { key, words, verb };
    let name = key.text[words[0].at.start..words[verb - 1].at.end].to_owned();
    let known =
        lexicon.name_kind(&name) == NameKind::Person && words[..verb].iter().any(|word| lexicon.is_name(&word.lower));
    let pronoun = words[verb..].iter().any(|word| word.is("he his him she her himself herself himself"));
    let again = words[verb..].iter().any(|word| words[..verb].iter().any(|part| part.lower == word.lower));
    if !named || !known || pronoun || again || !clause.is_one_clause() {
        return None;
    }
    Some((format!("Who {} {}?", words[verb].written, clause.rest()), name))
}
