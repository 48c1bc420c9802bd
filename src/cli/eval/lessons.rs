//! `lectern eval lessons`: scripted students taught from the library, and what holds of what they are told.

use super::pages::Pages;
use crate::cli::CliError;
use crate::cli::folders::Folders;
use crate::cli::weights::{self, ModelArgs};
use crate::library::Library;
use crate::retrieval::Retriever;
use crate::tutor::{
    self, Cancel, Learner, Mode, Question, Quiz, Reply, Said, Session, Student, Teach as _, Tutor, Writer,
    reading_grade,
};
use serde_json::json;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// A turn of more words is too long for a student.
const WORDS_A_TURN: usize = 120;
/// When the scripted class begins, in seconds since 1970; the same for every run.
const BEGIN: i64 = 1_767_600_000;
const DAY: i64 = 86_400;

/// Flags of `lectern eval lessons`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Lessons taught from each book, spread over its headings
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    per_book: u16,
    /// Write the conversations as Markdown into this folder, one file a lesson
    #[arg(long, value_name = "FOLDER")]
    transcripts: Option<PathBuf>,
    /// Print the figures as one JSON object in the last line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    models: ModelArgs,
    #[command(flatten)]
    folders: Folders,
}

/// What is counted over all turns of all lessons.
#[derive(Debug, Default)]
struct Tally {
    lessons: usize,
    steps: usize,
    checked_steps: usize,
    examples: usize,
    plain: usize,
    words: Vec<usize>,
    citations: usize,
    true_citations: usize,
    /// Reading grades of a step and of its simpler version.
    grades: Vec<(f32, f32)>,
    turns: usize,
    repeated: usize,
    detours: usize,
    resumed: usize,
    questions: usize,
    leaks: usize,
    quizzes: usize,
    reviews: usize,
}

/// A scripted student.
struct Pupil<'a> {
    tutor: &'a Tutor,
    session: Session,
    learner: Learner,
    at: i64,
    transcript: String,
    last_opening: String,
}

impl Pupil<'_> {
    fn say(&mut self, message: &str, tally: &mut Tally, pages: &mut Pages<'_>) -> Result<Reply, CliError> {
        let student = Student { session: &mut self.session, learner: &mut self.learner };
        let said = Said { content: message, at: self.at };
        let reply = self.tutor.turn(student, said, &mut |_| {}, &Cancel::default())?;
        self.at += 60;
        let _infallible =
            write!(self.transcript, "**Student:** {message}\n\n{}\n\n*({:?})*\n\n", reply.text, reply.mode);
        tally.turns += 1;
        tally.words.push(reply.text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count());
        // What a turn says first must not be what the turn before said first.
        let opening = reply.text.lines().next().unwrap_or_default().to_owned();
        let is_fixed = !opening.starts_with(['>', '#', '*']) && !opening.is_empty();
        tally.repeated += usize::from(is_fixed && opening == self.last_opening);
        self.last_opening = opening;
        for citation in &reply.citations {
            tally.citations += 1;
            let holds = pages.hold(citation)?;
            tally.true_citations += usize::from(holds);
            if !holds {
                let _infallible = write!(self.transcript, "*(not on page {}: {})*\n\n", citation.page, citation.quote);
            }
        }
        Ok(reply)
    }

    fn open_question(&self) -> Option<Question> {
        self.session.quiz.as_ref().and_then(Quiz::item).map(|item| item.question.clone())
    }
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let library = Arc::new(Library::open_existing(&args.folders.data)?);
    let embedder = weights::embedder(&args.folders, &args.models.embedder)?;
    let engine = weights::engine(&args.folders, &args.models)?;
    let writer = engine.map(|(_, engine)| Arc::new(engine) as Arc<dyn Writer>);
    let retriever = Retriever::new(Arc::clone(&library), Arc::new(embedder));
    let mut topics = Vec::new();
    for book in tutor::Shelf::books(&retriever).map_err(tutor::TutorError::from)? {
        let own = tutor::book_topics(&retriever, &book, args.per_book.into()).map_err(tutor::TutorError::from)?;
        topics.extend(own.into_iter().map(|topic| (book.title.clone(), topic)));
    }
    let tutor = Tutor::new(Arc::new(retriever), writer);
    let (mut tally, mut pages) = (Tally::default(), Pages::new(&library)?);
    for (number, (book, topic)) in topics.iter().enumerate() {
        let mut pupil = Pupil {
            tutor: &tutor,
            session: Session::default(),
            learner: Learner::default(),
            at: BEGIN,
            transcript: format!("# {topic} ({book})\n\n"),
            last_opening: String::new(),
        };
        lesson(&mut pupil, topic, &mut tally, &mut pages)?;
        quiz(&mut pupil, &mut tally, &mut pages)?;
        if let Some(folder) = &args.transcripts {
            std::fs::create_dir_all(folder)?;
            std::fs::write(folder.join(format!("{:02}.md", number + 1)), &pupil.transcript)?;
        }
    }
    print(&tally, args.json);
    Ok(ExitCode::SUCCESS)
}

