//! Settings: flags that can also be given in the environment and in `lectern.toml`. Each is declared once, as a flag with
//! an environment variable; the file's values become the defaults of the flags, so default < file < environment < flag.

mod file;
mod nearest;
mod print;
#[cfg(test)]
mod tests;

pub(super) use print::commented;

use super::{Cli, CliError};
use clap::builder::BoolishValueParser;
use clap::{Arg, ArgAction, Command, CommandFactory as _, FromArgMatches as _};
use std::any::TypeId;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The file that is read where none is named.
const FILE_NAME: &str = "lectern.toml";

/// Commands that have a table of their own in the file.
const TABLES: [&str; 3] = ["serve", "ingest", "ask"];

/// Commands that say what `serve` would do, and so have its settings.
const LIKE_SERVE: [&str; 1] = ["doctor"];

/// Commands for developers: they take settings, but do not make one common.
const MEASURING: [&str; 2] = ["bench", "eval"];

/// Commands that tell about the program itself and work beside a broken file.
const WITHOUT_FILE: [&str; 3] = ["config", "completions", "man"];

/// A flag that the file can give.
struct Setting<'a> {
    arg: &'a Arg,
    /// A command that has it, as on a command line; nothing for a flag of all commands.
    path: Vec<&'a str>,
}

/// What a setting holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Switch,
    Number,
    Text,
}

impl Setting<'_> {
    fn key(&self) -> &str {
        self.arg.get_long().expect("a setting has a long flag")
    }

    fn kind(&self) -> Kind {
        let of = self.arg.get_value_parser().type_id();
        let is_one = |types: &[TypeId]| types.iter().any(|known| of == *known);
        if is_switch(self.arg) || of == TypeId::of::<bool>() {
            Kind::Switch
        } else if is_one(&[TypeId::of::<u8>(), TypeId::of::<u16>(), TypeId::of::<u32>(), TypeId::of::<u64>()])
            || is_one(&[TypeId::of::<i16>(), TypeId::of::<i32>(), TypeId::of::<i64>(), TypeId::of::<usize>()])
            || is_one(&[TypeId::of::<f32>(), TypeId::of::<f64>()])
        {
            Kind::Number
        } else {
            Kind::Text
        }
    }

    fn is_list(&self) -> bool {
        let many = self.arg.get_num_args().is_some_and(|range| range.max_values() > 1);
        many || matches!(self.arg.get_action(), ArgAction::Append) || self.arg.get_value_delimiter().is_some()
    }
}

fn is_switch(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::SetTrue)
}

fn is_setting(arg: &Arg) -> bool {
    arg.get_long().is_some_and(|long| long != "config") && arg.get_env().is_some() && !arg.is_hide_set()
}

/// The command line as declared, with switches that can be turned off again: `--lan=false`.
pub(super) fn command() -> Command {
    with_open_switches(Cli::command())
}

fn with_open_switches(command: Command) -> Command {
    let open = |arg: Arg| {
        if !(is_setting(&arg) && is_switch(&arg)) {
            return arg;
        }
        let arg = arg.action(ArgAction::Set).num_args(0..=1).require_equals(true).default_missing_value("true");
        let arg = arg.default_value("false").value_parser(BoolishValueParser::new()).value_name("true|false");
        arg.hide_possible_values(true).hide_default_value(true)
    };
    command.mut_args(open).mut_subcommands(with_open_switches)
}

/// The command line with the values of the settings file; help, version and mistakes end the program as clap does.
///
/// # Errors
/// The settings file cannot be read, or something in it is no setting.
pub(super) fn read(args: &[OsString]) -> Result<Cli, CliError> {
    let plain = command().try_get_matches_from(args).unwrap_or_else(|error| error.exit());
    let named = plain.get_one::<PathBuf>("config").cloned();
    let found = named.or_else(|| Some(PathBuf::from(FILE_NAME)).filter(|path| path.is_file()));
    let matches = match found {
        Some(path) if !plain.subcommand_name().is_some_and(|name| WITHOUT_FILE.contains(&name)) => {
            let with_file = file::apply(command(), &path)?;
            with_file.command.try_get_matches_from(args).unwrap_or_else(|error| error.exit())
        }
        _ => plain,
    };
    Ok(Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit()))
}

/// How many settings a file gives.
///
/// # Errors
/// As for [`read`].
pub(super) fn check(path: &Path) -> Result<usize, CliError> {
    Ok(file::apply(command(), path)?.num_settings)
}

/// The settings of several commands: those at the top of the file.
fn common(command: &Command) -> Vec<Setting<'_>> {
    let mut found: Vec<(Setting<'_>, &str, usize)> = Vec::new();
    for arg in command.get_arguments().filter(|arg| is_setting(arg)) {
        found.push((Setting { arg, path: Vec::new() }, "", 2));
    }
    for top in command.get_subcommands() {
        if !MEASURING.contains(&top.get_name()) && !LIKE_SERVE.contains(&top.get_name()) {
            count(top, &[], &mut found);
        }
    }
    found.into_iter().filter(|(_, _, times)| *times > 1).map(|(setting, ..)| setting).collect()
}

/// Counts for each setting in how many of the first commands it is; `above` are the names before this one.
fn count<'a>(command: &'a Command, above: &[&'a str], found: &mut Vec<(Setting<'a>, &'a str, usize)>) {
    let path = [above, &[command.get_name()]].concat();
    for arg in command.get_arguments().filter(|arg| is_setting(arg)) {
        match found.iter_mut().find(|(known, ..)| is_same(known.arg, arg)) {
            Some((_, last, _)) if *last == path[0] => {}
            Some((_, last, times)) => (*last, *times) = (path[0], *times + 1),
            None => found.push((Setting { arg, path: path.clone() }, path[0], 1)),
        }
    }
    for below in command.get_subcommands() {
        count(below, &path, found);
    }
}

/// The settings of one command, those of several included.
fn of_table<'a>(command: &'a Command, table: &'a str) -> Vec<Setting<'a>> {
    let arguments = command.find_subcommand(table).into_iter().flat_map(Command::get_arguments);
    arguments.filter(|arg| is_setting(arg)).map(|arg| Setting { arg, path: vec![table] }).collect()
}

/// Whether two commands mean the same by a flag.
fn is_same(one: &Arg, other: &Arg) -> bool {
    is_setting(one) && is_setting(other) && (one.get_long(), one.get_env()) == (other.get_long(), other.get_env())
}

/// A name as people type it.
fn shown(text: &OsStr) -> std::borrow::Cow<'_, str> {
    text.to_string_lossy()
}
