//! Text recognition (OCR) of scanned pages, by the `tesseract` program where the machine has it.

use super::CorpusError;
use super::pdf::Line;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long one page may take.
const PATIENCE: Duration = Duration::from_secs(180);
/// The size that recognised text is said to have; pictures do not tell.
const TEXT_SIZE: f64 = 10.0;
/// Lines so much higher than the page's others are headings.
const HEADING: f64 = 1.3;
/// More output than this is no page of text.
const MAX_OUTPUT_BYTES: u64 = 16 << 20;

/// Reads the text of pictures.
#[derive(Debug, Clone)]
pub struct Recogniser {
    program: PathBuf,
    languages: String,
}

impl Recogniser {
    /// Finds `tesseract` on the path and checks that it knows `languages`, such as `eng` or `eng+fra`.
    ///
    /// # Errors
    /// The program is not installed, or lacks a language; the error says which it has.
    pub fn new(languages: &str) -> Result<Self, CorpusError> {
        Self::with_program("tesseract".into(), languages)
    }

    fn with_program(program: PathBuf, languages: &str) -> Result<Self, CorpusError> {
        let fail = |reason: String| CorpusError::NoRecognition { reason };
        let listed = Command::new(&program).arg("--list-langs").stdin(Stdio::null()).output().map_err(|error| {
            fail(format!("the program {} cannot be run ({error}); install tesseract-ocr", program.display()))
        })?;
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let known: Vec<&str> = listed.lines().skip(1).map(str::trim).filter(|name| *name != "osd").collect();
        if let Some(unknown) = languages.split('+').find(|language| !known.contains(language)) {
            let known = known.join(", ");
            return Err(fail(format!(
                "tesseract has no language {unknown:?}, only {known}; install tesseract-ocr-{unknown}"
            )));
        }
        Ok(Self { program, languages: languages.to_owned() })
    }

    /// The languages, as given.
    #[must_use]
    pub fn languages(&self) -> &str {
        &self.languages
    }