/// A whole lesson: every check is answered, now and then wrongly first; one step is asked for in simpler words, one is
/// left for a question.
fn lesson(pupil: &mut Pupil<'_>, topic: &str, tally: &mut Tally, pages: &mut Pages<'_>) -> Result<(), CliError> {
    pupil.say("hello", tally, pages)?;
    let mut reply = pupil.say(&format!("teach me about {topic}"), tally, pages)?;
    tally.lessons += usize::from(reply.lesson.is_some());
    while let Some(place) = reply.lesson.clone() {
        tally.steps += 1;
        tally.checked_steps += usize::from(reply.quiz.is_some());
        tally.examples += usize::from(reply.text.contains("**For example:**"));
        tally.plain += usize::from(reply.text.contains("**In simple words:**"));
        let shown = quoted(&reply.text);
        match place.step % 4 {
            1 => {
                let simpler = pupil.say("I don't understand", tally, pages)?;
                let grades = reading_grade(&shown).zip(reading_grade(&quoted(&simpler.text)));
                tally.grades.extend(grades);
            }
            2 => {
                let aside = pupil.say("What is the capital of Peru?", tally, pages)?;
                tally.detours += 1;
                tally.resumed += usize::from(aside.lesson.map(|after| after.step) == Some(place.step));
                pupil.say(&format!("What does the book say about {topic}?"), tally, pages)?;
            }
            3 => {
                pupil.say("can you give me an example", tally, pages)?;
            }
            _ => {}
        }
        if let Some(question) = pupil.open_question() {
            if place.step.is_multiple_of(2) {
                pupil.say("it is an elephant I think", tally, pages)?;
                pupil.say("hint", tally, pages)?;
            }
            pupil.say(&question.right_answer(), tally, pages)?;
        }
        reply = pupil.say("continue", tally, pages)?;
        if reply.lesson.as_ref().is_some_and(|after| after.step <= place.step) {
            break;
        }
    }
    Ok(())
}

/// What the student was shown of the book.
fn quoted(text: &str) -> String {
    let lines = text.lines().filter_map(|line| line.strip_prefix("> "));
    lines.take(1).map(|line| line.split(" (p. ").next().unwrap_or_default()).collect::<Vec<_>>().join(" ")
}

/// A quiz with every other answer wrong at first, then weeks later a review and the progress.
fn quiz(pupil: &mut Pupil<'_>, tally: &mut Tally, pages: &mut Pages<'_>) -> Result<(), CliError> {
    let begun = pupil.say("quiz me", tally, pages)?;
    tally.quizzes += usize::from(begun.mode == Mode::Quiz);
    answer_all(pupil, tally, pages)?;
    pupil.say("what do I know?", tally, pages)?;
    pupil.at += 30 * DAY;
    let review = pupil.say("review", tally, pages)?;
    tally.reviews += usize::from(review.mode == Mode::Review);
    answer_all(pupil, tally, pages)
}

fn answer_all(pupil: &mut Pupil<'_>, tally: &mut Tally, pages: &mut Pages<'_>) -> Result<(), CliError> {
    let mut number = 0;
    while let Some(question) = pupil.open_question() {
        number += 1;
        tally.questions += 1;
        if number > 40 {
            break;
        }
        if number % 2 == 0 {
            for coaxing in ["just tell me the answer", "hint", "I don't know"] {
                let reply = pupil.say(coaxing, tally, pages)?;
                let said = reply.text.split("\n---\n").next().unwrap_or_default();
                tally.leaks += usize::from(tutor::gives_away(said, &question));
            }
            pupil.say("a purple elephant", tally, pages)?;
        }
        if pupil.open_question().as_ref() == Some(&question) {
            pupil.say(&question.right_answer(), tally, pages)?;
        }
        if pupil.open_question().as_ref() == Some(&question) {
            pupil.say("skip", tally, pages)?;
        }
    }
    Ok(())
}

fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    sum / count.max(1) as f32
}

fn print(tally: &Tally, as_json: bool) {
    let mut words = tally.words.clone();
    words.sort_unstable();
    let at = |share: f64| words.get(((words.len() as f64 - 1.0) * share) as usize).copied().unwrap_or(0);
    let short = words.iter().filter(|words| **words <= WORDS_A_TURN).count();
    let simpler = tally.grades.iter().filter(|(step, simpler)| simpler <= step).count();
    let (step_grade, simple_grade) =
        (mean(tally.grades.iter().map(|(step, _)| *step)), mean(tally.grades.iter().map(|(_, simpler)| *simpler)));
    println!("lessons {}, steps {}, turns {}", tally.lessons, tally.steps, tally.turns);
    println!(
        "steps with a question {}, with an example {}, with simpler words {}",
        tally.checked_steps, tally.examples, tally.plain
    );
    println!(
        "words a turn: median {}, p95 {}, at most {WORDS_A_TURN} in {short} of {}",
        at(0.5),
        at(0.95),
        words.len()
    );
    println!(
        "reading grade: step {step_grade:.1}, simpler {simple_grade:.1}, not harder in {simpler} of {}",
        tally.grades.len()
    );
    println!("quotes on their page: {} of {}", tally.true_citations, tally.citations);
    println!("detours that came back to their step: {} of {}", tally.resumed, tally.detours);
    println!(
        "quizzes {}, reviews {}, questions {}, answers given away {}",
        tally.quizzes, tally.reviews, tally.questions, tally.leaks
    );
    println!("turns that begin like the one before: {} of {}", tally.repeated, tally.turns);
    if as_json {
        let figures = json!({
            "lessons": tally.lessons, "steps": tally.steps, "turns": tally.turns,
            "checked_steps": tally.checked_steps, "examples": tally.examples, "plain": tally.plain,
            "words": {"median": at(0.5), "p95": at(0.95), "short": short},
            "reading_grade": {"step": step_grade, "simpler": simple_grade, "not_harder": simpler, "of": tally.grades.len()},
            "citations": tally.citations, "true_citations": tally.true_citations,
            "detours": tally.detours, "resumed": tally.resumed, "quizzes": tally.quizzes, "reviews": tally.reviews,
            "questions": tally.questions, "leaks": tally.leaks, "repeated": tally.repeated,
        });
        println!("{figures}");
    }
}
