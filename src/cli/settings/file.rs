//! From the settings file to the defaults of flags.

use super::nearest::nearest;
use super::{CliError, Kind, LIKE_SERVE, Setting, TABLES, common, is_same, of_table};
use clap::builder::OsStr;
use clap::error::ErrorKind;
use clap::{Arg, Command};
use std::borrow::Cow;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A command line whose defaults are those of a file.
pub(super) struct WithFile {
    pub(super) command: Command,
    /// How many settings the file gives.
    pub(super) num_settings: usize,
}

/// A key with its value, as it stands in the file.
type Line<'a> = (&'a Spanned<Cow<'a, str>>, &'a Spanned<DeValue<'a>>);

/// What a key is to be in the commands from `table` on, or in all of them.
struct Given {
    arg: Arg,
    values: Vec<String>,
    table: Option<String>,
}

/// Reads the file, and gives the flags that it names new defaults.
pub(super) fn apply(command: Command, path: &Path) -> Result<WithFile, CliError> {
    let text = std::fs::read_to_string(path).map_err(|source| CliError::File { path: path.to_owned(), source })?;
    apply_text(command, path, &text)
}

pub(super) fn apply_text(command: Command, path: &Path, text: &str) -> Result<WithFile, CliError> {
    let wrong = |(at, reason): Wrong| {
        let line = text[..at.min(text.len())].bytes().filter(|byte| *byte == b'\n').count() + 1;
        CliError::Settings { path: path.to_owned(), line, reason }
    };
    let file = DeTable::parse(text)
        .map_err(|error| wrong((error.span().map_or(0, |span| span.start), error.message().to_owned())))?;
    let given = settings(&command, file.get_ref()).map_err(wrong)?;
    let num_settings = given.len();
    Ok(WithFile { command: given.into_iter().fold(command, put), num_settings })
}

/// Where in the file, and what is wrong there.
type Wrong = (usize, String);

/// What the file gives, checked; a command's own table after what is for all of them.
fn settings(command: &Command, file: &DeTable<'_>) -> Result<Vec<Given>, Wrong> {
    let mut tables = Vec::new();
    let mut given = Vec::new();
    for (key, value) in file {
        match (value.get_ref(), TABLES.contains(&key.get_ref().as_ref())) {
            (DeValue::Table(table), true) => tables.push((key.get_ref().as_ref(), table)),
            (DeValue::Table(_), false) => {
                return Err((
                    key.span().start,
                    format!("no table [{}]; there are [{}]", key.get_ref(), TABLES.join("], [")),
                ));
            }
            _ => given.push(one(command, &common(command), None, (key, value))?),
        }
    }
    for (table, lines) in tables {
        for line in lines {
            given.push(one(command, &of_table(command, table), Some(table), line)?);
        }
    }
    Ok(given)
}

/// One line of the file: its key must be among `known`.
fn one(command: &Command, known: &[Setting<'_>], table: Option<&str>, (key, value): Line<'_>) -> Result<Given, Wrong> {
    let Some(setting) = known.iter().find(|setting| setting.key() == key.get_ref()) else {
        return Err((key.span().start, unknown(command, known, table, key.get_ref())));
    };
    let fail = |reason: String| (value.span().start, format!("{}: {reason}", key.get_ref()));
    let values = values(setting, value.get_ref()).map_err(fail)?;
    if setting.kind() != Kind::Switch {
        values.iter().try_for_each(|value| check(command, setting, value)).map_err(fail)?;
    }
    Ok(Given { arg: setting.arg.clone(), values, table: table.map(str::to_owned) })
}

fn unknown(command: &Command, known: &[Setting<'_>], table: Option<&str>, key: &str) -> String {
    let place = table.map_or_else(|| "at the top of the file".to_owned(), |table| format!("in [{table}]"));
    let elsewhere = TABLES.iter().find(|name| of_table(command, name).iter().any(|setting| setting.key() == key));
    let at_top = common(command).iter().any(|setting| setting.key() == key);
    let hint = match (elsewhere, nearest(key, known.iter().map(Setting::key))) {
        _ if at_top => "; it belongs at the top of the file, before the first [table]".to_owned(),
        (Some(table), _) => format!("; it belongs in [{table}]"),
        (None, Some(near)) => format!("; did you mean `{near}`?"),
        (None, None) => "; `lectern config` lists all settings".to_owned(),
    };
    format!("no setting `{key}` {place}{hint}")
}

/// The values as on a command line.
fn values(setting: &Setting<'_>, value: &DeValue<'_>) -> Result<Vec<String>, String> {
    let kind = setting.kind();
    match value {
        DeValue::Array(items) if setting.is_list() => items.iter().map(|item| text(kind, item.get_ref())).collect(),
        value => Ok(vec![text(kind, value)?]),
    }
}

fn text(kind: Kind, value: &DeValue<'_>) -> Result<String, String> {
    match (kind, value) {
        (Kind::Switch, DeValue::Boolean(on)) => Ok(on.to_string()),
        (Kind::Text, DeValue::String(text)) => Ok(text.to_string()),
        (Kind::Number, DeValue::Integer(number)) if number.radix() == 10 => Ok(number.as_str().to_owned()),
        (Kind::Number, DeValue::Float(number)) => Ok(number.as_str().to_owned()),
        _ => {
            let expected = match kind {
                Kind::Switch => "true or false",
                Kind::Text => "a text in quotes",
                Kind::Number => "a number without quotes",
            };
            Err(format!("expected {expected}, got {}", got(value)))
        }
    }
}

fn got(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text in quotes",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// Whether the flag takes the value: asked of clap, as if it stood on a command line.
fn check(command: &Command, setting: &Setting<'_>, value: &str) -> Result<(), String> {
    let flag = format!("--{}={value}", setting.key());
    let line = ["lectern"].iter().chain(&setting.path).copied().chain([flag.as_str()]);
    let Err(error) = command.clone().try_get_matches_from(line) else { return Ok(()) };
    // What else the line lacks is not the file's fault.
    if !matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue) {
        return Ok(());
    }
    let said = error.to_string();
    let first: Vec<&str> = said.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    Err(first.join(" ").trim_start_matches("error: ").to_owned())
}

/// Gives a flag its new default, in its own table's commands or in all.
fn put(command: Command, given: Given) -> Command {
    let Some(table) = &given.table else { return put_everywhere(command, &given) };
    let alike: &[&str] = if table == "serve" { &LIKE_SERVE } else { &[] };
    let names = std::iter::once(table.as_str()).chain(alike.iter().copied());
    let names: Vec<&str> = names.filter(|name| command.find_subcommand(name).is_some()).collect();
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, |below| put_everywhere(below, &given)))
}

fn put_everywhere(command: Command, given: &Given) -> Command {
    let change = |arg: Arg| {
        if !is_same(&arg, &given.arg) {
            return arg;
        }
        let hide = arg.is_hide_default_value_set() || arg.is_hide_env_values_set();
        arg.default_values(given.values.iter().map(|value| kept(value))).hide_default_value(hide)
    };
    command.mut_args(change).mut_subcommands(|below| put_everywhere(below, given))
}

/// A default lives as long as the program, and the file is read once in it.
fn kept(value: &str) -> OsStr {
    OsStr::from(&*value.to_owned().leak())
}
