//! What the teacher reads of the class: what was asked, what is known, and both as files.

use super::auth::in_classroom;
use super::error::ApiError;
use super::http::App;
use super::protocol::timestamp;
use super::session::read_learner;
use super::sessions::{FormatQuery, cell, file_name};
use super::transcript::now;
use crate::passage::Citation;
use crate::tutor::{Learner, Place, Verdict};
use axum::Json;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where an answer was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(super) struct Source {
    title: String,
    page_label: String,
    url: String,
}

impl Source {
    pub(super) fn of(citation: &Citation) -> Self {
        let Citation { title, page_label, url, .. } = citation;
        Self { title: title.clone(), page_label: page_label.clone(), url: url.clone() }
    }
}

/// Questions that ask the same.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
struct Group {
    /// As it was last put.
    question: String,
    /// How often it was asked.
    count: usize,
    /// What became of it the last time.
    #[schemars(with = "Verdict")]
    outcome: String,
    /// Who asked, by name.
    students: Vec<String>,
    /// When it was last asked: RFC 3339, UTC, seconds.
    last: String,
    /// Where the answer was found.
    pages: Vec<Source>,
}

/// What was asked of the books.
#[derive(Serialize, JsonSchema)]
pub(super) struct Questions {
    /// The most asked first.
    groups: Vec<Group>,
}

/// `GET /api/class/questions`
pub(super) async fn questions(State(app): State<Arc<App>>) -> Result<Json<Questions>, ApiError> {
    let asked = in_classroom(&app, |classroom| classroom.questions().map(Ok)).await?;
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    // The newest come first: how a question was last put, and answered, is what stands for its group.
    for one in asked {
        let name = app.hub.class.name(&one.client_id);
        let group = groups.entry(one.asked.key).or_insert_with(|| Group {
            question: one.asked.question,
            count: 0,
            outcome: one.asked.verdict,
            students: Vec::new(),
            last: timestamp(one.at),
            pages: serde_json::from_str(&one.asked.sources).unwrap_or_default(),
        });
        group.count += 1;
        if !group.students.contains(&name) {
            group.students.push(name);
        }
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| b.last.cmp(&a.last)));
    Ok(Json(Questions { groups }))
}

/// One student and what they know.
struct Row {
    client_id: String,
    name: String,
    learner: Learner,
}

/// Everyone who has answered a question, by name.
async fn rows(app: &Arc<App>) -> Result<Vec<Row>, ApiError> {
    let learned = in_classroom(app, |classroom| classroom.all_learned().map(Ok)).await?;
    let row = |(client_id, learned): (String, String)| {
        let id = client_id.parse().ok()?;
        let learner = read_learner(Some(&learned), &id);
        Some(Row { name: app.hub.class.name(&client_id), client_id, learner })
    };
    let mut rows: Vec<Row> = learned.into_iter().filter_map(row).collect();
    rows.retain(|row| !row.learner.sections.is_empty());
    rows.sort_by_cached_key(|row| row.name.to_lowercase());
    Ok(rows)
}

/// How well a student knows a section.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
struct Cell {
    /// 0 to 1.
    mastery: f32,
    /// Questions answered.
    num_asked: u32,
    /// Those that were right at the first try and without help.
    num_right: u32,
}

/// A section that someone was asked about.
#[derive(Serialize, JsonSchema)]
struct AskedSection {
    /// The book's file name.
    book: String,
    /// The book's title.
    title: String,
    /// The section's heading.
    section: String,
}

/// A row of the table.
#[derive(Serialize, JsonSchema)]
struct StudentCells {
    /// Names their session.
    client_id: String,
    /// As they are called.
    name: String,
    /// One for each section; nothing where they were not asked.
    cells: Vec<Option<Cell>>,
}

/// What every student knows of every section that anyone was asked about.
#[derive(Serialize, JsonSchema)]
pub(super) struct Mastery {
    /// The columns, in book order.
    sections: Vec<AskedSection>,
    /// The rows, by name.
    students: Vec<StudentCells>,
}

/// The sections that anyone was asked about, in book order, and what each student knows of them.
fn heat(rows: &[Row]) -> (Vec<AskedSection>, Vec<Vec<Option<Cell>>>) {
    let mut sections: BTreeMap<(String, usize, Place), AskedSection> = BTreeMap::new();
    let known = rows.iter().flat_map(|row| &row.learner.sections);
    for one in known {
        let place = (one.file_name.clone(), one.ordinal, one.place.clone());
        let (book, title, section) = (one.file_name.clone(), one.book_title.clone(), one.title.clone());
        let section = AskedSection { book, title, section };
        sections.insert(place, section);
    }
    let columns: BTreeMap<&Place, usize> =
        sections.keys().enumerate().map(|(column, (_, _, place))| (place, column)).collect();
    let cells = rows.iter().map(|row| {
        let mut cells = vec![None; sections.len()];
        for known in &row.learner.sections {
            let mastery = (known.mastery(now()) * 100.0).round() / 100.0;
            let cell = Cell { mastery, num_asked: known.num_asked, num_right: known.num_right };
            if let Some(column) = columns.get(&known.place) {
                cells[*column] = Some(cell);
            }
        }
        cells
    });
    let cells = cells.collect();
    (sections.into_values().collect(), cells)
}

fn table(rows: Vec<Row>) -> Mastery {
    let (sections, cells) = heat(&rows);
    let student = |(Row { client_id, name, .. }, cells)| StudentCells { client_id, name, cells };
    Mastery { sections, students: rows.into_iter().zip(cells).map(student).collect() }
}

/// `GET /api/class/mastery`
pub(super) async fn mastery(State(app): State<Arc<App>>) -> Result<Json<Mastery>, ApiError> {
    Ok(Json(table(rows(&app).await?)))
}

/// `GET /api/class/export?format=json|csv`
pub(super) async fn export(
    State(app): State<Arc<App>>,
    Query(query): Query<FormatQuery>,
) -> Result<Response, ApiError> {
    let format = query.one_of(&["json", "csv"])?;
    let rows = rows(&app).await?;
    let file_name = file_name(&format!("class.{format}"));
    if format == "json" {
        return Ok((file_name, Json(table(rows))).into_response());
    }
    let mut text = "student,client_id,book,title,section,mastery,num_asked,num_right,due\r\n".to_owned();
    for row in &rows {
        for entry in row.learner.progress(now()) {
            let due = entry.due.map(timestamp).unwrap_or_default();
            let words = [&row.name, &row.client_id, &entry.book, &entry.title, &entry.section].map(|field| cell(field));
            let (mastery, asked, right) = (entry.mastery, entry.num_asked, entry.num_right);
            text.push_str(&format!("{},{mastery},{asked},{right},{due}\r\n", words.join(",")));
        }
    }
    Ok((file_name, [(header::CONTENT_TYPE, "text/csv; charset=utf-8")], text).into_response())
}
