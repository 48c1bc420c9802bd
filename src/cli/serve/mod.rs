//! `lectern serve`: from a folder of books to a class being taught, in one command.

mod books;
mod door;
mod intake;
mod lan;
mod openai;

use super::CliError;
use super::folders::Folders;
use super::ingest::read_books;
use super::reading::ReadingArgs;
use super::weights::{self, ModelArgs};
use crate::classroom::Store;
use crate::library::Library;
use crate::retrieval::Retriever;
use crate::server::openai::OpenAi;
use crate::server::{self, Access, Cors, Limits, Parts, ServerInfo};
use crate::tutor::{READING_GRADE, Tutor, Writer};
use books::LibraryBooks;
use intake::{ChildIntake, Reading, UploadArgs};
use openai::PassageEmbedder;
use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long threads that still work are waited for at the end.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// Signals this close together are one.
const SAME_SIGNAL: Duration = Duration::from_secs(1);

/// Flags of `lectern serve`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to listen
    #[arg(long, env = "LECTERN_ADDR", default_value = "127.0.0.1:8000", value_name = "HOST:PORT")]
    pub(super) addr: SocketAddr,
    /// Let the whole network in: listen on every interface, and show the address, a class code and a QR code to join by
    #[arg(long, env = "LECTERN_LAN")]
    pub(super) lan: bool,
    #[command(flatten)]
    door: door::DoorArgs,
    /// The folder of books that is read before the class begins; new and changed ones only
    #[arg(long, env = "LECTERN_CORPUS", default_value = "corpus", value_name = "FOLDER")]
    pub(super) corpus: PathBuf,
    #[command(flatten)]
    pub(super) reading: ReadingArgs,
    #[command(flatten)]
    uploads: UploadArgs,
    /// Which web pages may talk to the server: `*`, `same` (pages of this host), or origins separated by commas
    #[arg(long, env = "LECTERN_CORS", default_value = "*", value_name = "ORIGINS")]
    cors: String,
    /// Open /v1, the bare language model and the embedder in OpenAI's form, to everyone who can reach the server; on this
    /// machine alone it is open without it
    #[arg(long, env = "LECTERN_OPENAI")]
    openai: bool,
    /// The reading grade of the class (Flesch-Kincaid, about the school year): sentences of the books that are harder are
    /// also said in plainer words
    #[arg(long, env = "LECTERN_READING_GRADE", default_value_t = READING_GRADE, value_name = "GRADE")]
    reading_grade: f32,
    #[command(flatten)]
    pub(super) models: ModelArgs,
    #[command(flatten)]
    pub(super) folders: Folders,
}

impl Args {
    /// Where to listen.
    pub(super) fn listen_addr(&self) -> SocketAddr {
        match self.lan {
            true => SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), self.addr.port()),
            false => self.addr,
        }
    }
}

pub(super) fn run(args: Args) -> Result<ExitCode, CliError> {
    let cors: Cors = args.cors.parse()?;
    let addr = args.listen_addr();
    // Bound first, so that a port in use is told at once and not after the books were read.
    let listener = std::net::TcpListener::bind(addr).map_err(|source| CliError::Listen { addr, source })?;
    if args.openai && !addr.ip().is_loopback() {
        eprintln!("With --openai everyone who reaches this server can use the bare model, without books and checks.");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (mut parts, intake) = parts(&args, cors, args.openai || addr.ip().is_loopback())?;
    let served = runtime.block_on(async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let bound = listener.local_addr()?;
        parts.tls = args.door.tls(&args.folders.data, &lan::addresses()).await?;
        let entrance = args.door.open(bound, &parts)?;
        parts.access = entrance.access.clone();
        lan::announce(bound, &entrance);
        let _found_by_name = lan::publish(bound, parts.tls.is_some());
        let shutdown = CancellationToken::new();
        tokio::spawn(stop_on_signal(shutdown.clone()));
        intake.resume();
        server::run(listener, parts, shutdown).await.map_err(CliError::from)
    });
    runtime.shutdown_timeout(LAST_WAIT);
    served.map(|()| ExitCode::SUCCESS)
}

