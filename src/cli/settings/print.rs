//! The commented settings file, made of what the flags say of themselves.

use super::{Kind, Setting, TABLES, common, is_same, of_table, shown};
use clap::Command;
use std::fmt::Write as _;

/// Width of the comments.
const WIDTH: usize = 98;

const HEAD: &str = "\
Settings of Lectern. Every line is commented out and shows the default: take the # away from a line to change it. A flag \
on the command line counts more than its environment variable, that more than this file, and this more than the default.

Lectern reads the file that --config or LECTERN_CONFIG names, else lectern.toml in the folder it is started in. Paths begin \
in that folder too. `lectern config --check FILE` looks for mistakes.";

/// Every setting with its explanation, commented out; what is for several commands first.
pub(in crate::cli) fn commented(command: &Command) -> String {
    let mut file = String::new();
    for (number, paragraph) in HEAD.split("\n\n").enumerate() {
        file.push_str(if number > 0 { "#\n" } else { "" });
        comment(&mut file, paragraph);
    }
    let common = common(command);
    common.iter().for_each(|setting| entry(&mut file, setting));
    for table in TABLES {
        let own = of_table(command, table);
        let mut own = own.iter().filter(|own| !common.iter().any(|known| is_same(known.arg, own.arg))).peekable();
        if own.peek().is_some() {
            let _ = write!(file, "\n[{table}]\n"); // a text takes all
            own.for_each(|setting| entry(&mut file, setting));
        }
    }
    file
}

fn entry(file: &mut String, setting: &Setting<'_>) {
    let arg = setting.arg;
    file.push('\n');
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    comment(file, &format!("{}.", help.trim_end_matches('.')));
    let choices: Vec<String> = match setting.kind() {
        Kind::Switch => Vec::new(),
        _ => arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect(),
    };
    if !choices.is_empty() {
        comment(file, &format!("One of: {}.", choices.join(", ")));
    }
    let variable = arg.get_env().map(shown).unwrap_or_default();
    let values: Vec<_> = arg.get_default_values().iter().map(|value| shown(value)).collect();
    if values.is_empty() {
        comment(file, &format!("Environment: {variable}. Not set by default."));
    } else {
        comment(file, &format!("Environment: {variable}."));
    }
    let names = || arg.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect();
    let texts: Vec<String> = if values.is_empty() { names() } else { values.iter().map(ToString::to_string).collect() };
    let value = |text: &String| match setting.kind() {
        Kind::Text => toml::Value::String(text.clone()).to_string(),
        Kind::Number if values.is_empty() => "0".to_owned(),
        Kind::Number | Kind::Switch => text.clone(),
    };
    let written = texts.iter().map(value).collect::<Vec<_>>().join(", ");
    let written = if setting.is_list() { format!("[{written}]") } else { written };
    let _ = writeln!(file, "#{} = {written}", setting.key()); // a text takes all
}

/// Writes `text` as comment lines.
fn comment(file: &mut String, text: &str) {
    let mut width = WIDTH;
    for word in text.split_whitespace() {
        let length = word.chars().count() + 1;
        if width + length > WIDTH {
            file.push_str(if file.is_empty() || file.ends_with('\n') { "#" } else { "\n#" });
            width = 0;
        }
        file.push(' ');
        file.push_str(word);
        width += length;
    }
    file.push('\n');
}
