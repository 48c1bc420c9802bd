use super::*;
use crate::tutor::question::{BLANK, Expected, Task};
use proptest::prelude::*;

fn sources(texts: &[&str]) -> Vec<Source> {
    let source = |(i, text): (usize, &&str)| Source {
        text: (*text).to_owned(),
        citation: Citation {
            book: "b.pdf".to_owned(),
            title: "B".to_owned(),
            page: i as u32 + 1,
            page_label: (i + 1).to_string(),
            quote: (*text).to_owned(),
            url: String::new(),
            spans: Vec::new(),
        },
        section: "S".to_owned(),
    };
    texts.iter().enumerate().map(source).collect()
}

fn make(heading: &str, own: &[&str], around: &[&str], wish: Wish<'_>, seed: u64) -> Vec<Question> {
    let (own, around) = (sources(own), sources(around));
    questions(&Material { heading, own: &own, around: &around }, wish, seed)
}

const STEAM: &[&str] = &[
    "In 1698, Thomas Savery patented a pump that raised water with steam.",
    "The Darlington railway was opened in 1825.",
    "James Watt built an engine with a separate condenser in 1769.",
    "Richard Trevithick showed a steam locomotive on rails in 1804.",
    "A boiler is a closed vessel that turns water into vapour with heat.",
    "A piston is a moving part that fits tightly into a cylinder.",
    "A governor is a device that keeps the speed of an engine steady.",
    "The part that turns vapour back into water is called a condenser.",
    "Today most power stations use about 90% of their coal in turbines.",
];

const CELLS: &[&str] = &[
    "It was found by chance.",
    "This is why the enzyme stops.",
    "As shown in Figure 3, the cell divides into two.",
    "let cell = Cell::new(3);",
    "and then the membrane breaks apart again",
    "The cells that eat germs are called phagocytes.",
];

fn any(count: usize) -> Wish<'static> {
    Wish { kinds: Kind::ALL, count }
}

/// Prompts and answers as text, for tables.
fn shown(question: &Question) -> String {
    let answer = match &question.task {
        Task::Cloze { answer } | Task::Short { answer } => answer.text.clone(),
        Task::Choice { options, correct } => options[*correct].clone(),
        Task::Order { events, order } => order.iter().map(|i| events[*i].as_str()).collect::<Vec<_>>().join(" "),
        Task::Match { terms, meanings, pairs } => terms
            .iter()
            .zip(pairs)
            .map(|(term, pair)| format!("{term}: {}", meanings[*pair]))
            .collect::<Vec<_>>()
            .join("; "),
        Task::Exercise { answer } => answer.as_ref().map_or("?", |answer| &answer.text).to_owned(),
    };
    format!("{} -> {answer}", question.prompt)
}

#[test]
fn every_kind_of_question_is_made_where_the_book_has_it() {
    let cases: &[(Kind, &[&str])] = &[
        (
            Kind::Short,
            &[
                "What is a boiler? -> A boiler is a closed vessel that turns water into vapour with heat.",
                "What do we call the part that turns vapour back into water? -> condenser",
                "In which year did Thomas Savery patent a pump that raised water with steam? -> 1698",
                "In which year was the Darlington railway opened? -> 1825",
            ],
        ),
        (
            Kind::Cloze,
            &["Fill the gap with a number: Today most power stations use about ____% of their coal in turbines. -> 90"],
        ),
        (
            Kind::Choice,
            &[
                "In which year was the Darlington railway opened? -> 1825",
                "Which term does this describe? “A closed vessel that turns water into vapour with heat” -> boiler",
            ],
        ),
    ];
    for (kind, expected) in cases {
        let made: Vec<String> = (0..6)
            .flat_map(|seed| make("Steam engines", STEAM, &[], Wish { kinds: &[*kind], count: 20 }, seed))
            .map(|question| shown(&question))
            .collect();
        for wanted in *expected {
            assert!(made.iter().any(|made| made == wanted), "{wanted}\nnot in {made:#?}");
        }
    }
}

#[test]
fn events_are_ordered_by_years_that_are_not_shown_and_terms_joined_with_meanings() {
    for seed in 0..8 {
        let [order] = &make("Steam", STEAM, &[], Wish { kinds: &[Kind::Order], count: 9 }, seed)[..] else {
            panic!("order {seed}")
        };
        let all = [
            "Thomas Savery patented a pump that raised water with steam.",
            "James Watt built an engine with a separate condenser.",
            "Richard Trevithick showed a steam locomotive on rails.",
            "The Darlington railway was opened.",
        ];
        assert!(shown(order).ends_with(&all.join(" ")), "{}", shown(order));
        let [pairs] = &make("Steam", STEAM, &[], Wish { kinds: &[Kind::Match], count: 9 }, seed)[..] else {
            panic!("{seed}")
        };
        let Task::Match { terms, .. } = &pairs.task else { panic!("{pairs:?}") };
        assert!(terms.len() == 3, "{terms:?}");
    }
    let steps =
        &["First, open the valve of the tank.", "Then light the fire under it.", "Finally, close the valve again."];
    let [order] = &make("Use", steps, &[], Wish { kinds: &[Kind::Order], count: 1 }, 3)[..] else { panic!("no steps") };
    assert!(shown(order).ends_with("Open the valve of the tank. Light the fire under it. Close the valve again."));
}

