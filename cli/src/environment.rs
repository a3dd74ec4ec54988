//! What options are when the command line doesn't say: the environment first, then the Clowder file, then the default.

use std::path::Path;

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::{Arg, Command, CommandFactory, FromArgMatches};

use crate::clowder::{self, Variables};

/// Where the Clowder file is.
const CLOWDER_PATH: &str = "ACG_CONFIG";

/// Parses the command line and the environment. Exits with a message that names the option when a value is invalid.
pub(crate) fn parse<T: CommandFactory + FromArgMatches>() -> T {
    let mut command = T::command();
    let path = std::env::var_os(CLOWDER_PATH).filter(|path| !path.is_empty());
    let clowder = path.map(|path| clowder::read(Path::new(&path))).transpose();
    let clowder =
        clowder.unwrap_or_else(|error| command.error(ErrorKind::Io, error).exit()).unwrap_or_default();
    let matches = with_environment(command, &clowder).get_matches();
    T::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

fn with_environment(command: Command, clowder: &Variables) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let command = command.mut_args(|arg| with_fallbacks(arg, clowder));
    names.into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, |subcommand| with_environment(subcommand, clowder))
    })
}

/// An empty variable counts as unset, for that is how deployment templates say "default".
fn with_fallbacks(arg: Arg, clowder: &Variables) -> Arg {
    let Some(name) = arg.get_env().map(|name| name.to_string_lossy().into_owned()) else { return arg };
    let is_empty = std::env::var_os(&name).is_some_and(|value| value.is_empty());
    let arg = if is_empty { arg.env(Resettable::Reset) } else { arg };
    match clowder.get(name.as_str()) {
        // Some are secrets, and some are long.
        Some(value) => arg.default_value(value.clone()).hide_default_value(true),
        None => arg,
    }
}
