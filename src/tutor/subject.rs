//! Who and what a text is about: its names and noun phrases, by rules alone. What a later "he", "it" or "they" may
//! stand for.

use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What a pronoun must be to stand for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// He or she.
    Person,
    /// It.
    Thing,
    /// They.
    Many,
}

/// Somebody or something that was spoken of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// As it was written, article included.
    pub text: String,
    /// How one speaks of it.
    pub kind: SubjectKind,
}

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// Without the punctuation around it.
    pub(crate) written: &'a str,
    /// In lower case, without a possessive ending.
    pub(crate) plain: String,
    /// Whether it ends in `'s`.
    pub(crate) possessive: bool,
    /// Whether a comma or the like stands behind it.
    pub(crate) breaks: bool,
}

impl Token<'_> {
    pub(crate) fn is(&self, list: &str) -> bool {
        list.split_whitespace().any(|word| word == self.plain)
    }

    pub(crate) fn is_capital(&self) -> bool {
        self.written.starts_with(char::is_uppercase)
    }
}

/// The words of a text in order.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let edge = |c: char| !c.is_alphanumeric() && !matches!(c, '%' | '°');
    let words = text.split_whitespace().filter_map(|raw| {
        let written = raw.trim_matches(edge);
        if written.is_empty() {
            return None;
        }
        let lower = written.to_lowercase().replace('’', "'");
        let (plain, possessive) = match lower.strip_suffix("'s") {
            Some(stem) => (stem.to_owned(), true),
            None => (lower.trim_end_matches('\'').to_owned(), raw.ends_with("s'") || raw.ends_with("s’")),
        };
        let breaks = raw.ends_with([',', ';', ':', '.', '!', '?', ')', '–', '—']);
        Some(Token { written, plain, possessive, breaks })
    });
    words.collect()
}

pub(crate) const ARTICLES: &str = "the a an";
pub(crate) const ASKING: &str = "who whom whose what which when where why how whos whats";
pub(crate) const AUXILIARY: &str = "do does did is are was were am be been being can could has have had will would \
    shall should must may might don't doesn't didn't isn't aren't wasn't weren't can't";
pub(crate) const PREPOSITIONS: &str = "of in on at by for from to into onto with without about against between among \
    during before after since until under over through across near behind beyond above below around along within \
    towards toward upon off per via besides despite like than as out up down";
pub(crate) const PRONOUNS: &str = "i you he she it we they me him her us them my your his its our their mine yours hers \
    ours theirs himself herself itself themselves this that these those one ones someone something anyone anything \
    everyone everything nobody nothing there here";
const JOINING: &str = "and or but if because when while although though that which who whose whom where so then not no \
    also ever very much many few several some more most less long far often exactly";
/// Verbs as they stand in questions; those that are nouns too are nouns behind an article.
const VERBS: &str = "accept achieve act affect allow appear argue arise arrive ask attack attempt attract avoid ban be \
    become began begin believe belong bring build built burn call carry cause change choose claim collect collapse \
    come command compare conquer consist contain continue contribute control convert convince create cross cut deal \
    decide declare defeat defend define demand depend describe destroy develop die differ discover do dominate drive \
    drop eat emerge employ encounter end enter establish exist expand explain explore export express face fail fall \
    feed feel fight find fit flow fly follow force form fought found gain gave get give give go govern grow had happen \
    hate have help hold hope improve include increase influence inspire intend introduce invade invent involve join \
    keep kept kill know land last lead learn leave led left let lie lift like live look lose lost love made make marry \
    mean measure meet melt mention move name need obey occur offer oppose own pass pay perform plan play point prefer \
    prevent produce promote propose protect prove provide publish pull push put ran reach read receive recognize reduce \
    refer regard reject rely remain remove replace represent require resist respond result return reveal rise rule run \
    said saw say see seek seem sell send separate serve set settle share show sign sit sleep speak spend spread stand \
    start state stay stop study succeed suffer suggest supply support surrender take taught teach tell think took \
    travel treat try turn understand use visit vote walk want was went were win won work write wrote yield born took \
    sank sink rose grew caught fell knew ran sang spoke swam threw wore react sets finish border predate enforce finds \
    makes gives takes uses keeps calls comes goes means works contains happens describe defines applies apply add adds";