#[test]
fn a_sentence_that_leans_on_others_or_is_torn_makes_no_question() {
    let made = make("Cells", CELLS, &[], any(20), 1);
    let [one] = &made[..] else { panic!("{made:#?}") };
    assert!(one.prompt.contains("eat germs"), "{one:?}");
    assert_eq!(one.source.page, 6);
}

#[test]
fn the_books_own_exercises_are_asked_as_they_stand() {
    let texts = &[
        "1. A car drives 60 km in 2 hours.",
        "How fast does it drive on average?",
        "Answer: 30 km/h",
        "2. What is the angle in Figure 4 between the two ropes?",
        "3. Estimate the number of teachers in your town.",
        "(a) Yes (b) No",
    ];
    let mut made: Vec<String> = make("Exercises", texts, &[], any(9), 1).iter().map(shown).collect();
    made.sort();
    assert_eq!(
        made,
        [
            "A car drives 60 km in 2 hours. How fast does it drive on average? -> 30 km/h",
            "Estimate the number of teachers in your town. -> ?",
        ]
    );
}

#[test]
fn numbers_are_asked_for_in_any_script() {
    let texts = &[
        "यह संस्था सन १९४७ में दिल्ली में बनाई गई थी और आज भी काम करती है।",
        "这座桥建于1957年，全长1670米，是长江上的第一座大桥。",
    ];
    let made = make("इतिहास", texts, &[], any(9), 1);
    assert!(made.iter().any(|question| shown(question).contains("-> १९४७")), "{made:?}");
    assert!(make("x", &["", " ", "…", "مرحبا"], &[""], any(9), 1).is_empty());
}

/// What must hold of every question.
fn check(question: &Question) {
    let permutation = |order: &[usize]| {
        let mut sorted = order.to_vec();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..order.len()).collect::<Vec<_>>(), "{question:?}");
    };
    let absent = |answer: &Expected| {
        let all = [&answer.text].into_iter().chain(&answer.also);
        let prompt = text::stems(&question.prompt);
        for text in all {
            assert!(!text::holds(&prompt, &text::stems(text)), "{question:?}");
        }
    };
    assert!(!question.prompt.trim().is_empty() && !question.source.quote.is_empty());
    match &question.task {
        Task::Cloze { answer } => {
            assert_eq!(question.prompt.matches(BLANK).count(), 1, "{question:?}");
            assert!(!answer.text.is_empty());
            absent(answer);
        }
        Task::Short { answer } => absent(answer),
        Task::Choice { options, correct } => {
            let distinct: std::collections::BTreeSet<&String> = options.iter().collect();
            assert!(distinct.len() == options.len() && (3..=4).contains(&options.len()) && *correct < options.len());
        }
        Task::Order { events, order } => {
            assert!((3..=4).contains(&events.len()) && order.len() == events.len());
            permutation(order);
            assert!(!order.is_sorted(), "shown in its right order: {question:?}");
        }
        Task::Match { terms, meanings, pairs } => {
            assert!(terms.len() == 3 && meanings.len() == 3);
            permutation(pairs);
        }
        Task::Exercise { .. } => {}
    }
}

#[test]
fn a_seed_gives_the_same_questions_and_another_one_others() {
    let made = |seed| make("Steam engines", STEAM, CELLS, any(4), seed);
    assert_eq!(made(5), made(5));
    assert!((0..20).any(|seed| made(seed) != made(5)));
    let four = made(5);
    assert!(four.len() == 4, "{four:#?}");
    let kinds: std::collections::BTreeSet<_> =
        four.iter().map(|question| std::mem::discriminant(&question.task)).map(|d| format!("{d:?}")).collect();
    assert!(kinds.len() >= 3, "kinds are mixed: {four:#?}");
}

proptest! {
    #[test]
    fn what_is_made_of_the_sentences_of_a_book_keeps_the_rules(
        picks in proptest::collection::vec(0usize..STEAM.len() + CELLS.len(), 0..14),
        seed in any_seed(),
    ) {
        let all: Vec<&str> = STEAM.iter().chain(CELLS).copied().collect();
        let own: Vec<&str> = picks.iter().map(|i| all[*i]).collect();
        let made = make("Steam engines", &own, STEAM, any(10), seed);
        made.iter().for_each(check);
        let quotes: std::collections::BTreeSet<&String> = made.iter().map(|question| &question.source.quote).collect();
        prop_assert_eq!(quotes.len(), made.len());
    }

    #[test]
    fn any_text_is_read_without_a_panic(
        own in proptest::collection::vec("\\PC{0,90}|([A-Z][a-z]{1,7} |the |of |is a |called |in 18[0-9]{2} |, |é|\\(|\"){3,16}\\.|[一-龥0-9]{9,30}。|[ا-ي ]{9,40}[٠-٩]{2,4}\\.", 0..9),
        seed in any_seed(),
    ) {
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        make(own.first().copied().unwrap_or_default(), &own, &own, any(10), seed).iter().for_each(check);
    }
}

fn any_seed() -> impl Strategy<Value = u64> {
    proptest::num::u64::ANY
}
