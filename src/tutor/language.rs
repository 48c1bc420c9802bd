//! Which language a student writes in, and what the tutor says honestly when the books are in another one.
//!
//! The script decides where it can; English, Spanish and French are known by their everyday words, others by letter
//! statistics, and only when there is text enough. A message in doubt has no language, so that a short English phrase, a
//! name or a typo is never taken for another language.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use whatlang::{Detector, Lang, Script};

/// A language a student may write in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// The language of the tutor's rules.
    English,
    /// In Devanagari.
    Hindi,
    /// Spanish.
    Spanish,
    /// French.
    French,
    /// Any other, by its English name.
    Other(&'static str),
}

/// What the models of this machine can do for a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ability {
    /// A question in the language finds passages of books in another one.
    pub(crate) searches_across: bool,
    /// The model writes the language well.
    pub(crate) writes: bool,
}

/// A fixed thing to say, in every language of the phrase file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phrase {
    /// To a student who is in distress.
    Distress,
    /// To a student who is abusive.
    Abuse,
}

/// Words that only English has, among those of students' messages.
const ENGLISH: &str = "the of and to is are was were what who when where why how which do does did can could should would \
    i you it he she they we my your this that these those in for with from about tell me explain teach give show \
    understand don't dont not please lesson chapter page book between mean means next start stop quiz question help know \
    learn example again more simple simpler go back yes ok hello hi thanks thank much many there have has had at be an a \
    by as so but or if then than will whats im";
/// Words that only Spanish has. Accents are folded, as students leave them out.
const SPANISH: &str = "que cual cuales como cuando donde porque quien quienes cuanto cuantos cuanta cuantas es son esta \
    este estan esto eso fue fueron era eran los las del una unos unas el y por para con sobre hay mi mis tu se lo al \
    explicame explica ensename ensena dime quiero puedes puede puedo entiendo entender ejemplo leccion capitulo pagina \
    libro siguiente significa hola gracias ayuda ayudame no si empieza empezar continua repite pregunta preguntas sirve \
    funciona funcionan tiene tienen hace hacen hizo mas muy pero necesito saber aprender hablame dame ponme entre mundo \
    guerra agua luz fuerza quiere estudiar tierra otra vez";
/// Words that only French has.
const FRENCH: &str = "que quoi qui quel quelle quels quelles comment pourquoi ou quand combien est sont etait etaient les \
    des du une un le la et dans pour avec sur au aux ce cette ces c'est qu'est qu'est-ce est-ce je tu il elle nous vous \
    ils elles on j'ai n'ai pas ne plus moi toi mon ma mes explique expliquer expliquez peux peut veux comprends comprend \
    exemple lecon chapitre page livre suivant suivante signifie bonjour salut merci aide-moi aide oui non commence \
    continue repete question entre se fait sert fonctionne fonctionnent faire dit parle-moi donne-moi dis-moi \
    apprends-moi enseigne-moi apprendre savoir encore etre ont fut sous l'eau l'histoire guerre";
/// Words of both, or of names and English too: they do not decide, they only agree.
const SHARED: &str = "que es son entre no si page question me la le de un on ou sur pour par mi tu se as continue explique \
    el al des du au aux los las del ma mes ne non dit une plus il ce con comment guerre y lo era simple example aide page \
    sous pas moi hay e";

/// The language a text is written in, if that is sure.
pub(crate) fn language_of(text: &str) -> Option<Language> {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    if letters < 2 {
        return None;
    }
    let ascii = text.chars().filter(|c| c.is_ascii_alphabetic()).count();
    let script = whatlang::detect_script(text)?;
    if script != Script::Latin {
        // A word of another script inside an English message is only quoted.
        return (ascii * 2 < letters).then(|| of_script(text, script)).flatten();
    }
    of_words(text)
}

/// The language of a text in another script than the Latin one.
fn of_script(text: &str, script: Script) -> Option<Language> {
    Some(match script {
        Script::Devanagari => {
            let long = text.split_whitespace().count() >= 6;
            match whatlang::detect(text) {
                Some(info) if long && info.is_reliable() && info.lang() != Lang::Hin => named(info.lang()),
                _ => Language::Hindi,
            }
        }
        Script::Arabic | Script::Cyrillic | Script::Hebrew => named(whatlang::detect(text)?.lang()),
        Script::Mandarin => Language::Other("Chinese"),
        Script::Hiragana | Script::Katakana => Language::Other("Japanese"),
        _ => named(whatlang::detect(text)?.lang()),
    })
}

fn named(lang: Lang) -> Language {
    match lang {
        Lang::Eng => Language::English,
        Lang::Hin => Language::Hindi,
        Lang::Spa => Language::Spanish,
        Lang::Fra => Language::French,
        Lang::Cmn => Language::Other("Chinese"),
        other => Language::Other(other.eng_name()),
    }
}

