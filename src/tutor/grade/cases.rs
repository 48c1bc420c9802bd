//! Answers of students with the grade a teacher gave them.

use super::grade;
use crate::passage::Citation;
use crate::tutor::question::{Grade, Question, Task};
use serde::Deserialize;

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct GradingCase {
    /// `tune`, `test` or `held`.
    pub(crate) set: String,
    /// What was asked.
    pub(crate) question: Question,
    /// What the student wrote.
    pub(crate) student: String,
    /// The teacher's grade.
    pub(crate) label: Grade,
}

impl GradingCase {
    /// How the answer is graded.
    pub(crate) fn grade(&self, nearness: &mut dyn FnMut(&str, &str) -> Option<f32>) -> Grade {
        grade(&self.question, &self.student, nearness)
    }

    /// The kind of question, with the form of its answer.
    pub(crate) fn kind(&self) -> String {
        let (kind, expected) = match &self.question.task {
            Task::Cloze { answer } => ("cloze", Some(answer)),
            Task::Short { answer } => ("short", Some(answer)),
            Task::Exercise { answer } => ("exercise", answer.as_ref()),
            Task::Choice { .. } => ("choice", None),
            Task::Order { .. } => ("order", None),
            Task::Match { .. } => ("match", None),
        };
        let form = expected.map_or_else(String::new, |expected| format!(" {:?}", expected.form).to_lowercase());
        format!("{kind}{form}")
    }
}

/// A line of the file: a question with all its answers.
#[derive(Deserialize)]
struct Row {
    set: String,
    prompt: String,
    #[serde(flatten)]
    task: Task,
    source: String,
    students: Students,
}

/// Answers by the teacher's grade.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Students {
    right: Vec<String>,
    partly: Vec<String>,
    wrong: Vec<String>,
    none: Vec<String>,
}

/// All answers of the file.
pub(crate) fn grading_cases() -> Vec<GradingCase> {
    let lines = include_str!("../data/grading.jsonl").lines().filter(|line| !line.is_empty());
    lines.flat_map(|line| cases(serde_json::from_str(line).expect("a test reads every line of the file"))).collect()
}

fn cases(row: Row) -> Vec<GradingCase> {
    let source = Citation {
        book: "book.pdf".to_owned(),
        title: "Book".to_owned(),
        page: 7,
        page_label: "7".to_owned(),
        quote: row.source,
        url: String::new(),
        spans: Vec::new(),
    };
    let question = Question { prompt: row.prompt, task: row.task, source };
    let case = |(label, student)| GradingCase { set: row.set.clone(), question: question.clone(), student, label };
    let Students { right, partly, wrong, none } = row.students;
    let all = [(Grade::Right, right), (Grade::Partly, partly), (Grade::Wrong, wrong), (Grade::None, none)];
    let answers = all.into_iter().flat_map(|(label, said)| said.into_iter().map(move |said| (label, said)));
    answers.map(case).collect()
}
