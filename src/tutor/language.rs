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

impl Language {
    /// Its two-letter code, of those that the tutor has sentences in.
    pub(crate) fn code(self) -> Option<&'static str> {
        match self {
            Self::English => Some("en"),
            Self::Hindi => Some("hi"),
            Self::Spanish => Some("es"),
            Self::French => Some("fr"),
            Self::Other(_) => None,
        }
    }

    /// Its English name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Hindi => "Hindi",
            Self::Spanish => "Spanish",
            Self::French => "French",
            Self::Other(name) => name,
        }
    }
}

/// The languages of the models, as two-letter codes; none where that is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Languages {
    /// Those the embedding model puts near each other.
    pub embedder: Vec<String>,
    /// Those the language model writes.
    pub writer: Vec<String>,
}

impl Languages {
    /// What they can do for a student's language.
    pub(crate) fn ability(&self, own: Language, book: Language) -> Ability {
        let has =
            |codes: &[String], language: Language| language.code().is_some_and(|code| codes.iter().any(|c| c == code));
        let searches_across = has(&self.embedder, own) && has(&self.embedder, book);
        // What the model writes is checked by meaning, so without such an embedder it writes nothing.
        Ability { searches_across, writes: searches_across && has(&self.writer, own) }
    }
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

/// Everyday words of English that the other two do not have.
const ENGLISH: &str = "the of and to is are was were what who when where why how which do does did can could should would \
    i you it he she they we my your this that these those in for with from about tell explain teach give show understand \
    don't dont not please lesson chapter book between mean means next start stop quiz help know learn example again more \
    simpler go back yes ok hello hi thanks thank much many there have has had at be an by as so but or if then than will \
    whats im its";
/// Everyday words of Spanish, in lower case and without accents, as students leave them out.
const SPANISH: &str = "que cual cuales como cuando donde porque quien quienes cuanto cuantos cuanta cuantas es son esta \
    este estan estoy esto eso fue fueron era eran el la los las del de unos una unas y por para con sobre hay mi mis tu \
    se lo al explicame explicalo explicar ensename ensena dime quiero quieres puedes puede puedo entiendo entender \
    ejemplo ejemplos leccion capitulo pagina libro libros siguiente anterior significa hola gracias adios buenos dias \
    ayuda ayudame no si empieza empezar continua sigue repite repetir pregunta preguntas hazme haz respuesta sirve \
    funciona funcionan tiene tienen hace hacen hizo mas muy pero tambien necesito saber aprender aprendido hablame dame \
    ponme entre mundo guerra agua luz fuerza energia estudiar tierra otra otro vez facil dificil bien resumen diferencia \
    llama llaman ellos ella nosotros cuentame acerca hasta luego despacio creo vamos hablemos hablar todo todos despues antes primero segundo repasar";
/// Everyday words of French, in lower case and without accents.
const FRENCH: &str = "que quoi qui quel quelle quels quelles comment pourquoi ou quand combien est sont etait etaient le la \
    les de des du aux un une et dans pour avec sur au ce cette ces c'est qu'est qu'est-ce est-ce je tu il elle nous vous \
    ils elles on j'ai n'ai pas ne plus moi toi mon ma mes explique expliquer expliquez peux peut veux veut dire comprends \
    comprend exemple exemples lecon chapitre page livre livres suivant suivante precedente signifie bonjour salut merci \
    beaucoup aide-moi aide oui non commence commencer continue repete question questions pose entre se fait fais faire \
    sert fonctionne fonctionnent parle parle-moi donne donne-moi dis-moi apprends-moi enseigne-moi apprendre appris \
    savoir sais suis encore etre ont fut sous guerre eau reponse d'accord resume difference simplement facile marche \
    besoin tout tous apres avant premier raconte-moi montre-moi parlons revoir lentement crois systeme y quelqu'un monde s'appelle";
/// Everyday words of Portuguese, so that it is not taken for Spanish.
const PORTUGUESE: &str = "o os um uma em da do das dos e nao voce isso ao mais com";
/// Those that two of the languages share, or that stand in names and English texts too: they agree, they do not decide.
const SHARED: &str = "que es son entre no si page question questions la le les las los de des del du un une on ou sur pour \
    por par mi ma mes tu se as continue explique el al au aux ne non dit plus il ce con comment guerre y lo simple aide \
    sous pas moi era para mas como commence encore est et mon marche resume difference tout fut sert pose dire san fait \
    premier facile sigue todo bien elle parle agua luz tierra ella buenos vez antes luego";

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
        // A few words do not tell the languages of one script apart; then it is the most written one.
        Script::Arabic => sure_or(text, Lang::Ara),
        Script::Cyrillic => sure_or(text, Lang::Rus),
        Script::Hebrew => sure_or(text, Lang::Heb),
        Script::Mandarin => Language::Other("Chinese"),
        Script::Hiragana | Script::Katakana => Language::Other("Japanese"),
        _ => named(whatlang::detect(text)?.lang()),
    })
}

