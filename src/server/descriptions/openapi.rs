//! The HTTP interface, as OpenAPI 3.1. Who may ask for what comes out of the table of [rules](access::RULES).

use super::schemas::Schemas;
use crate::server::access::{self, Rule};
use crate::server::auth::{ClassToJoin, Join, Login, Me, NewPassword, SignedIn};
use crate::server::books::{BookEntry, PageEntry};
use crate::server::class_report::{Mastery, Questions};
use crate::server::error::ErrorBody;
use crate::server::http::{Health, Info};
use crate::server::intake::IngestProgress;
use crate::server::openai::chat::ChatCompletion;
use crate::server::openai::embeddings::{EmbeddingList, EmbeddingRequest};
use crate::server::openai::wire::ChatRequest;
use crate::server::openai::{self, ModelList};
use crate::server::sessions::{Conversation, Learned};
use crate::server::students::{ClassCode, Names, StudentEntry};
use axum::http::Method;
use serde_json::{Map, Value, json};

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

/// The variable parts of paths, with an example each.
const PARAMETERS: [(&str, &str, &str); 4] = [
    ("client_id", "1 to 64 of A-Z a-z 0-9 . _ -", "ann"),
    ("id", "the book's, out of /api/books", "history"),
    ("page", "counted from 1", "12"),
    ("file", "name of the file", "index.html"),
];

/// One thing to ask for.
struct Operation {
    path: &'static str,
    method: Method,
    fields: Map<String, Value>,
    parameters: Vec<Value>,
    responses: Map<String, Value>,
    /// The schema of what is said when it fails.
    error: Value,
}

fn text() -> Value {
    json!({"type": "string"})
}

impl Operation {
    fn new(schemas: &mut Schemas, method: Method, path: &'static str, summary: &str) -> Self {
        let error = if path.starts_with("/v1/") {
            schemas.written::<openai::ErrorBody>()
        } else {
            schemas.written::<ErrorBody>()
        };
        let variable = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let known = variable.filter_map(|name| PARAMETERS.iter().find(|(known, ..)| *known == name));
        let parameters = known
            .map(|(name, description, example)| {
                json!({"name": name, "in": "path", "required": true, "description": description, "schema": text(),
                       "example": example})
            })
            .collect();
        let fields = Map::from_iter([("summary".to_owned(), json!(summary))]);
        let (pattern, responses) = (rule_pattern(path), Map::new());
        let mut new = Self { path, method, fields, parameters, responses, error };
        let rule = access::rule(pattern, &new.method).unwrap_or(Rule::Teacher);
        if rule != Rule::Anyone {
            new = new.fails(401, "nobody is signed in");
        }
        if !matches!(rule, Rule::Anyone | Rule::SignedIn) {
            let who = if rule == Rule::Teacher { "only for the teacher" } else { "this is not yours to see" };
            new = new.fails(403, who);
        }
        new.fails(429, "too often; Retry-After says when to ask again")
    }

    fn asks(mut self, place: &str, name: &str, required: bool, schema: Value, example: &str) -> Self {
        let parameter = json!({"name": name, "in": place, "required": required, "schema": schema, "example": example});
        self.parameters.push(parameter);
        self
    }

    fn format(self, known: &[&str]) -> Self {
        let schema = json!({"enum": known, "description": "json if absent"});
        self.asks("query", "format", false, schema, known[0])
    }

    fn takes(mut self, kind: &str, schema: Value) -> Self {
        self.fields.insert("requestBody".into(), json!({"required": true, "content": {kind: {"schema": schema}}}));
        self
    }

    /// An answer without a body.
    fn ends(mut self, status: u16, description: &str) -> Self {
        self.responses.insert(status.to_string(), json!({"description": description}));
        self
    }

    fn gives(mut self, status: u16, description: &str, kinds: &[(&str, Value)]) -> Self {
        let content: Map<String, Value> =
            kinds.iter().map(|(kind, schema)| ((*kind).to_owned(), json!({"schema": schema}))).collect();
        self.responses.insert(status.to_string(), json!({"description": description, "content": content}));
        self
    }

    fn fails(self, status: u16, description: &str) -> Self {
        let error = self.error.clone();
        self.gives(status, description, &[(JSON, error)])
    }

    fn finish(mut self) -> Value {
        if !self.parameters.is_empty() {
            self.fields.insert("parameters".into(), json!(self.parameters));
        }
        self.responses.sort_keys();
        self.fields.insert("responses".into(), json!(self.responses));
        Value::Object(self.fields)
    }
}

/// The route of a path: some take what follows whole.
pub(super) fn rule_pattern(path: &'static str) -> &'static str {
    match path {
        "/demo/{file}" => "/demo/{*file}",
        "/ws/{client_id}" => "/ws/{*client_id}",
        path => path,
    }
}

pub(super) fn description() -> Value {
    let mut schemas = Schemas::new();
    let all =
        [general(&mut schemas), books(&mut schemas), students(&mut schemas), class(&mut schemas), v1(&mut schemas)];
    let mut paths = Map::new();
    for operation in all.into_iter().flatten() {
        let method = operation.method.as_str().to_lowercase();
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[method] = operation.finish();
    }
    let about = "Everything that failed is answered with {\"error\":{\"code\",\"message\"}}. The WebSockets are described in \
                 /asyncapi.json. Who joins the class or signs in gets a token: browsers as a cookie, programs in the answer, \
                 to be sent as Authorization: Bearer or as ?token=.";
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Lectern", "version": "1", "description": about},
        "paths": paths,
        "components": {"schemas": schemas.into_definitions()},
    })
}

