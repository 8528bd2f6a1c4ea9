//! The command line: words, and options with a value each.

use std::fmt::Display;
use std::process;
use std::str::FromStr;

use crate::Failure;

#[derive(Debug)]
pub struct Arguments(pico_args::Arguments);

impl Arguments {
    /// This process's; with `--help` among them the usage is printed, and that is all.
    pub fn read(usage: &str) -> Arguments {
        let mut arguments = pico_args::Arguments::from_env();
        if arguments.contains(["-h", "--help"]) {
            print!("{usage}");
            process::exit(0);
        }
        Arguments(arguments)
    }

    /// The value of this option, or else the default.
    pub fn option<T>(&mut self, name: &'static str, default: T) -> Result<T, Failure>
    where
        T: FromStr<Err: Display>,
    {
        Ok(self.given(name)?.unwrap_or(default))
    }

    /// The value of this option, if it is there.
    pub fn given<T>(&mut self, name: &'static str) -> Result<Option<T>, Failure>
    where
        T: FromStr<Err: Display>,
    {
        self.0.opt_value_from_str(name).map_err(wrong)
    }

    pub fn flag(&mut self, name: &'static str) -> bool {
        self.0.contains(name)
    }

    /// The first word, if it is no option.
    pub fn command(&mut self) -> Result<String, Failure> {
        let word = self.0.subcommand().map_err(wrong)?;
        word.ok_or_else(|| Failure::Usage("say what to do".to_owned()))
    }

    /// The next word; all options are to be read before.
    pub fn word(&mut self, what: &str) -> Result<String, Failure> {
        let word: Option<String> = self.0.opt_free_from_str().map_err(wrong)?;
        word.ok_or_else(|| Failure::Usage(format!("{what} is missing")))
    }

    /// Nothing may be left.
    pub fn end(self) -> Result<(), Failure> {
        match self.0.finish().first() {
            Some(word) => Err(Failure::Usage(format!("unknown argument {word:?}"))),
            None => Ok(()),
        }
    }
}

fn wrong(error: pico_args::Error) -> Failure {
    Failure::Usage(error.to_string())
}
