//! Quizzes, checks, hints, reviews and detours in whole conversations, on books of a few lines and without a model.

use super::testing::{Pupil, ShortShelf};
use super::*;
use std::sync::Arc;

const START: i64 = 1_700_000_000;

fn tutor() -> Tutor {
    Tutor::new(Arc::new(ShortShelf::planets()), None)
}

fn pupil() -> Pupil {
    Pupil { at: START, ..Pupil::default() }
}

fn open(pupil: &Pupil) -> &Item {
    pupil.session.quiz.as_ref().and_then(Quiz::item).expect("a question is open")
}

/// Answers every open question rightly; returns the last reply.
fn finish(tutor: &Tutor, pupil: &mut Pupil) -> Reply {
    for _ in 0..20 {
        let answer = pupil.right_answer();
        let reply = pupil.say(tutor, &answer);
        assert_eq!(
            reply.quiz.as_ref().map_or(Some(QuizResult::Right), |quiz| quiz.result),
            Some(QuizResult::Right),
            "{answer}: {}",
            reply.text
        );
        if reply.quiz.is_none() {
            return reply;
        }
    }
    panic!("the quiz does not end");
}

#[test]
fn a_quiz_is_asked_graded_and_scored() {
    let (tutor, mut pupil) = (tutor(), pupil());
    let first = pupil.say(&tutor, "quiz me on the moon");
    let quiz = first.quiz.expect("a question");
    assert_eq!((first.mode, quiz.purpose, quiz.number, quiz.attempts), (Mode::Quiz, Purpose::Quiz, 1, 0));
    assert!(quiz.total >= 2, "{quiz:?}");
    let wrong = pupil.say(&tutor, "purple elephants");
    let place = wrong.quiz.expect("still open");
    assert_eq!((place.result, place.attempts, place.hints), (Some(QuizResult::Wrong), 1, 1), "{}", wrong.text);
    let last = finish(&tutor, &mut pupil);
    assert!(
        last.text.contains(&format!("You had {0} of {0}, {1} at the first try", quiz.total, quiz.total - 1)),
        "{}",
        last.text
    );
    assert!(last.text.contains("To read again:\n- page") && last.text.contains("again"), "{}", last.text);
    assert_eq!((last.mode, last.lesson), (Mode::Idle, None));
    let known = &pupil.learner.sections[0];
    assert_eq!((known.num_asked as usize, known.num_right as usize), (quiz.total, quiz.total - 1));
}

#[test]
fn hints_climb_one_by_one_and_the_answer_comes_last() {
    let (tutor, mut pupil) = (tutor(), pupil());
    pupil.say(&tutor, "quiz me on the moon");
    let question = open(&pupil).question.clone();
    let hinted = pupil.say(&tutor, "hint");
    assert_eq!(hinted.quiz.expect("still open").hints, 1);
    for message in ["hint", "I don't know", "give me another hint"] {
        let refused = pupil.say(&tutor, message);
        assert_eq!(refused.quiz.expect("still open").hints, 1, "{message}: {}", refused.text);
    }
    for attempt in 1..=3 {
        let reply = pupil.say(&tutor, &format!("purple elephants {attempt}"));
        let is_last = attempt == 3;
        let shown = reply.text.split("\n---\n").next().expect("some text");
        assert_eq!(shown.contains(&question.source.quote), is_last, "{shown}");
    }
    let (first, next) = (&pupil.session.quiz.as_ref().expect("goes on").items[0], open(&pupil));
    assert_eq!(first.end, Some(ItemEnd::Done(Outcome::Shown)));
    assert_ne!(next.question, question);
}

#[test]
fn a_lesson_checks_every_step_and_goes_on_whatever_the_answer() {
    let (tutor, mut pupil) = (tutor(), pupil());
    let first = pupil.say(&tutor, "teach me about the moon");
    let check = first.quiz.expect("a check question");
    assert_eq!((first.mode, check.purpose, check.total), (Mode::Teaching, Purpose::Check, 1));
    let answer = open(&pupil).question.right_answer();
    let right = pupil.say(&tutor, &answer);
    assert!(right.quiz.is_none() && right.grounded, "{}", right.text);
    assert!(right.text.contains("**continue**"), "{}", right.text);
    assert_eq!(pupil.learner.sections[0].num_right, 1);
    let second = pupil.say(&tutor, "continue");
    assert_eq!(second.lesson.expect("a lesson").step, 2);
    // Not answering is allowed.
    let third = pupil.say(&tutor, "continue");
    assert_eq!(third.lesson.map(|place| place.step), Some(3));
}