fn get(schemas: &mut Schemas, path: &'static str, summary: &str) -> Operation {
    Operation::new(schemas, Method::GET, path, summary)
}

fn post(schemas: &mut Schemas, path: &'static str, summary: &str) -> Operation {
    Operation::new(schemas, Method::POST, path, summary)
}

fn delete(schemas: &mut Schemas, path: &'static str, summary: &str) -> Operation {
    Operation::new(schemas, Method::DELETE, path, summary)
}

fn general(s: &mut Schemas) -> Vec<Operation> {
    let page = |s: &mut Schemas, path, summary| get(s, path, summary).gives(200, "a page", &[("text/html", text())]);
    let (info, health) = (s.written::<Info>(), s.written::<Health>());
    let object = json!({"type": "object"});
    vec![
        get(s, "/", "What this server is").gives(200, "what it is, and where to find what", &[(JSON, info)]),
        get(s, "/health", "Whether it works, and how much")
            .gives(200, "it works", &[(JSON, health.clone())])
            .gives(503, "the server is going away", &[(JSON, health)])
            .fails(500, "its files cannot be read"),
        get(s, "/metrics", "Figures for Prometheus; for this machine and the teacher").gives(
            200,
            "text of Prometheus",
            &[("text/plain", text())],
        ),
        get(s, "/asyncapi.json", "The WebSockets").gives(200, "AsyncAPI 3.0", &[(JSON, object.clone())]),
        get(s, "/openapi.json", "This description").gives(200, "OpenAPI 3.1", &[(JSON, object)]),
        page(s, "/join", "The page to join the class by"),
        page(s, "/teach", "The teacher's page"),
        page(s, "/demo", "The student's page").ends(304, "not modified"),
        get(s, "/demo/{file}", "What the pages are made of")
            .gives(200, "a file", &[("*/*", text())])
            .ends(304, "not modified")
            .fails(404, "no such file"),
        get(s, "/ws/{client_id}", "The WebSocket of a student: see /asyncapi.json")
            .asks("query", "stream", false, text(), "1")
            .ends(101, "the WebSocket is open")
            .fails(400, "a bad client_id, or no WebSocket was asked for")
            .fails(403, "this is not yours, or pages of this origin may not connect")
            .fails(503, "all places are taken, or the server is going away; Retry-After says when to ask again"),
        get(s, "/teach/ws", "The WebSocket of the teacher's page: see /asyncapi.json")
            .ends(101, "the WebSocket is open")
            .fails(400, "no WebSocket was asked for"),
    ]
}

fn books(s: &mut Schemas) -> Vec<Operation> {
    let (list, page, progress) =
        (s.written::<Vec<BookEntry>>(), s.written::<PageEntry>(), s.written::<IngestProgress>());
    let form = json!({
        "type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}},
    });
    let pdf = || [("application/pdf", text())];
    vec![
        get(s, "/api/books", "The books").gives(200, "in the order to show them", &[(JSON, list)]),
        post(
            s,
            "/api/books",
            "Add a book: one PDF file. The answer tells how far it is, up to done or failed; it is read on if nobody listens",
        )
        .takes("multipart/form-data", form)
        .gives(200, "events named ingest, each an IngestProgress", &[(EVENTS, progress)])
        .fails(400, "no file, more than one, or not_pdf")
        .fails(404, "the books of this server cannot be changed")
        .fails(408, "the file stopped arriving")
        .fails(409, "exists: this file name or content is there already")
        .fails(413, "too_large")
        .fails(503, "too many books are arriving or waiting")
        .fails(507, "disk_full"),
        delete(s, "/api/books/{id}", "Remove a book; its file is put aside")
            .ends(204, "it is removed")
            .fails(404, "there is no such book"),
        get(s, "/api/books/{id}/file", "The book itself")
            .asks("header", "Range", false, text(), "bytes=0-99")
            .gives(200, "the PDF", &pdf())
            .gives(206, "a range of it", &pdf())
            .ends(304, "not modified")
            .fails(404, "no such book")
            .ends(416, "no such range"),
        get(s, "/api/books/{id}/pages/{page}", "The text of a page, which the spans of a citation count in")
            .gives(200, "its text", &[(JSON, page)])
            .fails(404, "no such book, or no text on such a page"),
    ]
}