const PERSON_NOUNS: &str = "king queen emperor empress president minister general captain colonel admiral governor pope \
    prince princess duke lord lady sir dr mr mrs ms saint professor khan caliph sultan tsar kaiser chancellor founder \
    leader author inventor discoverer ruler commander writer scientist physicist engineer explorer teacher man woman \
    boy girl person child son daughter brother sister mother father wife husband uncle nephew cousin king's poet \
    painter artist philosopher soldier officer traveller traveler traveler chief mathematician astronomer";
const NO_PERSON: &str = "dynasty war wars river treaty union council system law laws act university empire republic \
    company army north south east west city county state states church court house theory machine engine battle party \
    government kingdom island islands sea ocean mountain mountains valley commission parliament college school museum \
    institute society revolution movement age century period bridge tower wall fort lake street station handbook book \
    january february march april may june july august september october november december monday tuesday wednesday \
    thursday friday saturday sunday english french german chinese british indian american latin greek european";
const PERSON_VERBS: &str = "wrote led invented discovered ruled said became conquered defeated founded built married died \
    argued commanded proposed declared improved studied showed taught believed sailed painted lived travelled traveled \
    reigned succeeded introduced developed suggested claimed";
const PLACE_WORDS: &str = "in at from to near into across through towards";

fn is_verb(token: &Token<'_>) -> bool {
    token.is(VERBS)
        || (token.plain.len() > 4
            && token.plain.ends_with("ed")
            && !token.plain.ends_with("eed")
            && !token.is_capital())
}

/// Whether a word in lower case may be a verb.
pub(crate) fn reads_as_verb(word: &str) -> bool {
    let known = |word: &str| VERBS.split_whitespace().any(|verb| verb == word);
    known(word) || word.strip_suffix('s').is_some_and(known) || word.len() > 4 && word.ends_with("ed")
}

fn is_content(token: &Token<'_>) -> bool {
    ![ARTICLES, ASKING, AUXILIARY, PREPOSITIONS, PRONOUNS, JOINING].iter().any(|list| token.is(list))
}

