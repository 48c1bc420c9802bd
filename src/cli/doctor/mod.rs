//! `lectern doctor`: is this machine ready for a class? It looks and changes nothing.

mod contents;
mod machine;
mod places;
mod weights;

use super::{CliError, serve};
use std::io::Write as _;
use std::process::ExitCode;

/// Flags of `lectern doctor`: those of `lectern serve`, and it says whether that would work.
///
/// Exit code: 0 where a class could begin, 1 where something stands in the way.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct Args {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    serve: serve::Args,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    Ok,
    /// A class could begin, but not as well as it might.
    Warning,
    /// No class could begin, or it would lose something.
    Problem,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// What was found at one place.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
struct Finding {
    check: &'static str,
    level: Level,
    /// What is so, and what it means.
    found: String,
    /// What helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, level: Level::Ok, found: found.into(), remedy: None }
    }

    fn warning(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, level: Level::Warning, found: found.into(), remedy: Some(remedy.into()) }
    }

    fn problem(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, level: Level::Problem, found: found.into(), remedy: Some(remedy.into()) }
    }
}

/// An error in one line, its causes behind it.
fn in_words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push_str(&format!(": {error}"));
        cause = error.source();
    }
    words.replace('\n', " ")
}

pub(super) fn run(args: Args) -> Result<ExitCode, CliError> {
    let serve = &args.serve;
    let mut findings =
        vec![machine::processor(), machine::port(serve.listen_addr()), machine::clock(&serve.folders.data)];
    findings.extend(places::all(&serve.folders, &serve.corpus));
    findings.extend(weights::all(serve));
    findings.extend(contents::all(serve));
    let text = if args.json { json(&findings) } else { table(&findings) };
    std::io::stdout().write_all(text.as_bytes())?;
    let bad = findings.iter().any(|finding| finding.level == Level::Problem);
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn count(findings: &[Finding], level: Level) -> usize {
    findings.iter().filter(|finding| finding.level == level).count()
}

fn json(findings: &[Finding]) -> String {
    let (problems, warnings) = (count(findings, Level::Problem), count(findings, Level::Warning));
    let object = serde_json::json!({
        "ready": problems == 0,
        "num_problems": problems,
        "num_warnings": warnings,
        "findings": findings,
    });
    format!("{object}\n")
}

fn table(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        text.push_str(&format!("{:8} {:10} {}\n", finding.level.word(), finding.check, finding.found));
        if let Some(remedy) = &finding.remedy {
            text.push_str(&format!("{:19} -> {remedy}\n", ""));
        }
    }
    let some = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    let (problems, warnings) = (count(findings, Level::Problem), count(findings, Level::Warning));
    let end = match problems {
        0 => format!("A class can begin ({}).", some(warnings, "warning")),
        _ => format!("A class cannot begin yet: {}, {}.", some(problems, "problem"), some(warnings, "warning")),
    };
    text + "\n" + &end + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_says_whether_a_class_can_begin() {
        let (good, bad) = (Finding::ok("a", "fine"), Finding::problem("b", "gone", "bring it back"));
        let odd = Finding::warning("c", "slow", "wait");
        for (findings, end) in [
            (vec![good.clone()], "A class can begin (0 warnings)."),
            (vec![good.clone(), odd.clone()], "A class can begin (1 warning)."),
            (vec![good, odd, bad], "A class cannot begin yet: 1 problem, 1 warning."),
        ] {
            let text = table(&findings);
            assert_eq!(text.lines().last(), Some(end), "{text}");
            assert!(findings.iter().all(|finding| text.contains(&finding.found)));
            assert!(json(&findings).contains(&format!("\"ready\":{}", end.starts_with("A class can "))));
        }
    }
}
