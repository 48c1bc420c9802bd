//! Whole conversations with the tutor, on books of a few lines and without a model.

use super::testing::{Parrot, Pupil, ShortShelf};
use super::*;
use std::sync::Arc;

struct Talk {
    tutor: Tutor,
    pupil: Pupil,
}

impl Talk {
    fn new(writer: Option<Arc<dyn Writer>>) -> Self {
        let tutor = Tutor::new(Arc::new(ShortShelf::streams_and_rivers()), writer);
        Self { tutor, pupil: Pupil { at: 1_700_000_000, ..Pupil::default() } }
    }

    fn say(&mut self, message: &str) -> Reply {
        self.pupil.say(&self.tutor, message)
    }
}

#[test]
fn a_lesson_pauses_for_a_question_and_resumes_where_it_stood() {
    let mut talk = Talk::new(None);
    let first = talk.say("Teach me about readable streams");
    assert_eq!(first.mode, Mode::Teaching);
    assert_eq!(first.current_topic.as_deref(), Some("readable streams"));
    let place = first.lesson.clone().expect("a lesson");
    assert_eq!((place.title.as_str(), place.step, place.total), ("readable streams", 1, 3));
    assert!(
        first.grounded && first.text.contains("Readable streams produce data for a writable stream."),
        "{}",
        first.text
    );

    assert_eq!(talk.say("continue").lesson.expect("a lesson").step, 2);
    let question = talk.say("What does a flood leave on the fields?");
    assert!(question.text.contains("A flood leaves silt on the fields. (p. 9)"), "{}", question.text);
    assert!(
        question.text.contains("**readable streams**") && question.text.contains("step 2 of 3"),
        "{}",
        question.text
    );
    assert_eq!((question.mode, question.lesson.expect("a lesson").step), (Mode::Teaching, 2));

    assert_eq!(talk.say("go on").lesson.expect("a lesson").step, 3);
    let done = talk.say("continue");
    assert_eq!((done.mode, done.lesson, done.current_topic), (Mode::Idle, None, None));
}

#[test]
fn what_is_not_in_the_books_is_said_to_be_not_in_the_books() {
    let mut talk = Talk::new(None);
    for message in ["teach me about volcanoes", "Who won the football match in Madrid?", "what is the capital of Peru"]
    {
        let reply = talk.say(message);
        assert!(reply.text.contains("could not find"), "{message}: {}", reply.text);
        assert!(!reply.grounded && reply.citations.is_empty() && reply.mode == Mode::Idle, "{message}");
        assert_eq!(reply.current_topic, None, "{message}");
        talk.say("What do readable streams produce?");
    }
    talk.say("teach me about floods");
    let aside = talk.say("Who won the football match in Madrid?");
    assert!(aside.text.contains("could not find") && aside.text.contains("**floods**"), "{}", aside.text);
}

#[test]
fn small_talk_is_met_with_help_and_keeps_the_lesson() {
    let mut talk = Talk::new(None);
    for message in ["hello", "thanks", "help", "continue", "...", "my brother has a red bicycle", "repeat", "bye"] {
        let reply = talk.say(message);
        assert!(reply.text.contains("teach me about"), "{message}: {}", reply.text);
        assert_eq!(reply.mode, Mode::Idle, "{message}");
    }
    assert!(talk.say("quiz me").text.contains("quiz me on Springs"));
    talk.say("teach me about floods");
    for message in ["hello", "thank you", "where are we?"] {
        assert_eq!(talk.say(message).mode, Mode::Teaching, "{message}");
    }
    let stopped = talk.say("stop the lesson");
    assert_eq!((stopped.mode, stopped.lesson), (Mode::Idle, None));
}

#[test]
fn a_lesson_goes_back_repeats_and_says_it_more_simply() {
    let mut talk = Talk::new(None);
    let first = talk.say("teach me about readable streams").text;
    talk.say("next");
    let back = talk.say("go back");
    assert_eq!(back.lesson.clone().expect("a lesson").step, 1);
    assert!(first.ends_with(&back.text), "{first}\n---\n{}", back.text);
    assert_eq!(talk.say("repeat").text, back.text);
    assert!(talk.say("go back").text.contains("first step already"));
    let simpler = talk.say("I don't understand");
    assert!(simpler.grounded && simpler.lesson.expect("a lesson").step == 1, "{}", simpler.text);
}

#[test]
fn the_models_words_are_shown_only_where_the_books_carry_them() {
    let supported = "Readable streams produce data. The moon is made of cheese.";
    let reply = Talk::new(Some(Arc::new(Parrot(supported)))).say("What do readable streams produce?");
    assert!(reply.text.contains("**In short:** Readable streams produce data. (p. 2)"), "{}", reply.text);
    assert!(!reply.text.contains("cheese"), "{}", reply.text);
    let reply =
        Talk::new(Some(Arc::new(Parrot("The moon is made of cheese.")))).say("What do readable streams produce?");
    assert!(!reply.text.contains("In short"), "{}", reply.text);
}

#[test]
fn a_cancelled_turn_says_so_and_a_welcome_knows_the_lesson() {
    let mut talk = Talk::new(Some(Arc::new(Parrot("Readable streams produce data."))));
    let cancel = Cancel::default();
    cancel.cancel();
    let Pupil { session, learner, at } = &mut talk.pupil;
    let said = Said { content: "teach me about readable streams", at: *at };
    let reply = talk.tutor.turn(Student { session, learner }, said, &mut |_| {}, &cancel);
    assert_eq!(reply.expect("books in memory").finish, Finish::Cancelled);
    learner.name = Some("Asha".into());
    let welcome = talk.tutor.welcome(session, learner);
    assert!(welcome.contains("Asha") && welcome.contains("step 1 of 3"), "{welcome}");
    assert!(talk.tutor.welcome(&Session::default(), &Learner::default()).contains("teach me about"));
}

