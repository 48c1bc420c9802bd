//! WebSocket conformance: the Autobahn cases, played by `kosoku` (PyPI) against an echo with the sockets' own settings.
//! Left out are 12.* and 13.*: compression, which the server does not offer.

#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(clippy::print_stdout, reason = "a test says what it skips and counts")]

mod python_tools;

use python_tools::{program, skip};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// All cases but those of compression.
const NUM_CASES: usize = 301;

/// Allowed to be late, not to be wrong: these send one text frame in pieces whose middle one is not UTF-8, and would have it
/// refused before the frame is whole. It is refused with 1007 when the frame is whole.
const NON_STRICT: [&str; 2] = ["6.4.3", "6.4.4"];

/// Far longer than the cases take: reached only when something is broken.
const PATIENCE: Duration = Duration::from_secs(300);

#[tokio::test(flavor = "multi_thread")]
async fn the_sockets_keep_to_the_standard() {
    let Some(kosoku) = program("KOSOKU", "kosoku") else {
        return skip("the Autobahn cases need `kosoku` 0.1.0 (pip install kosoku==0.1.0)");
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let echo = tokio::spawn(lectern::server::echo(listener));
    let report = tempfile::tempdir().unwrap();
    let mut command = tokio::process::Command::new(&kosoku);
    command.args(["-x", "12.*", "-x", "13.*", "-o"]).arg(report.path()).arg(&address).kill_on_drop(true);
    let run = tokio::time::timeout(PATIENCE, command.output()).await.expect("the cases end").unwrap();
    assert!(report.path().join("index.json").is_file(), "{}", String::from_utf8_lossy(&run.stderr));
    echo.abort();

    let cases = outcomes(report.path());
    let mut counts = BTreeMap::<&str, usize>::new();
    let mut wrong = Vec::new();
    for (case, (messages, close)) in &cases {
        *counts.entry(messages).or_default() += 1;
        let may = |outcome: &str| matches!(outcome, "OK" | "INFORMATIONAL");
        let late = messages == "NON-STRICT" && NON_STRICT.contains(&case.as_str());
        if !(may(messages) || late) || !may(close) {
            wrong.push(format!("{case}: {messages}, closing {close}"));
        }
    }
    println!("{counts:?}");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(cases.len(), NUM_CASES);
}

/// By case: how the messages went, and how the closing.
fn outcomes(report: &Path) -> BTreeMap<String, (String, String)> {
    let index: Value = serde_json::from_slice(&std::fs::read(report.join("index.json")).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let agents = index.as_object().unwrap().values();
    let cases = agents.flat_map(|cases| cases.as_object().unwrap());
    cases.map(|(id, case)| (id.clone(), (text(&case["behavior"]), text(&case["behaviorClose"])))).collect()
}
