//! What `compare` is asked for on its command line.

use std::path::PathBuf;

use crate::row::Divisor;

/// How large a comparison is, of what, and where its samples go.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many samples a row gets of each peer.
    pub turns: usize,
    /// Of how many short runs a sample of timed rounds is made, in turns with the other peers' of the same
    /// turn; with one, a runtime is alone.
    pub bursts: usize,
    /// How many it has already in the file of samples, which then goes on.
    pub after: usize,
    /// Rounds are divided by this; a round is never less than whole.
    pub divisor: Divisor,
    /// Where each sample is written to, as a line of JSON.
    pub samples: Option<PathBuf>,
    /// Which peers take part; all if there are none.
    pub peers: Vec<String>,
    /// Words of which a row's name has to contain one; no words choose all rows.
    pub filters: Vec<String>,
    /// Whether a word has to be the whole name.
    pub exact: bool,
    /// Whether measurements are taken in this process, where strace follows them, instead of a fresh
    /// one each.
    pub here: bool,
    /// Whether the curves are wanted too.
    pub curves: bool,
    /// Whether only the names of the rows are wanted.
    pub list: bool,
}

impl Options {
    /// What the figures are taken from.
    fn full() -> Options {
        Options {
            turns: 5,
            bursts: 1,
            after: 0,
            divisor: 1,
            samples: None,
            peers: Vec::new(),
            filters: Vec::new(),
            exact: false,
            here: false,
            curves: false,
            list: false,
        }
    }

    /// Shows only that every row works.
    fn smoke() -> Options {
        Options {
            turns: 1,
            divisor: u64::MAX,
            ..Options::full()
        }
    }

    /// What this process is asked for.
    ///
    /// Cargo passes `--bench` to benches that it runs as benches, and not to those that it only
    /// tests. A flag that nobody knows is refused to whoever measures; a test run may carry flags
    /// that are meant for other binaries.
    pub fn read() -> Options {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let bench = arguments.iter().any(|argument| argument == "--bench");
        let mut options = if bench {
            Options::full()
        } else {
            Options::smoke()
        };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let value = arguments.next();
                value.unwrap_or_else(|| refuse(&format!("{argument} needs a value")))
            };
            match argument.as_str() {
                "--bench" => {}
                "--turns" => options.turns = number(&value()),
                "--bursts" => options.bursts = number(&value()),
                "--after" => options.after = number(&value()),
                "--divisor" => options.divisor = number(&value()),
                "--samples" => options.samples = Some(PathBuf::from(value())),
                "--peer" => options.peers.push(value()),
                "--exact" => options.exact = true,
                "--here" => options.here = true,
                "--curves" => options.curves = true,
                "--list" => options.list = true,
                other if !other.starts_with("--") => options.filters.push(argument),
                other if bench => refuse(&format!("there is no flag {other}")),
                _ => {}
            }
        }
        options
    }

    pub(crate) fn wants_row(&self, name: &str) -> bool {
        let mut filters = self.filters.iter();
        let fits = |filter: &String| match self.exact {
            true => name == filter,
            false => name.contains(filter.as_str()),
        };
        self.filters.is_empty() || filters.any(fits)
    }

    pub(crate) fn wants_peer(&self, name: &str) -> bool {
        self.peers.is_empty() || self.peers.iter().any(|peer| peer == name)
    }
}

/// At least one of whatever it counts.
fn number<N: std::str::FromStr + PartialOrd + From<u8>>(text: &str) -> N {
    match text.parse() {
        Ok(number) if number >= N::from(1) => number,
        _ => refuse(&format!("{text:?} is no number that counts something")),
    }
}

fn refuse(why: &str) -> ! {
    eprintln!("compare: {why}");
    std::process::exit(2);
}