/// Loads the models, reads the books and puts the tutor together.
fn parts(args: &Args, cors: Cors, opens_openai: bool) -> Result<(Parts, Arc<ChildIntake>), CliError> {
    let embedder = Arc::new(weights::embedder(&args.folders, &args.models.embedder)?);
    let chat = weights::engine(&args.folders, &args.models)?;
    let embed = || Arc::new(PassageEmbedder(Arc::clone(&embedder)));
    let openai = opens_openai.then(|| OpenAi { chat: chat.clone(), embed: Some(embed()) });
    let (model, engine) = match chat {
        Some((name, engine)) => (name, Some(engine)),
        None => ("none".to_owned(), None),
    };
    let writer = engine.clone().map(|engine| Arc::new(engine) as Arc<dyn Writer>);
    let library = Arc::new(Library::open(&args.folders.data)?);
    if args.corpus.is_dir() {
        eprintln!("Reading the books in {}", args.corpus.display());
        read_books(&args.corpus, &library, &embedder, args.reading.options()?)?;
    } else {
        eprintln!("There is no folder {}; serving the books that were read before.", args.corpus.display());
    }
    let classroom = Store::open(&args.folders.data.join("classroom.sqlite"))?;
    let info = ServerInfo {
        name: "Lectern".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        model,
        embed_model: embedder.name().to_owned(),
    };
    let reranker = weights::reranker(&args.folders, &args.models.reranker, args.models.embedder.device)?;
    let retriever = Retriever::new(Arc::clone(&library), embedder).with_reranker(reranker);
    let tutor = Tutor::new(Arc::new(retriever.clone()), writer)
        .with_reading_grade(args.reading_grade)
        .with_languages(weights::languages(&args.folders, &args.models)?);
    let books = Arc::new(LibraryBooks::new(Arc::clone(&library), retriever));
    let limits = Limits { max_upload_bytes: u64::from(args.uploads.max_upload_mib) << 20, ..Limits::default() };
    // Who is let in, and how, is settled once the address is known.
    let (access, tls) = (Access::Open, None);
    let intake = Arc::new(intake(args, library)?);
    let parts = Parts {
        teacher: Arc::new(tutor),
        classroom,
        library: books,
        info,
        limits,
        cors,
        access,
        tls,
        engine,
        openai,
        intake: Some(Arc::clone(&intake) as Arc<dyn server::Intake>),
    };
    Ok((parts, intake))
}

/// Who reads the books that are uploaded: with the embedding model of this server, on the processor.
fn intake(args: &Args, library: Arc<Library>) -> Result<ChildIntake, CliError> {
    let mut flags: Vec<OsString> = vec!["--data".into(), args.folders.data.clone().into()];
    flags.extend(["--models".into(), args.folders.models.clone().into(), "--device".into(), "cpu".into()]);
    if let Some(embedder) = &args.models.embedder.embedder {
        flags.extend(["--embedder".into(), embedder.into()]);
    }
    let reading = Reading { flags, settings: args.reading.settings() };
    Ok(ChildIntake::new(library, &args.corpus, &args.uploads, reading)?)
}

/// Ends the server at Ctrl-C or SIGTERM; a second signal ends the process at once.
async fn stop_on_signal(shutdown: CancellationToken) {
    signal().await;
    eprintln!("\nFinishing what is being answered. Press Ctrl-C again to stop at once.");
    shutdown.cancel();
    // A terminal, or a program above this one, may send the same signal twice at once.
    tokio::time::sleep(SAME_SIGNAL).await;
    signal().await;
    std::process::exit(130);
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

#[cfg(not(unix))]
async fn signal() {
    drop(tokio::signal::ctrl_c().await);
}