#[test]
fn a_question_in_the_middle_of_a_check_is_answered_and_the_check_comes_back() {
    let (tutor, mut pupil) = (tutor(), pupil());
    pupil.say(&tutor, "teach me about the moon");
    let question = open(&pupil).question.clone();
    for (message, says) in [
        ("What do volcanoes throw out?", "ash"),
        ("What is the capital of Peru?", "could not find"),
        ("Which planet has rings?", "rings"),
    ] {
        let reply = pupil.say(&tutor, message);
        assert!(reply.text.contains(says), "{message}: {}", reply.text);
        assert_eq!((reply.mode, reply.lesson.map(|place| place.step)), (Mode::Teaching, Some(1)), "{message}");
        assert_eq!(open(&pupil).question, question, "{message}");
    }
    let open_questions = &pupil.session.lesson.as_ref().expect("a lesson").open;
    assert_eq!(open_questions.as_slice(), ["What is the capital of Peru?"]);
    assert_eq!(pupil.say(&tutor, "go on").lesson.expect("a lesson").step, 2);
}

#[test]
fn a_quiz_in_a_lesson_leads_back_to_the_lesson() {
    let (tutor, mut pupil) = (tutor(), pupil());
    pupil.say(&tutor, "teach me about the moon");
    pupil.say(&tutor, "continue");
    let quiz = pupil.say(&tutor, "quiz me");
    assert_eq!(quiz.mode, Mode::Quiz);
    assert_eq!(quiz.lesson.expect("it waits").step, 2);
    let aside = pupil.say(&tutor, "What do volcanoes throw out?");
    assert!(aside.text.contains("ash") && aside.mode == Mode::Quiz, "{}", aside.text);
    let stopped = pupil.say(&tutor, "stop the quiz");
    assert_eq!((stopped.mode, stopped.lesson.expect("it goes on").step), (Mode::Teaching, 2));
    assert!(stopped.text.contains("step 2"), "{}", stopped.text);
}

#[test]
fn a_detour_in_a_quiz_comes_back_to_the_question() {
    let (tutor, mut pupil) = (tutor(), pupil());
    pupil.say(&tutor, "quiz me on the moon");
    let question = open(&pupil).question.clone();
    for message in ["What do volcanoes throw out?", "hello", "which books do you have?", "thanks", "what do I know"] {
        let reply = pupil.say(&tutor, message);
        assert_eq!((reply.mode, &open(&pupil).question), (Mode::Quiz, &question), "{message}");
        assert_eq!(reply.quiz.expect("still asked").attempts, 0, "{message}");
    }
}

#[test]
fn moving_in_the_lesson_puts_the_quiz_away() {
    let tutor = tutor();
    for (message, step) in [("go back", 1), ("go to step 3", 3), ("start over", 1)] {
        let mut pupil = pupil();
        pupil.say(&tutor, "teach me about the moon");
        pupil.say(&tutor, "continue");
        pupil.say(&tutor, "quiz me");
        let moved = pupil.say(&tutor, message);
        assert_eq!((moved.mode, moved.lesson.map(|place| place.step)), (Mode::Teaching, Some(step)), "{message}");
    }
}

#[test]
fn what_was_learned_comes_back_for_review_after_days() {
    let (tutor, mut pupil) = (tutor(), pupil());
    assert!(pupil.say(&tutor, "review").text.contains("nothing to go over yet"));
    pupil.say(&tutor, "quiz me on the moon");
    finish(&tutor, &mut pupil);
    assert!(pupil.say(&tutor, "review").text.contains("nothing to go over today"));
    pupil.at += 40 * 86_400;
    let progress = pupil.say(&tutor, "what do I know");
    let entries = progress.progress.expect("a list");
    assert!(entries[0].mastery < 0.9 && progress.text.contains("say **review**"), "{} {entries:?}", progress.text);
    let review = pupil.say(&tutor, "review");
    assert_eq!((review.mode, review.quiz.map(|quiz| quiz.purpose)), (Mode::Review, Some(Purpose::Review)));
    let done = finish(&tutor, &mut pupil);
    assert!(done.text.contains("again in "), "{}", done.text);
    assert!(pupil.learner.progress(pupil.at)[0].mastery > 0.9);
}

#[test]
fn a_name_is_kept_beyond_the_conversation() {
    let (tutor, mut pupil) = (tutor(), pupil());
    assert!(pupil.say(&tutor, "my name is Asha").text.contains("Asha"));
    pupil.session = Session::default();
    assert!(pupil.say(&tutor, "hello").text.contains("Asha"));
}

#[test]
fn a_student_in_distress_is_told_to_speak_to_somebody() {
    let (tutor, mut pupil) = (tutor(), pupil());
    pupil.say(&tutor, "quiz me on the moon");
    let reply = pupil.say(&tutor, "I want to die");
    assert!(reply.text.contains("adult you trust") && reply.quiz.is_none(), "{}", reply.text);
    assert!(!reply.text.contains("continue") && !reply.text.contains("---"), "{}", reply.text);
}

#[test]
fn a_language_that_the_books_are_not_in_is_named() {
    let (tutor, mut pupil) = (tutor(), pupil());
    let reply = pupil.say(&tutor, "¿Qué es la luna y por qué brilla por la noche?");
    assert!(reply.text.contains("en inglés"), "{}", reply.text);
}