#[test]
fn without_books_every_message_says_what_to_do() {
    let tutor = Tutor::new(Arc::new(ShortShelf::empty()), None);
    assert!(tutor.welcome(&Session::default(), &Learner::default()).contains("no books"));
    for message in ["hello", "what is a stream?", "help"] {
        let reply = Pupil::default().say(&tutor, message);
        assert!(reply.text.contains("no books"), "{message}: {}", reply.text);
    }
}

#[test]
fn a_session_survives_being_stored() {
    let mut talk = Talk::new(None);
    talk.say("teach me about readable streams");
    talk.say("What does a flood leave on the fields?");
    let stored = serde_json::to_string(&talk.pupil.session).expect("plain data");
    assert_eq!(serde_json::from_str::<Session>(&stored).expect("plain data"), talk.pupil.session);
    assert_eq!(serde_json::from_str::<Session>("{}").expect("defaults"), Session::default());
}

/// One turn each, told apart by what the reply must and must not say.
fn check(before: &[&str], cases: &[(&str, &[&str], &[&str])]) {
    for (message, says, says_not) in cases {
        let mut talk = Talk::new(None);
        for message in before {
            talk.say(message);
        }
        let reply = talk.say(message).text;
        for words in *says {
            assert!(reply.contains(words), "{message}: {words:?} is missing: {reply}");
        }
        for words in *says_not {
            assert!(!reply.contains(words), "{message}: says {words:?}: {reply}");
        }
    }
}

#[test]
fn what_the_books_hold_is_told_by_their_headings_and_pages() {
    check(
        &[],
        &[
            (
                "which books do you have?",
                &["2 books", "*Stream handbook* (stream-handbook.pdf)", "*Rivers*"],
                &["could not"],
            ),
            ("what chapters are there?", &["2 Readable streams (p. 2)", "Springs (p. 8)"], &[]),
            ("the rivers book", &["Floods (p. 9)"], &["Readable"]),
            ("what is in rivers.pdf?", &["Floods (p. 9)"], &["Readable"]),
            ("what is in the dragon book?", &["no book called “the dragon book”", "Rivers"], &[]),
            (
                "what is on page 3 of the stream handbook?",
                &["On page 3 of", "“2 Readable streams”", "The pipe method"],
                &[],
            ),
            ("page 12 of rivers.pdf", &["no page 12", "0 to 9"], &[]),
            ("page 7 of rivers.pdf", &["no text on page 7"], &[]),
            ("what is on page 9?", &["Of which book?", "Rivers"], &["silt"]),
        ],
    );
    // The book in hand is the one last answered from, and the lesson's before that.
    check(
        &["What does a flood leave on the fields?"],
        &[("what is on page 8?", &["A river begins at a spring"], &["which book"])],
    );
    check(
        &["What does a flood leave on the fields?", "teach me about readable streams"],
        &[(
            "show me page 5",
            &["Writable streams take data in.", "Our lesson on **readable streams** waits"],
            &["which book"],
        )],
    );
    check(&["what is on page 9?"], &[("Rivers", &["On page 9 of *Rivers*", "silt"], &[])]);
}

#[test]
fn terms_are_compared_and_sections_summed_up() {
    check(
        &[],
        &[
            (
                "compare readable and writable streams",
                &["**Readable streams**, from", "**Writable streams**, from", "Writable streams take data in."],
                &["could not"],
            ),
            ("compare floods and volcanoes", &["**Volcanoes**: I could not find that", "silt"], &[]),
            ("difference between volcanoes and dragons", &["cannot compare"], &[]),
            (
                "summarise chapter 2",
                &["**2 Readable streams**", "Readable streams produce data", "constructor"],
                &["garden hose"],
            ),
            ("what is the section on floods about?", &["silt"], &["garden"]),
            ("summarise rivers.pdf", &["*Rivers*", "spring", "silt"], &["garden"]),
            ("summarise chapter 9", &["None of your books has a chapter 9", "3 Writable streams (p. 5)"], &[]),
            ("summary of dragons", &["None of your books has a section “dragons”"], &[]),
        ],
    );
    check(&["teach me about floods"], &[("summarise this section", &["**Floods**", "silt", "Our lesson"], &[])]);
}

#[test]
fn a_question_may_be_asked_of_a_section_or_a_book_only() {
    check(
        &[],
        &[
            ("In chapter 2, what do streams do?", &["“2"], &["garden", "could not"]),
            ("What does chapter 3 say about streams?", &["Writable streams take data in."], &[]),
            ("According to rivers.pdf, where does a river begin?", &["at a spring"], &[]),
            ("according to rivers, what leaves silt on the fields?", &["A flood"], &["garden"]),
            (
                "In chapter 3, what does a flood leave on the fields?",
                &["could not find that in “3 Writable", "elsewhere", "silt"],
                &[],
            ),
            (
                "In rivers.pdf, who won the football match in Madrid?",
                &["could not find that in *Rivers*"],
                &["teach me"],
            ),
            ("In chapter 9, what is a stream?", &["None of your books has a chapter 9"], &[]),
        ],
    );
}

#[test]
fn a_follow_up_is_asked_of_what_was_spoken_of() {
    check(
        &["What do readable streams produce?"],
        &[
            ("and writable streams?", &["You mean: *What do writable streams produce?*"], &[]),
            ("What takes in their data?", &["streams"], &["You mean", "could not"]),
        ],
    );
    check(&["teach me about floods"], &[("What do they leave on the fields?", &["silt"], &["could not"])]);
    check(&[], &[("what about it?", &["could not"], &[])]);
}
