//! What is made plainer, what must stay, and what holds for every text.

use super::*;
use crate::passage::words::stem;

fn simple(sentence: &str) -> String {
    simplify(sentence, &BTreeSet::new()).map_or_else(|| "-".to_owned(), |parts| parts.join(" | "))
}

#[test]
fn long_words_lead_ins_and_asides_give_way() {
    for (sentence, expected) in [
        (
            "Engineers utilise steam in order to drive approximately 200 pumps.",
            "Engineers use steam to drive about 200 pumps.",
        ),
        (
            "The pump commenced work in 1712, utilising an additional boiler.",
            "The pump started work in 1712, using an extra boiler.",
        ),
        ("It should be noted that a large number of cells die.", "Many cells die."),
        ("However, the army was unable to cross the river.", "But the army could not cross the river."),
        ("The cell is large (see Figure 3) and has a thin wall [12].", "The cell is large and has a thin wall."),
        ("Metals (e.g. iron and copper) are good for this work.", "Metals are good for this work."),
        (
            "The results were demonstrated by Watt in his first workshop.",
            "The results were shown by Watt in his first workshop.",
        ),
        ("They demonstrated an entire engine to the king.", "They showed a whole engine to the king."),
    ] {
        assert_eq!(simple(sentence), expected, "{sentence}");
    }
}

#[test]
fn clauses_that_stand_alone_become_sentences() {
    for (sentence, expected) in [
        (
            "The French built forts along the river, but the British had more soldiers.",
            "The French built forts along the river. | But the British had more soldiers.",
        ),
        ("The engine was heavy; it used a lot of coal.", "The engine was heavy. | It used a lot of coal."),
        ("The court was small, and it had only six judges.", "-"),
        (
            "The court was small, and it had six judges from many countries.",
            "The court was small. | It had six judges from many countries.",
        ),
        (
            "The army built a fort, which was burned down in May.",
            "The army built a fort. | This fort was burned down in May.",
        ),
    ] {
        assert_eq!(simple(sentence), expected, "{sentence}");
    }
}

#[test]
fn what_may_change_its_meaning_stays() {
    for sentence in [
        "If the valve is open, the steam escapes, and the engine has no power.",
        "He would not go unless the king paid, and the king had no money.",
        "Despite the rain they marched, but the river was too high for them, although it fell later.",
        "He said that the war was lost, and the army was tired of it.",
        "Apples, pears, and the plums of the garden were sold.",
        "The leader of the group, which was small, left for the city.",
        "“The engine utilises steam,” he wrote in a long letter.",
        "The Principal Treaty was signed at the court of the king.",
        "let x = utilise(5); return x;",
        "The force is F = ma, and the mass is m.",
        "यह एक किताब है और यह बहुत अच्छी है।",
        "The heat (not the light) makes the water boil.",
        "The wall (2 m thick) kept the water out of town.",
        "",
        "Short.",
    ] {
        assert_eq!(simple(sentence), "-", "{sentence}");
    }
    let keep = BTreeSet::from([stem("transmission"), stem("utilise")]);
    assert_eq!(simplify("The engineers utilise steam for all of their work.", &keep), None);
}

#[test]
fn the_plainest_sentences_are_the_short_ones_about_the_matter_in_book_order() {
    let sentences = [
        "Force is a push or a pull.",
        "Notwithstanding considerable philosophical disagreement, contemporaneous investigators characterised force heterogeneously.",
        "A force can change how a thing moves.",
        "My uncle likes tea.",
    ];
    assert_eq!(plainest(&sentences, 2), [0, 2]);
    assert_eq!(plainest(&sentences, 9), [0, 1, 2, 3]);
    assert_eq!(plainest(&[], 3), Vec::<usize>::new());
}

/// What holds for the plainer version of every sentence.
fn check_invariants(sentence: &str) {
    let Some(parts) = simplify(sentence, &BTreeSet::new()) else { return };
    let joined = parts.join(" ");
    assert!(grade_of(&joined) <= grade_of(sentence), "harder: {sentence} -> {joined}");
    for part in &parts {
        let begins = part.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || "“\"‘([".contains(c));
        assert!(begins && part.trim_end_matches(['"', '”', '’', ')', ']']).ends_with(['.', '?', '!']), "{part}");
    }
    let lower = |text: &str| words_of(text).iter().map(Word::lower).collect::<BTreeSet<String>>();
    let (old, vocabulary) = (lower(sentence), swap::plain_vocabulary());
    let links = ["but", "so", "still", "this", "these", "for", "example", "instead", "an", "a"];
    for word in lower(&joined) {
        let bare = word.trim_end_matches('.');
        let known = old.contains(bare) || vocabulary.iter().any(|one| one.trim_end_matches(',') == bare);
        assert!(known || links.contains(&bare), "{word} is new: {sentence} -> {joined}");
    }
    // Made plainer again and again it comes to rest.
    let mut rest = joined.clone();
    let rounds = (0..8).find(|_| match simplify(&rest, &BTreeSet::new()).map(|parts| parts.join(" ")) {
        Some(next) if next != rest => {
            rest = next;
            false
        }
        _ => true,
    });
    assert!(rounds.is_some(), "{joined}");
}

const PIECES: &[&str] = &[
    "The engine", "Watt", "it was", "utilised", "in order to", "steam", ", and", ", but", ", so", "; ", "which is",
    ", which was", "a large number of", "approximately", "200", "not", "(see Figure 3)", "[12]",
    "(e.g. iron and lead)", "However,", "had", "the army", "built", "an additional", "fort", "if", "that",
    "“quoted utilise”", "they", "were", "e.g.", "i.e.", "U.S.", "3.5", "prior to", "it", "is", "demonstrated", "by",
    "a", "the", "one", "of", "them", "é", "力", ".", "large",
];

proptest::proptest! {
    #[test]
    fn sentences_of_any_pieces_keep_the_invariants(picked in proptest::collection::vec(0..PIECES.len(), 1..24)) {
        let text: Vec<&str> = picked.iter().map(|i| PIECES[*i]).collect();
        check_invariants(&format!("The {}.", text.join(" ").replace(" ,", ",").replace(" ; ", "; ")));
    }

    #[test]
    fn no_text_is_too_strange(text in "\\PC{0,80}", max in 0_usize..4) {
        check_invariants(&text);
        check_invariants(&format!("The engine was {text} and the army had a fort."));
        let sentences: Vec<&str> = text.split('.').collect();
        proptest::prop_assert!(plainest(&sentences, max).len() <= max);
    }
}
