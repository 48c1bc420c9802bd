#![allow(clippy::unwrap_used, reason = "a test")]

use super::*;

/// The command line with a file's text, as its `Debug` form without what the environment may say.
fn parsed(text: &str, line: &[&str]) -> Result<String, String> {
    let with_file = file::apply_text(command(), Path::new("lectern.toml"), text).map_err(|error| error.to_string())?;
    let line = ["lectern"].iter().chain(line);
    let matches =
        without_environment(with_file.command).try_get_matches_from(line).map_err(|error| error.to_string())?;
    Ok(format!("{:?}", Cli::from_arg_matches(&matches).map_err(|error| error.to_string())?))
}

fn without_environment(command: Command) -> Command {
    command.mut_args(|arg| arg.env(clap::builder::Resettable::Reset)).mut_subcommands(without_environment)
}

/// The printed file with its defaults uncommented.
fn uncommented() -> String {
    let printed = commented(&command());
    let is_setting = |line: &str| line.strip_prefix('#').is_some_and(|rest| rest.starts_with(char::is_alphabetic));
    let blocks = printed.split("\n\n").filter(|block| !block.contains("Not set by default."));
    let lines = blocks.flat_map(str::lines).filter(|line| line.starts_with('[') || is_setting(line));
    lines.map(|line| line.trim_start_matches('#').to_owned() + "\n").collect()
}

#[test]
fn the_printed_file_says_what_no_file_says() {
    let text = uncommented();
    assert!(text.contains("data = \"data\"\n") && text.contains("[serve]\naddr = \"127.0.0.1:8000\"\n"), "{text}");
    assert!(text.contains("lan = false\n") && text.contains("max-running = 32\n"), "{text}");
    for line in [&["serve"][..], &["ingest", "x"], &["ask", "x"], &["models", "list"], &["doctor"], &["bench", "serve"]]
    {
        assert_eq!(parsed(&text, line), parsed("", line), "{line:?}");
        assert_eq!(parsed(&commented(&command()), line), parsed("", line), "{line:?}");
    }
}

#[test]
fn every_flag_of_serve_is_a_setting() {
    let command = command();
    let serve = command.find_subcommand("serve").unwrap();
    let lacking: Vec<_> =
        serve.get_arguments().filter(|arg| !arg.is_hide_set() && !is_setting(arg)).map(|arg| arg.get_id()).collect();
    assert!(lacking.is_empty(), "give these an environment variable (`env = \"LECTERN_…\"`): {lacking:?}");
}

#[test]
fn every_setting_is_documented() {
    let printed = commented(&command());
    assert!(printed.lines().all(|line| line.chars().count() <= 120), "{printed}");
    assert!(!printed.contains("# .\n"), "a setting without help:\n{printed}");
}

#[test]
fn the_file_gives_defaults_and_flags_win() {
    let check = |text: &str, line: &[&str], says: &[&str]| {
        let got = parsed(text, line).unwrap();
        says.iter().for_each(|says| assert!(got.contains(says), "{text:?} {line:?}: no {says:?} in {got}"));
    };
    let text = "data = \"kept\"\nkv-mib = 64\nlog = \"debug\"\n[serve]\nlan = true\nreading-grade = 7.5\naddr = \"0.0.0.0:80\"";
    check(
        text,
        &["serve"],
        &["data: \"kept\"", "kv_mib: 64", "lan: true", "reading_grade: 7.5", "Some(\"debug\")", ":80"],
    );
    check(
        text,
        &["serve", "--data", "x", "--lan=false", "--log=info"],
        &["data: \"x\"", "lan: false", "Some(\"info\")"],
    );
    check(text, &["--log=info", "serve", "--lan"], &["Some(\"info\")", "lan: true"]);
    check(text, &["books"], &["data: \"kept\""]);
    check(text, &["models", "list"], &["data: \"kept\""]);
    check("data = \"all\"\n[ingest]\ndata = \"own\"", &["ingest", "x"], &["data: \"own\""]);
    check("[ingest]\ndata = \"own\"\n", &["books"], &["data: \"data\""]);
    check("model = \"none\"\ndevice = \"cpu\"\nreranker = \"none\"", &["ask", "x"], &["model: Some(\"none\")"]);
    check("log-format = \"json\"", &["books"], &["log_format: Json"]);
    check("[serve]\naddr = \"127.0.0.1:9\"", &["doctor"], &["addr: 127.0.0.1:9"]);
}

#[test]
fn mistakes_are_told_with_line_and_remedy() {
    for (text, says) in [
        (
            "\n\nmodell = \"x\"",
            "lectern.toml, line 3: no setting `modell` at the top of the file; did you mean `model`?",
        ),
        ("addr = \"1.2.3.4:5\"", "line 1: no setting `addr` at the top of the file; it belongs in [serve]"),
        ("[serve]\nlog = \"x\"", "line 2: no setting `log` in [serve]; it belongs at the top"),
        ("[serve]\nreading_grade = 5", "line 2: no setting `reading_grade` in [serve]; did you mean `reading-grade`?"),
        ("zebra = 1", "`lectern config` lists all settings"),
        ("[server]\naddr = \"x\"", "line 1: no table [server]; there are [serve], [ingest], [ask]"),
        ("serve = 1", "line 1: no setting `serve`"),
        ("[serve]\nlan = \"yes\"", "line 2: lan: expected true or false, got a text in quotes"),
        ("kv-mib = \"64\"", "line 1: kv-mib: expected a number without quotes, got a text in quotes"),
        ("kv-mib = 0", "line 1: kv-mib: invalid value '0' for '--kv-mib <MIB>'"),
        ("kv-mib = 1.5", "line 1: kv-mib: invalid value '1.5'"),
        ("data = 7", "line 1: data: expected a text in quotes, got a number"),
        ("data = [\"a\", \"b\"]", "line 1: data: expected a text in quotes, got a list"),
        ("device = \"gpu\"", "line 1: device: invalid value 'gpu' for '--device <DEVICE>' [possible values: "),
        ("[serve]\n\naddr = \"here\"", "line 3: addr: invalid value 'here'"),
        ("data = \"a\"\ndata = \"b\"", "line 2: "),
        ("data = ", "line 1: "),
    ] {
        let error = parsed(text, &["books"]).unwrap_err();
        assert!(error.contains(says), "{text:?}: {error}");
    }
}
