//! The command line: one file per subcommand, each from raw flags to checked options to human output.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this room is the one that talks to a terminal")]

pub mod folders;

mod archive;
mod ask;
mod backup;
mod bench;
mod books;
mod completions;
mod config;
mod confine;
mod doctor;
mod error;
mod eval;
mod extract;
mod generate;
mod ingest;
mod ingest_lines;
mod man;
mod models;
mod password;
mod reading;
mod restore;
mod serve;
mod settings;
mod weights;

pub use error::CliError;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// An offline tutor for classrooms.
#[derive(Debug, clap::Parser)]
#[command(version, about, propagate_version = true)]
pub struct Cli {
    /// What to log, in the form of `RUST_LOG` (`info`, `lectern=debug`)
    #[arg(long, global = true, env = "LECTERN_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// How to log: as lines for people, or as one JSON object a line for programs
    #[arg(long, global = true, env = "LECTERN_LOG_FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
    /// The settings file; without the flag lectern.toml in this folder, if it is there (`lectern config` prints one)
    #[arg(long, global = true, env = "LECTERN_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The subcommand.
    #[command(subcommand)]
    pub command: Command,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Cli {
    /// Reads the command line, the environment and the settings file. Help, version and mistakes on the command line end
    /// the program, as clap does.
    ///
    /// # Errors
    /// The settings file cannot be read, or something in it is no setting; the text names the line.
    pub fn read(args: impl IntoIterator<Item = OsString>) -> Result<Self, CliError> {
        settings::read(&args.into_iter().collect::<Vec<_>>())
    }
}

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Teach the class: serve the books to browsers and other clients
    Serve(serve::Args),
    /// Read PDF books into the library
    Ingest(ingest::Args),
    /// List the books of the library
    Books(books::Args),
    /// Answer one question from the books, with citations
    Ask(ask::Args),
    /// List, fetch and check the models
    Models(models::Args),
    /// Print the text of a PDF, page by page, or its chapters and sections
    Extract(extract::Args),
    /// Run a language model on a prompt
    Generate(generate::Args),
    /// Measure this build against reference data
    Eval(eval::Args),
    /// Measure how fast this build is here
    Bench(bench::Args),
    /// Look whether this machine is ready for a class, and say what to do where it is not
    Doctor(doctor::Args),
    /// Set the teacher's password
    Password(password::Args),
    /// Write what the class has done into one file, also while a server runs
    Backup(backup::Args),
    /// Bring back what `lectern backup` wrote, into an empty data folder
    Restore(restore::Args),
    /// Print a settings file that explains itself, or check one
    Config(config::Args),
    /// Print a script that completes Lectern's command lines in a shell
    Completions(completions::Args),
    /// Print the manual page, or write those of all commands
    Man(man::Args),
}

/// Runs one subcommand.
///
/// # Errors
/// What the subcommand could not do; its text says where and what to do about it.
pub fn run(command: Command) -> Result<ExitCode, CliError> {
    let ended = match command {
        Command::Serve(args) => serve::run(args),
        Command::Ingest(args) => ingest::run(args),
        Command::Books(args) => books::run(args),
        Command::Ask(args) => ask::run(args),
        Command::Models(args) => models::run(args),
        Command::Extract(args) => extract::run(args),
        Command::Generate(args) => generate::run(args),
        Command::Eval(args) => eval::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Doctor(args) => doctor::run(args),
        Command::Password(args) => password::run(args),
        Command::Backup(args) => backup::run(args),
        Command::Restore(args) => restore::run(args),
        Command::Config(args) => config::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
    };
    match ended {
        // Whoever reads has read enough.
        Err(CliError::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        other => other,
    }
}

/// Starts logging to stderr. Without `--log` a server tells its news, and every other command its warnings only.
pub fn init_tracing(cli: &Cli) {
    let (filter, serving) = (cli.log.as_deref(), matches!(cli.command, Command::Serve(_)));
    // hf-hub logs as an error what a pull reports itself, and then tries elsewhere.
    // What lopdf meets in a file is told by `corpus`, for the page and in words.
    let quiet = if serving { "warn,lectern=info,hf_hub=off,lopdf=off" } else { "warn,hf_hub=off,lopdf=off" };
    let filter = filter.unwrap_or(quiet);
    let filter = tracing_subscriber::EnvFilter::try_new(filter).unwrap_or_else(|error| {
        eprintln!("warning: --log {filter:?} is not understood ({error}); using `info`");
        tracing_subscriber::EnvFilter::new("info")
    });
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match cli.log_format {
        LogFormat::Text => log.with_target(false).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}
