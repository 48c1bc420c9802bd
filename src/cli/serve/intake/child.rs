//! The process that reads one book: `lectern ingest FILE --events --confined …`.

use crate::cli::confine::Confined;
use crate::cli::ingest_lines::{Line, LineStage};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// Of what it writes to stderr, the end is kept.
const KEPT_BYTES: usize = 8 * 1024;

/// A process that writes more than this in lines is not the one it should be.
const MAX_LINES_BYTES: u64 = 64 << 20;

/// How the process is started, and what it may use.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    /// This program.
    pub(super) program: PathBuf,
    /// Flags of `ingest` that are the same for every book.
    pub(super) flags: Vec<OsString>,
    /// Settings that are not for everyone's eyes, and so not flags.
    pub(super) settings: Vec<(&'static str, OsString)>,
    pub(super) confined: Confined,
    pub(super) max_pages: usize,
    /// Without any news for this long it is ended.
    pub(super) patience: Duration,
}

impl Reader {
    /// Reads one book; its name in links, or why there is none. Dropped on the way, the process is killed.
    pub(super) async fn read(&self, file: &Path, tell: impl FnMut(&Line)) -> Result<String, String> {
        let mut child = self.start(file).map_err(|error| format!("no process to read it could be started: {error}"))?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (Some(stdout), Some(stderr)) = (stdout, stderr) else {
            return Err("the process that reads it cannot be heard".to_owned());
        };
        // It ends with its standard input, which therefore stays open.
        let lifeline = child.stdin.take();
        let complaints = tokio::spawn(end_of(stderr));
        let heard = self.listen(stdout, tell).await;
        if heard.is_err() {
            kill(&mut child).await;
        }
        let status = child.wait().await.map_err(|error| format!("the process that reads it was lost: {error}"))?;
        drop(lifeline);
        let complaints = complaints.await.unwrap_or_default();
        let Heard { book, failed } = heard?;
        match (failed, book) {
            (None, Some(book)) if status.success() => Ok(book),
            (Some(reason), _) if !is_want_of_memory(&reason) => Err(reason),
            (reason, _) => Err(self.why(status, &format!("{complaints}{}", reason.unwrap_or_default()))),
        }
    }

    fn start(&self, file: &Path) -> std::io::Result<Child> {
        let mut command = Command::new(&self.program);
        command
            .arg("ingest")
            .arg(file)
            .arg("--events")
            .args(["--confined", &self.confined.to_string(), "--max-pages", &self.max_pages.to_string()])
            .args(&self.flags)
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            // Memory that an allocator reserves for every thread would count as used.
            .env("MALLOC_ARENA_MAX", "2")
            .env("RAYON_NUM_THREADS", threads().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // Ctrl-C is for the server, which ends this one in order.
        #[cfg(unix)]
        command.process_group(0);
        command.spawn()
    }

    /// Passes the lines on until there are no more.
    async fn listen(&self, stdout: impl AsyncRead + Unpin, mut tell: impl FnMut(&Line)) -> Result<Heard, String> {
        let mut lines = BufReader::new(stdout.take(MAX_LINES_BYTES)).lines();
        let mut heard = Heard::default();
        loop {
            let line = match tokio::time::timeout(self.patience, lines.next_line()).await {
                Ok(Ok(Some(line))) => line,
                Ok(Ok(None)) => return Ok(heard),
                Ok(Err(error)) => return Err(format!("the process that reads it cannot be heard: {error}")),
                Err(_) => {
                    let minutes = self.patience.as_secs().div_ceil(60);
                    return Err(format!("reading it came to no end within {minutes} minutes"));
                }
            };
            let Ok(line) = serde_json::from_str::<Line>(&line) else {
                tracing::warn!("a line of `ingest --events` is not understood");
                continue;
            };
            match line.stage {
                LineStage::Stored => heard.book.clone_from(&line.book),
                LineStage::Failed => heard.failed.clone_from(&line.error),
                _ => {}
            }
            tell(&line);
        }
    }

    /// Why a process ended that said nothing of it, or only that it had no memory.
    fn why(&self, status: ExitStatus, complaints: &str) -> String {
        let Confined { memory_mib, cpu_seconds } = self.confined;
        if is_want_of_memory(complaints) {
            return format!("reading it needs more than {memory_mib} MiB of memory");
        }
        if complaints.contains("overflowed its stack") {
            return "it is nested too deeply to be read".to_owned();
        }
        match ending_signal(status) {
            Some(Signal::Time) => {
                format!("reading it needs more than {} minutes of computing", cpu_seconds.div_ceil(60))
            }
            Some(Signal::Kill) => "the system ended its reading, most likely for want of memory".to_owned(),
            Some(Signal::Other(number)) => format!("the process that read it was ended by signal {number}"),
            None => {
                tracing::warn!(%status, complaints, "`lectern ingest` failed");
                "it could not be read; the server's log says more".to_owned()
            }
        }
    }
}

/// What the process said.
#[derive(Default)]
struct Heard {
    book: Option<String>,
    failed: Option<String>,
}

/// Half of the processors: answering goes before reading.
fn threads() -> usize {
    (std::thread::available_parallelism().map_or(1, usize::from) / 2).max(1)
}

/// How the want of memory is told by the allocator, by the system, and where a thread finds no room for its stack.
fn is_want_of_memory(text: &str) -> bool {
    const SIGNS: &[&str] = &[
        "memory allocation of", "annot allocate memory", "out of memory", "os error 12)", "failed to spawn thread",
        "Resource temporarily unavailable", "bad_alloc",
    ];
    SIGNS.iter().any(|sign| text.contains(sign))
}

/// What ended a process.
enum Signal {
    Time,
    Kill,
    Other(i32),
}

#[cfg(unix)]
fn ending_signal(status: ExitStatus) -> Option<Signal> {
    use rustix::process::Signal as Known;
    use std::os::unix::process::ExitStatusExt as _;
    let number = status.signal()?;
    Some(match number {
        _ if number == Known::XCPU.as_raw() => Signal::Time,
        _ if number == Known::KILL.as_raw() => Signal::Kill,
        _ => Signal::Other(number),
    })
}

#[cfg(not(unix))]
fn ending_signal(_: ExitStatus) -> Option<Signal> {
    None
}

/// Ends the process and what it started.
async fn kill(child: &mut Child) {
    #[cfg(unix)]
    if let Some(pid) = child.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?)) {
        let _gone = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
    let _gone = child.kill().await;
}

/// The end of what is written; all of it is read, so that the writer never waits.
async fn end_of(mut stream: impl AsyncRead + Unpin) -> String {
    let (mut kept, mut buffer) = (Vec::new(), [0; 4096]);
    while let Ok(num_read @ 1..) = stream.read(&mut buffer).await {
        kept.extend_from_slice(&buffer[..num_read]);
        if kept.len() > 2 * KEPT_BYTES {
            kept.drain(..kept.len() - KEPT_BYTES);
        }
    }
    String::from_utf8_lossy(&kept).into_owned()
}
