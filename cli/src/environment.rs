//! The environment: an empty variable counts as unset, for that is how deployment templates say "default".

use clap::{Arg, Command, CommandFactory, FromArgMatches};

/// Parses the command line and the environment. Exits with a message that names the option when a value is invalid.
pub(crate) fn parse<T: CommandFactory + FromArgMatches>() -> T {
    let matches = without_empty(T::command()).get_matches();
    T::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

fn without_empty(command: Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let command = command.mut_args(ignore_empty);
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, without_empty))
}

fn ignore_empty(arg: Arg) -> Arg {
    let is_empty =
        arg.get_env().is_some_and(|name| std::env::var_os(name).is_some_and(|value| value.is_empty()));
    if is_empty { arg.env(clap::builder::Resettable::Reset) } else { arg }
}