fn students(s: &mut Schemas) -> Vec<Operation> {
    let (conversation, learned) = (s.written::<Conversation>(), s.written::<Learned>());
    let (me, to_join, signed_in) = (s.written::<Me>(), s.written::<ClassToJoin>(), s.written::<SignedIn>());
    let (join, login, password) = (s.read::<Join>(), s.read::<Login>(), s.read::<NewPassword>());
    let signed_in = [(JSON, signed_in)];
    vec![
        get(s, "/api/sessions/{client_id}/export", "A conversation to keep or print")
            .format(&["md", "json", "html"])
            .gives(200, "the conversation", &[(JSON, conversation), ("text/markdown", text()), ("text/html", text())])
            .fails(400, "a bad client_id or format")
            .fails(404, "nothing is known of this client"),
        get(s, "/api/sessions/{client_id}/progress", "What a student knows by now")
            .format(&["csv", "json"])
            .gives(
                200,
                "every section they were asked about, in the order of the books",
                &[(JSON, learned), ("text/csv", text())],
            )
            .fails(400, "a bad client_id or format")
            .fails(404, "nothing is known of this client"),
        get(s, "/api/me", "Who is signed in").gives(200, "nothing but `login` where nobody is", &[(JSON, me)]),
        get(s, "/api/class", "What is needed to join: the names of the class and the pictures of a PIN")
            .asks("query", "code", true, text(), "KITE42")
            .gives(200, "the class", &[(JSON, to_join)])
            .fails(400, "nobody has to join here")
            .fails(403, "not the code of the class"),
        post(s, "/api/join", "Join the class, for the first time or again; also sets the cookie")
            .takes(JSON, join)
            .gives(200, "signed in", &signed_in)
            .fails(400, "a bad name or PIN, or nobody has to join here")
            .fails(401, "not the pictures of this name")
            .fails(403, "not the code of the class")
            .fails(409, "exists: somebody of this name joined at this very moment"),
        post(s, "/api/login", "Sign the teacher in; also sets the cookie")
            .takes(JSON, login)
            .gives(200, "signed in", &signed_in)
            .fails(400, "nobody has to log in here, or no password was sent")
            .fails(401, "not the password"),
        post(s, "/api/logout", "Forget the token").ends(204, "done").fails(400, "nobody has to log in here"),
        post(s, "/api/password", "Change the teacher's password; other devices are signed out")
            .takes(JSON, password)
            .ends(204, "done")
            .fails(400, "too short"),
    ]
}

fn class(s: &mut Schemas) -> Vec<Operation> {
    let (list, names, code) = (s.written::<Vec<StudentEntry>>(), s.read::<Names>(), s.written::<ClassCode>());
    let (questions, mastery) = (s.written::<Questions>(), s.written::<Mastery>());
    vec![
        get(s, "/api/class/students", "The list of the class").gives(200, "by name", &[(JSON, list.clone())]),
        post(s, "/api/class/students", "Put names on the list; those that are there are left alone")
            .takes(JSON, names)
            .gives(201, "the list", &[(JSON, list)])
            .fails(400, "a bad name"),
        delete(s, "/api/class/students/{client_id}", "Remove a student with all that is kept of them")
            .ends(204, "done")
            .fails(404, "no such student"),
        post(
            s,
            "/api/class/students/{client_id}/forget-pin",
            "Let a student choose new pictures; their devices are signed out",
        )
        .ends(204, "done")
        .fails(404, "no such student"),
        post(s, "/api/class/code", "Make a new class code").gives(200, "the code", &[(JSON, code)]),
        get(s, "/api/class/questions", "What was asked of the books, grouped").gives(
            200,
            "the most asked first",
            &[(JSON, questions)],
        ),
        get(s, "/api/class/mastery", "What every student knows of every section that anyone was asked about").gives(
            200,
            "cells are null where a student was not asked",
            &[(JSON, mastery.clone())],
        ),
        get(s, "/api/class/export", "The same as a file")
            .format(&["csv", "json"])
            .gives(200, "a row for every student and section", &[(JSON, mastery), ("text/csv", text())])
            .fails(400, "a bad format"),
    ]
}

fn v1(s: &mut Schemas) -> Vec<Operation> {
    let (models, chat, completion) = (s.written::<ModelList>(), s.read::<ChatRequest>(), s.written::<ChatCompletion>());
    let (texts, vectors) = (s.read::<EmbeddingRequest>(), s.written::<EmbeddingList>());
    let closed = "/v1 is not open here, or there is no such model";
    vec![
        get(s, "/v1/models", "The models, in OpenAI's form; every /v1 route is 404 where the server does not open it")
            .gives(200, "the language model and the embedding model", &[(JSON, models)])
            .fails(404, closed),
        post(s, "/v1/chat/completions", "An answer of the bare language model, in OpenAI's form: no books, no checks")
            .takes(JSON, chat)
            .gives(
                200,
                "the answer; with \"stream\": true events of chat.completion.chunk, the last of them [DONE]",
                &[(JSON, completion), (EVENTS, text())],
            )
            .fails(400, "what is wrong")
            .fails(404, closed)
            .fails(503, "too many wait (Retry-After says when to ask again), or the server is going"),
        post(s, "/v1/embeddings", "Unit vectors of texts, in OpenAI's form")
            .takes(JSON, texts)
            .gives(200, "a vector for each text", &[(JSON, vectors)])
            .fails(400, "what is wrong")
            .fails(404, closed),
    ]
}