    /// The lines of a picture that fills a page `width` by `height` points.
    pub(super) fn lines(&self, picture: &[u8], (width, height): (f64, f64)) -> Result<Vec<Line>, String> {
        let mut command = Command::new(&self.program);
        command.args(["stdin", "stdout", "-l", &self.languages, "--psm", "1", "tsv"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| format!("tesseract cannot be run: {error}"))?;
        let table = exchange(&mut child, picture);
        // Whatever happened, no process is left behind.
        let _ = child.kill();
        let _ = child.wait();
        Ok(lines_of_table(&table?, (width, height)))
    }
}

/// Gives the child its picture and takes what it writes, for as long as a page may take.
fn exchange(child: &mut Child, picture: &[u8]) -> Result<String, String> {
    let mut input = child.stdin.take().ok_or("tesseract takes no input")?;
    let output = child.stdout.take().ok_or("tesseract gives no output")?;
    let deadline = Instant::now() + PATIENCE;
    std::thread::scope(|scope| {
        // It may end before it has read everything; what it wrote then says why.
        scope.spawn(move || _ = input.write_all(picture));
        let reader = scope.spawn(move || {
            let mut table = Vec::new();
            output.take(MAX_OUTPUT_BYTES).read_to_end(&mut table).map(|_| table)
        });
        let status = loop {
            match child.try_wait().map_err(|error| error.to_string())? {
                Some(status) => break status,
                None if Instant::now() > deadline => {
                    let _ = child.kill();
                    return Err(format!("tesseract took longer than {} s for it", PATIENCE.as_secs()));
                }
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        let table = reader.join().map_err(|_| "reading from tesseract failed")?.map_err(|error| error.to_string())?;
        match status.success() {
            true => Ok(String::from_utf8_lossy(&table).into_owned()),
            false => Err(format!("tesseract cannot read its picture ({status})")),
        }
    })
}

/// A row of the table that tesseract writes.
struct Row<'a> {
    level: u32,
    /// Block, paragraph and line.
    line: (u32, u32, u32),
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    text: &'a str,
}

fn row(line: &str) -> Option<Row<'_>> {
    let parts: Vec<&str> = line.split('\t').collect();
    let whole = |index: usize| parts.get(index)?.parse::<u32>().ok();
    let number = |index: usize| whole(index).map(f64::from);
    Some(Row {
        level: whole(0)?,
        line: (whole(2)?, whole(3)?, whole(4)?),
        left: number(6)?,
        top: number(7)?,
        width: number(8)?,
        height: number(9)?,
        text: parts.get(11).copied().unwrap_or_default().trim(),
    })
}

/// The lines of tesseract's table, in its order, placed on a page of this width and height.
fn lines_of_table(table: &str, (width, height): (f64, f64)) -> Vec<Line> {
    const PAGE: u32 = 1;
    const WORD: u32 = 5;
    let rows: Vec<Row> = table.lines().filter_map(row).collect();
    let Some(page) = rows.iter().find(|row| row.level == PAGE && row.width > 0.0 && row.height > 0.0) else {
        return Vec::new();
    };
    let (right, down) = (width / page.width, height / page.height);
    let words: Vec<&Row> = rows.iter().filter(|row| row.level == WORD && !row.text.is_empty()).collect();
    let mut heights: Vec<f64> = words.iter().map(|word| word.height).collect();
    heights.sort_by(f64::total_cmp);
    let usual = heights.get(heights.len() / 2).copied().unwrap_or(1.0).max(1.0);
    let line = |words: &[&Row]| {
        let mut heights: Vec<f64> = words.iter().map(|word| word.height).collect();
        heights.sort_by(f64::total_cmp);
        let higher = heights[heights.len() / 2] / usual;
        let bottom = words.iter().map(|word| word.top + word.height).fold(0.0, f64::max);
        Line {
            text: words.iter().map(|word| word.text).collect::<Vec<_>>().join(" "),
            left: words.iter().map(|word| word.left * right).fold(f64::INFINITY, f64::min),
            right: words.iter().map(|word| (word.left + word.width) * right).fold(0.0, f64::max),
            y: bottom * down,
            size: if higher > HEADING { TEXT_SIZE * higher } else { TEXT_SIZE },
            bold: false,
            italic: false,
            face: 0,
            mono: false,
            upright: true,
            cells: Vec::new(),
        }
    };
    words.chunk_by(|a, b| a.line == b.line).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_becomes_lines_on_the_page() {
        let table = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
            1\t1\t0\t0\t0\t0\t0\t0\t1000\t2000\t-1\t\n\
            5\t1\t1\t1\t1\t1\t100\t100\t200\t60\t96\tForce\n\
            5\t1\t2\t1\t1\t1\t100\t300\t100\t20\t96\tA\n\
            5\t1\t2\t1\t1\t2\t250\t300\t150\t20\t96\tbody\n\
            5\t1\t2\t1\t2\t1\t100\t340\t150\t20\t90\tmoves.\n\
            5\t1\t2\t1\t2\t2\t260\t340\t10\t20\t10\t \n\
            nonsense\n";
        let lines = lines_of_table(table, (500.0, 1000.0));
        let found: Vec<_> = lines.iter().map(|l| (l.text.as_str(), l.left, l.right, l.y, l.size)).collect();
        let expected = [
            ("Force", 50.0, 150.0, 80.0, 30.0),
            ("A body", 50.0, 200.0, 160.0, 10.0),
            ("moves.", 50.0, 125.0, 180.0, 10.0),
        ];
        assert_eq!(found, expected);
        assert!(lines_of_table("", (1.0, 1.0)).is_empty());
    }

    #[test]
    fn a_machine_without_the_program_is_told_what_to_install() {
        let error = Recogniser::with_program("no-such-program".into(), "eng").expect_err("it is not there");
        assert!(error.to_string().contains("install tesseract-ocr"), "{error}");
    }
}