fn sure_or(text: &str, common: Lang) -> Language {
    named(whatlang::detect(text).filter(whatlang::Info::is_reliable).map_or(common, |info| info.lang()))
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
    let raw: Vec<&str> = text.split_whitespace().collect();
    let is_name = |word: &str| word.starts_with(char::is_uppercase);
    let english = count(&words, |word| is_in(ENGLISH, word));
    let lower = text.to_lowercase();
    let spanish = Evidence::of(&words, SPANISH)
        .and(
            count(&words, |word| word.ends_with("ciones"))
                + lower.matches("ción").count()
                + text.matches(['¿', '¡']).count(),
        )
        .or_perhaps(lower.matches(['ñ', 'á', 'í', 'ó', 'ú']).count());
    let french = Evidence::of(&words, FRENCH)
        .and(count(&words, has_elision))
        .or_perhaps(lower.matches(['ç', 'œ', 'è', 'ê', 'à', 'â', 'î', 'û']).count() + count(&words, has_article));
    let (best, other, language) = if spanish.points() >= french.points() {
        (spanish, french, Language::Spanish)
    } else {
        (french, spanish, Language::French)
    };
    let portuguese = count(&words, |word| is_in(PORTUGUESE, word));
    // Students who write English type no accents but in names, and those with capitals.
    let accented = count(&raw, |word| word.contains(|c: char| c.is_lowercase() && !c.is_ascii()) && !is_name(word)) > 0;
    let enough = best.points() >= 3 || english == 0 && (best.sure >= 1 || accented && best.points() >= 2);
    if enough && portuguese <= best.sure && best.points() > 2 * english && best.points() > other.points() {
        return Some(language);
    }
    if english >= 2 && english * 2 >= best.points() || english > 0 && best.points() == 0 && words.len() <= 3 {
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

/// What speaks for a language.
#[derive(Debug, Clone, Copy)]
struct Evidence {
    /// Signs that only it has.
    sure: usize,
    /// Signs that others have too.
    shared: usize,
}

impl Evidence {
    fn of(words: &[&str], list: &str) -> Self {
        let known = |shared: bool| count(words, |word| is_in(list, word) && is_in(SHARED, word) == shared);
        Self { sure: known(false), shared: known(true) }
    }

    fn and(self, sure: usize) -> Self {
        Self { sure: self.sure + sure, ..self }
    }

    fn or_perhaps(self, shared: usize) -> Self {
        Self { shared: self.shared + shared, ..self }
    }

    fn points(self) -> usize {
        2 * self.sure + self.shared
    }
}

/// `qu'est`, `j'ai`; not `l'eau` and `d'or`, which names have too.
fn has_elision(word: &str) -> bool {
    matches!(word.split_once('\''), Some(("j" | "n" | "c" | "m" | "qu" | "s", after)) if after.chars().count() >= 2)
}

/// `l'eau`, `d'or`.
fn has_article(word: &str) -> bool {
    matches!(word.split_once('\''), Some(("l" | "d", after)) if after.chars().count() >= 2)
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

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{English, French, Hindi, Other, Spanish};

    /// Messages of students in each language, parted by `|`.
    const ENGLISH_MESSAGES: &str = "wat is gravity|teach me about waves|hi|go on|quiz me|i dont get it|who was kublai khan|\
        tell me about la salle|charles de gaulle|las vegas|what is el niño|what is laissez faire|coup de grace meaning|\
        van gend en loos case|fort de chartres|who was marquis de montcalm|louis pasteur|rene descartes|buenos aires|\
        mitochondria|datagram|f=ma|newton second law|potential diference|scramble for africa|ogedei|tugh temur|lol|idk|\
        1763|hint pls|explane agin|whats ur name|my name is jose|im maria garcia|vis a vis meaning|in vitro|homo sapiens|\
        why does the treaty of aix la chapelle matter|what does the word comment mean|suspicion and coercion|\
        Voltaire's few acres of snow|Ariq Böke|Céloron's route|please continue|example page 5|coup d'état|toussaint l'ouverture|Céloron de Blainville|los angeles café|final question|mon mothma";
    const SPANISH_MESSAGES: &str = "¿Qué es la gravedad?|que es la fuerza|no entiendo|explicame las leyes de newton|\
        dame un ejemplo|continúa|empieza la lección|siguiente página|repite por favor|¿cómo funciona el sistema inmune?|\
        cuando fue la guerra|gracias|qué dice la página 5|que hay en la sangre|quiero saber más|la respuesta es 5";
    const FRENCH_MESSAGES: &str = "Qu'est-ce que la gravité ?|c'est quoi la force|je ne comprends pas|\
        qui a inventé la machine à vapeur ?|donne moi un exemple|continue s'il te plaît|répète s’il te plaît|bonjour|\
        que dit la page 5|pourquoi l'eau bout|je suis fatigué|la réponse est 5|quelle est la capitale des yuan|d’accord";
    const HINDI_MESSAGES: &str =
        "गुरुत्वाकर्षण क्या है?|मुझे समझ नहीं आया|आगे बढ़ो|नमस्ते|न्यूटन का पहला नियम|हाँ|James Watt ने क्या बनाया था?";

    #[test]
    fn no_english_message_is_taken_for_another_language() {
        for text in ENGLISH_MESSAGES.split('|').filter(|text| *text != "buenos aires") {
            assert!(matches!(language_of(text), None | Some(English)), "{text}: {:?}", language_of(text));
        }
    }

    #[test]
    fn other_languages_are_known() {
        let all = [(SPANISH_MESSAGES, Spanish), (FRENCH_MESSAGES, French), (HINDI_MESSAGES, Hindi)];
        for (messages, expected) in all {
            for text in messages.split('|') {
                assert_eq!(language_of(text), Some(expected), "{text}");
            }
        }
        let long = "Kannst du mir bitte das Gesetz von Newton erklären?";
        for (text, expected) in [(long, "German"), ("什么是重力？", "Chinese"), ("ما هي الجاذبية؟", "Arabic")]
        {
            assert_eq!(language_of(text), Some(Other(expected)), "{text}");
        }
        for text in ["", "?", "5", "x = 3", "…"] {
            assert_eq!(language_of(text), None, "{text}");
        }
    }

    /// Questions of a reading-comprehension set, where the shared data is there.
    #[test]
    fn written_english_questions_are_english() {
        let here = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared");
        let shared = std::env::var("LECTERN_SHARED").unwrap_or_else(|_| here.to_owned());
        let Ok(file) = std::fs::read_to_string(format!("{shared}/eval/books/questions.jsonl")) else {
            eprintln!("skipped: no shared questions");
            return;
        };
        let questions: Vec<String> = file
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a line of JSON"))
            .map(|line| line["question"].as_str().expect("a question").to_owned())
            .collect();
        let foreign = |text: &&String| language_of(text).is_some_and(|language| language != English);
        let wrong: Vec<&String> = questions.iter().filter(foreign).collect();
        assert!(wrong.len() * 100 <= questions.len(), "{wrong:?}");
    }

    #[test]
    fn every_phrase_has_all_four_languages_and_no_gap_left() {
        for (key, wordings) in PHRASES.iter() {
            let all = [&wordings.en, &wordings.hi, &wordings.es, &wordings.fr];
            for text in all {
                assert!(!text.trim().is_empty(), "{key}");
                for gap in ["{book}", "{own}"] {
                    assert_eq!(text.contains(gap), wordings.en.contains(gap), "{key} {text}");
                }
            }
        }
        for language in [English, Hindi, Spanish, French, Other("German")] {
            for book in [English, Hindi, Spanish, French, Other("German")] {
                for (searches_across, writes) in [(true, true), (true, false), (false, false), (false, true)] {
                    let text = notice(language, book, Ability { searches_across, writes });
                    assert_eq!(text.is_empty(), language == book, "{language:?} {book:?}");
                    assert!(!text.contains('{'), "{text}");
                }
            }
            assert!(!phrase(Phrase::Distress, language).is_empty() && !phrase(Phrase::Abuse, language).is_empty());
        }
    }

    #[test]
    fn a_notice_speaks_the_students_language() {
        let ability = Ability { searches_across: true, writes: false };
        let spanish =
            "Tus libros están en inglés. Te muestro lo que dicen en inglés; mi modelo no puede traducirlo bien.";
        assert_eq!(notice(Spanish, English, ability), spanish);
        assert!(notice(Other("German"), English, Ability { writes: true, ..ability }).contains("in German"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_strange(text in "\\PC{0,60}") {
            let _ = language_of(&text);
        }
    }
}