/// Fewest letters of a text whose language letter statistics may tell.
const MIN_LETTERS: usize = 24;
/// Fewest words of it.
const MIN_WORDS: usize = 5;
/// How sure the statistics must be of any other language.
const MIN_CONFIDENCE: f64 = 0.9;

/// The language of a text in Latin letters.
fn of_words(text: &str) -> Option<Language> {
    let folded = folded(text);
    let words: Vec<&str> = folded
        .split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '-')
        .map(|word| word.trim_matches(['\'', '-']))
        .filter(|word| !word.is_empty())
        .collect();
    let english = count(&words, |word| is_in(ENGLISH, word));
    let spanish = evidence(&words, SPANISH) + 2 * count(&words, |word| word.ends_with("cion") || word.ends_with("ciones"));
    let spanish = spanish + 3 * text.matches(['¿', '¡']).count() + 2 * text.to_lowercase().matches('ñ').count();
    let french = evidence(&words, FRENCH) + 2 * count(&words, has_elision) + 2 * text.matches(['ç', 'œ']).count();
    let (best, other, language) = if spanish >= french {
        (spanish, french, Language::Spanish)
    } else {
        (french, spanish, Language::French)
    };
    if best >= 3 && best > 2 * english && best > other {
        return Some(language);
    }
    if english >= 2 && english * 2 >= best || english > 0 && best == 0 && words.len() <= 3 {
        return Some(Language::English);
    }
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    if letters < MIN_LETTERS || words.len() < MIN_WORDS {
        return None;
    }
    let info = Detector::new().detect(text)?;
    let language = named(info.lang());
    let sure = info.is_reliable() && info.confidence() >= MIN_CONFIDENCE;
    let plausible = if language == Language::English { english > 0 } else { english == 0 };
    (sure && plausible).then_some(language)
}

/// A text in lower case without accents, with straight apostrophes.
fn folded(text: &str) -> String {
    let bare = text.nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    bare.collect::<String>().to_lowercase().replace('’', "'")
}

fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|one| one == word)
}

fn count(words: &[&str], wanted: impl Fn(&str) -> bool) -> usize {
    words.iter().filter(|word| wanted(word)).count()
}

/// Two points for every word that only this language has, one for those it shares.
fn evidence(words: &[&str], list: &str) -> usize {
    words.iter().filter(|word| is_in(list, word)).map(|word| if is_in(SHARED, word) { 1 } else { 2 }).sum()
}

/// `l'eau`, `d'un`, `qu'est`.
fn has_elision(word: &str) -> bool {
    word.split_once('\'').is_some_and(|(before, after)| {
        matches!(before, "l" | "d" | "j" | "n" | "s" | "c" | "m" | "t" | "qu") && after.chars().count() >= 2 && after != "ll"
    })
}

/// What a phrase is in the four languages of the page.
#[derive(Debug, Deserialize)]
struct Wordings {
    en: String,
    hi: String,
    es: String,
    fr: String,
}

/// The phrases by their key.
static PHRASES: LazyLock<BTreeMap<String, Wordings>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("data/phrases.json")).expect("the phrase file is part of the program and tested")
});

/// A phrase in a language; in English where the language has none.
fn wording(key: &str, language: Language) -> &'static str {
    PHRASES.get(key).map_or("", |wordings| match language {
        Language::Hindi => &wordings.hi,
        Language::Spanish => &wordings.es,
        Language::French => &wordings.fr,
        Language::English | Language::Other(_) => &wordings.en,
    })
}

/// A fixed thing to say, in the student's language; in English for languages without one.
pub(crate) fn phrase(phrase: Phrase, language: Language) -> &'static str {
    wording(if phrase == Phrase::Distress { "distress" } else { "abuse" }, language)
}

/// What the tutor says, in the student's own language, when the books are in another one; empty where they are not.
pub(crate) fn notice(language: Language, book_language: Language, ability: Ability) -> String {
    if language == book_language {
        return String::new();
    }
    let key = match (ability.searches_across, ability.writes) {
        (true, true) => "books_answered_in_yours",
        (true, false) => "books_shown_as_they_are",
        (false, _) => "books_not_searched",
    };
    let within = |named: Language| -> String {
        let key = match named {
            Language::English => "in_english",
            Language::Hindi => "in_hindi",
            Language::Spanish => "in_spanish",
            Language::French => "in_french",
            Language::Other(name) if matches!(language, Language::English | Language::Other(_)) => {
                return format!("in {name}");
            }
            Language::Other(_) => "in_another",
        };
        wording(key, language).to_owned()
    };
    wording(key, language).replace("{book}", &within(book_language)).replace("{own}", &within(language))
}