/// Whether a capital letter here means a name: not that of a first word that any text may begin with.
fn is_name(tokens: &[Token<'_>], i: usize) -> bool {
    tokens[i].is_capital() && is_content(&tokens[i]) && (i > 0 || tokens.get(1).is_some_and(Token::is_capital))
}

/// The noun phrases of a text as ranges of its words, in order; `X of Y` is two, unless it is a name.
pub(crate) fn phrases(tokens: &[Token<'_>]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut helped = false;
    let mut i = 0;
    while i < tokens.len() {
        helped |= tokens[i].is("do does did");
        let start = i;
        let mut at = i + usize::from(tokens[i].is(ARTICLES));
        let mut verb_seen = false;
        while at < tokens.len() {
            if at > start && tokens[at - 1].breaks {
                break;
            }
            let joins_names = at > start
                && tokens[at].is("of and the de von van")
                && tokens[at - 1].is_capital()
                && is_content(&tokens[at - 1])
                && (tokens.get(at + 1).is_some_and(|next| next.is_capital() && is_content(next)));
            let first = at == start || (at == start + 1 && tokens[start].is(ARTICLES));
            let behind_article = tokens[start].is(ARTICLES) && first;
            // "did Watt finish": behind a name a word that names nothing is the verb.
            let after_name = helped && !first && tokens[at - 1].is_capital() && !tokens[at].is_capital();
            if after_name && is_content(&tokens[at]) && !tokens[at].is(NO_PERSON) && !tokens[at].is(PERSON_NOUNS) {
                verb_seen = true;
                break;
            }
            if is_verb(&tokens[at]) && !tokens[at].is_capital() && !behind_article {
                verb_seen = true;
                break;
            }
            if !joins_names && !is_content(&tokens[at]) {
                break;
            }
            at += 1;
        }
        let words = at - start - usize::from(tokens[start].is(ARTICLES));
        if words == 0 {
            i = at.max(start + 1);
            continue;
        }
        // "did plants photosynthesise": behind "did" a verb must come, known or not.
        let ends_clause =
            at == tokens.len() || tokens[at - 1].breaks || tokens[at].is(PREPOSITIONS) && !tokens[at].is("of");
        let next = at;
        if helped && !verb_seen && words >= 2 && ends_clause && !tokens[at - 1].is_capital() {
            at -= 1;
        }
        helped = false;
        found.push(start..at);
        i = next;
    }
    found
}

/// The words of a range as they were written.
pub(crate) fn written(tokens: &[Token<'_>], range: Range<usize>) -> String {
    tokens[range].iter().map(|token| token.written).collect::<Vec<_>>().join(" ")
}

/// Whether a word is a plural.
pub(crate) fn is_plural(word: &str) -> bool {
    const IRREGULAR: &str = "people men women children mice feet teeth geese bacteria data phenomena police cattle";
    const NONE: &str = "physics mathematics news series species gas bus lens class mass process glass loss";
    let one_of = |list: &str| list.split_whitespace().any(|other| other == word);
    one_of(IRREGULAR)
        || (word.len() > 3
            && word.ends_with('s')
            && !word.ends_with("ss")
            && !word.ends_with("us")
            && !word.ends_with("is"))
            && !one_of(NONE)
}

/// How one speaks of the phrase at `range`.
fn kind_of(tokens: &[Token<'_>], range: &Range<usize>) -> SubjectKind {
    let phrase = &tokens[range.clone()];
    let last = &phrase[phrase.len() - 1];
    let has = |list: &str| phrase.iter().any(|token| token.is(list));
    let before = range.start.checked_sub(1).map(|i| &tokens[i]);
    let after = tokens.get(range.end);
    let with_article = phrase[0].is(ARTICLES);
    let is_named = (range.clone()).any(|i| is_name(tokens, i));
    if is_plural(&last.plain) && (!is_named || with_article || !last.is_capital()) {
        return SubjectKind::Many;
    }
    if has(NO_PERSON) {
        return SubjectKind::Thing;
    }
    if has(PERSON_NOUNS) {
        return SubjectKind::Person;
    }
    if !is_named || with_article || before.is_some_and(|token| token.is(PLACE_WORDS)) {
        return SubjectKind::Thing;
    }
    let capitals = phrase.iter().filter(|token| token.is_capital()).count();
    let acts = after.is_some_and(|token| token.is(PERSON_VERBS))
        || after.is_some_and(|token| token.is("was"))
            && tokens.get(range.end + 1).is_some_and(|token| token.is("born"));
    let does = before.is_some_and(|token| token.is("by named"));
    if (2..=4).contains(&capitals) && capitals == phrase.len() || acts || does {
        SubjectKind::Person
    } else {
        SubjectKind::Thing
    }
}

/// A text without what stands in round brackets.
fn without_brackets(text: &str) -> String {
    let mut depth = 0usize;
    let outside = |c: &char| {
        match c {
            '(' => depth += 1,
            ')' => {
                let inside = depth > 0;
                depth = depth.saturating_sub(1);
                return !inside;
            }
            _ => {}
        }
        depth == 0
    };
    text.chars().filter(outside).collect()
}

/// What a text is about, in its order. The phrase behind "who is" and "who was" is a person.
pub(crate) fn subjects(text: &str) -> Vec<Subject> {
    let text = without_brackets(text);
    let tokens = tokens(&text);
    let asks_who = tokens.first().is_some_and(|token| token.is("who whos"))
        && tokens.get(1).is_some_and(|token| token.is("is was"));
    let mut found: Vec<Subject> = Vec::new();
    for (n, mut range) in phrases(&tokens).into_iter().enumerate() {
        // "which treaty", "how many people": what is asked for is no subject yet.
        let is_asked = range.start > 0
            && (tokens[range.start - 1].is("which what whose")
                || range.start > 1 && tokens[range.start - 1].is("many much"));
        if is_asked && tokens.get(range.end).is_some() {
            continue;
        }
        // "Braddock's expedition" speaks of Braddock first.
        let owner = range.clone().find(|i| tokens[*i].possessive).filter(|i| is_name(&tokens, *i) && i + 1 < range.end);
        if let Some(owner) = owner {
            let named = range.start..owner + 1;
            let mut text = written(&tokens, named.clone());
            text.truncate(text.trim_end_matches(['s', 'S']).trim_end_matches(['\'', '’']).len());
            if !text.is_empty() && !found.iter().any(|other| other.text.eq_ignore_ascii_case(&text)) {
                found.push(Subject { text, kind: kind_of(&tokens, &named) });
            }
        }
        // A first word may be no name in spite of its capital: "Typically", "Compared".
        if range.start == 0 && (tokens[0].plain.ends_with("ly") || tokens[0].plain.ends_with("ed")) {
            range.start += 1;
        }
        if range.is_empty() {
            continue;
        }
        let mut kind = kind_of(&tokens, &range);
        if n == 0 && asks_who && kind == SubjectKind::Thing {
            kind = SubjectKind::Person;
        }
        let mut text = written(&tokens, range.clone());
        if range.start == 0 && !is_name(&tokens, 0) && tokens[0].is(ARTICLES) {
            text = text[..1].to_lowercase() + &text[1..];
        } else if range.start == 0 && !is_name(&tokens, 0) && kind == SubjectKind::Many {
            let first = text.chars().next().map(char::len_utf8).unwrap_or_default();
            text = text[..first].to_lowercase() + &text[first..];
        }
        if !found.iter().any(|other| other.text.eq_ignore_ascii_case(&text)) {
            found.push(Subject { text, kind });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::SubjectKind::{Many, Person, Thing};
    use super::*;

    #[test]
    fn a_text_is_about_its_names_and_noun_phrases() {
        let cases: &[(&str, &[(&str, SubjectKind)])] = &[
            ("Who was Marco Polo?", &[("Marco Polo", Person)]),
            ("When did the Yuan dynasty end?", &[("the Yuan dynasty", Thing)]),
            ("What do readable streams produce?", &[("readable streams", Many)]),
            ("How did plants photosynthesise?", &[("plants", Many)]),
            ("When did the French and Indian War begin?", &[("the French and Indian War", Thing)]),
            ("What is the speed of light?", &[("the speed", Thing), ("light", Thing)]),
            ("When did Watt finish the work?", &[("Watt", Thing), ("the work", Thing)]),
            (
                "What was the goal of Braddock’s march?",
                &[("the goal", Thing), ("Braddock", Thing), ("Braddock’s march", Thing)],
            ),
            ("Which treaty ended the war in 1763?", &[("the war", Thing), ("1763", Thing)]),
            ("The Yuan dynasty was founded by Kublai Khan.", &[("the Yuan dynasty", Thing), ("Kublai Khan", Person)]),
            (
                "The Yuan dynasty (Chinese: Yuán Cháo) was the empire established by Kublai Khan.",
                &[("the Yuan dynasty", Thing), ("the empire", Thing), ("Kublai Khan", Person)],
            ),
            ("The Treaty of Paris ended the war.", &[("the Treaty of Paris", Thing), ("the war", Thing)]),
            ("Who was he?", &[]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            let found = subjects(text);
            let found: Vec<(&str, SubjectKind)> = found.iter().map(|s| (s.text.as_str(), s.kind)).collect();
            assert_eq!(found, *expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_subjects_without_a_panic(text in "\\PC{0,120}", words in "([Tt]he |did |of |Khan |[a-z]{1,6}s? |, )*") {
            let _ = (subjects(&text), subjects(&words));
        }
    }
}
