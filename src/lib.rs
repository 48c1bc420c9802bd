//! Lectern: an offline tutor that teaches a class from the teacher's own PDF books.
//!
//! One binary, one machine, no network: `lectern ingest` reads the books, `lectern serve` teaches thirty students over
//! WebSockets from one small language model that runs inside the process. **The code teaches and the model only words
//! it**: plans, grading, citations and refusals are deterministic; the model rewrites sentences that were found in the
//! books, and what it adds without support is dropped.
//!
//! # Two flows, each one way
//!
//! ```text
//! ingest   PDF ─ corpus::pdf ─> pages ─ corpus::{clean,section,chunk} ─> chunks ─ embed ─> vectors ─ library ─> disk
//! serve    frame ─ server::ws ─> tutor::turn ─ retrieval ─> passages ─ tutor::prompt ─> engine ─> deltas ─> frame
//! ```
//!
//! # Rooms
//!
//! | room | what it does | what it must not know |
//! |---|---|---|
//! | [`cli`] | one file per subcommand: raw flags and environment to checked options, progress bars, human output | tensors, SQL, lopdf |
//! | [`device`] | `cpu`, `cuda` or `metal`; the only `cfg(feature = "cuda")` | |
//! | [`passage`] | the words all rooms share | everything |
//! | [`corpus`] | bytes of a book to pages, sections and chunks; `corpus::pdf` is the only user of lopdf | models, index |
//! | [`embed`] | texts to unit vectors, questions with passages to scores | books, index |
//! | [`library`] | what `ingest` wrote: books, pages, sections, chunks, full text (SQLite) and vectors (usearch) | models, prompts |
//! | [`ingest`] | the pipeline corpus, embed, library; resumable, with progress events | terminals, HTTP |
//! | [`retrieval`] | a question to ranked passages with their sentences weighed | chat, lessons |
//! | [`models`] | the catalogue of known models: pull, verify, locate | what a model computes |
//! | [`engine`] | text generation on a thread of its own: GGUF, decoder, tokenizer, template, sampler; `scheduler`, `pool`, `prefix` and `blocks` say what runs in a step and share what sequences have in common | HTTP, PDF, lessons |
//! | `kernels` | products with weights, quantised or not, and attention, as vector code chosen at run time; the only home of `unsafe` SIMD | models, engine |
//! | [`tutor`] | the teaching: intent, lesson plan, answers, grounding; questions, grading, hints, review | sockets, tensors, SQL |
//! | [`classroom`] | who and what lasts: students, the teacher and their tokens, turns and lesson position of a session, what a student knows, what was asked (SQLite) | models, HTTP |
//! | [`server`] | axum: who may come in, WebSocket, HTTP, the wire types, the embedded pages | prompts, tensors |
//!
//! # Who may call whom
//!
//! `server -> tutor, classroom, library, engine` · `tutor -> retrieval, engine, classroom` · `retrieval -> embed, library` ·
//! `ingest -> corpus, embed, library` · `engine, embed -> device, kernels` · `cli -> all` · all `-> passage`. A test
//! (`tests/layers.rs`) reads the `crate::` paths of every file and fails on an arrow that is not in this list.
//!
//! # Processes and threads
//!
//! Tokio runs sockets; no tensor work happens on a tokio worker. One thread owns the language model and its KV cache: a
//! bounded queue in, one event channel per sequence out; a dropped receiver cancels the sequence, a full queue answers
//! [`engine::EngineError::Overloaded`]. Each of its steps is one pass over a token of every sequence that writes and a
//! chunk of the prompts that are read; a pool of threads computes it.
//!
//! # On disk
//!
//! Everything of one classroom is in one folder that can be copied to a USB stick: `models/` (weights), `corpus/` (the
//! books as given) and `data/` (`library.sqlite`, `vectors.usearch`, `classroom.sqlite`). SQLite is the truth; the vector
//! index is a cache that is rebuilt when it does not match.

pub mod classroom;
pub mod cli;
pub mod corpus;
pub mod device;
pub mod embed;
pub mod engine;
pub mod ingest;
mod kernels;
pub mod library;
pub mod models;
pub mod passage;
pub mod retrieval;
pub mod server;
pub mod tutor;
