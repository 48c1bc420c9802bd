//! The rules on single messages, on any text and on the labelled messages.

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
    fn any_text_is_read_without_a_panic(message in "\\PC{0,200}", in_lesson: bool, is_asked: bool) {
        let _ = classify(&message, Situation { in_lesson, is_asked });
    }
}

#[test]
fn a_waiting_question_makes_an_answer_of_what_is_no_command() {
    let asked = Situation { in_lesson: true, is_asked: true };
    let cases = [
        ("B", Intent::Answer),
        ("3", Intent::Answer),
        ("1b 2a", Intent::Answer),
        ("yes", Intent::Answer),
        ("no", Intent::Answer),
        ("I think it is water?", Intent::Answer),
        ("when it rains", Intent::Answer),
        ("What is a noun?", Intent::Question),
        ("idk", Intent::GiveUp),
        ("just tell me", Intent::GiveUp),
        ("help me", Intent::Hint),
        ("give me a clue", Intent::Hint),
        ("skip", Intent::Jump(Jump::Skip)),
        ("next question", Intent::Jump(Jump::Skip)),
        ("stop the quiz", Intent::Stop),
        ("continue", Intent::Continue),
        ("teach me osmosis", Intent::Teach("osmosis".to_owned())),
    ];
    for (message, expected) in cases {
        assert_eq!(classify(message, asked), expected, "{message:?}");
    }
}

#[test]
fn places_names_and_heavy_words_are_told_from_questions() {
    let lesson = Situation { in_lesson: true, is_asked: false };
    let place = |name: &str| Intent::Jump(Jump::Place(name.to_owned()));
    let cases = [
        ("chapter 2", place("chapter 2")),
        ("go to section 3.1 please", place("section 3.1")),
        ("go to step 3", Intent::Jump(Jump::Step(3))),
        ("start over", Intent::Jump(Jump::Start)),
        ("go to the end", Intent::Jump(Jump::End)),
        ("teach me chapter 2", Intent::Teach("chapter 2".to_owned())),
        ("I am Asha", Intent::Name("Asha".to_owned())),
        ("call me Ravi", Intent::Name("Ravi".to_owned())),
        ("I am confused", Intent::Simpler),
        ("I am tired", Intent::Other),
        ("what is the next step of mitosis", Intent::Question),
        ("explain osmosis simply", Intent::Question),
        ("ok thanks, go on", Intent::Continue),
        ("hi, what is a river?", Intent::Question),
        ("I want to die", Intent::Distress),
        ("my uncle touched me", Intent::Distress),
        ("why does the cell die", Intent::Question),
        ("who killed Gandhi", Intent::Question),
        ("what is abuse", Intent::Question),
        ("you are stupid", Intent::Abuse),
        ("quiz me on floods", Intent::Quiz("floods".to_owned())),
    ];
    for (message, expected) in cases {
        assert_eq!(classify(message, lesson), expected, "{message:?}");
    }
}

/// How many of a set's messages are understood without an embedder, in thousandths: of the four seed intents, and of all.
fn understood(set: UtteranceSet) -> [usize; 2] {
    let seeds = ["teach", "continue", "question", "other"];
    let of: Vec<Utterance> = utterances().into_iter().filter(|one| one.set == set).collect();
    let share = |wanted: &dyn Fn(&Utterance) -> bool| {
        let wanted: Vec<&Utterance> = of.iter().filter(|one| wanted(one)).collect();
        let right = wanted.iter().filter(|one| classify(&one.text, one.situation()).name() == one.intent).count();
        right * 1000 / wanted.len()
    };
    [share(&|one| seeds.contains(&one.intent.as_str())), share(&|_| true)]
}

#[test]
fn words_alone_understand_most_of_the_labelled_messages() {
    for (set, [seeds, all]) in [(UtteranceSet::Test, [980, 980]), (UtteranceSet::Held, [870, 890])] {
        let found = understood(set);
        assert!(found[0] >= seeds && found[1] >= all, "{set:?}: {found:?} of 1000");
    }
}
