//! Water from atoms that arrive in any order: two hydrogen, one oxygen.
//!
//! What it shows: a `Semaphore` that lets so many of a kind in, a `Barrier` where a whole molecule
//! meets, and a `JoinSet` that waits for them all.
//!
//! ```text
//! cargo run --release --example h2o [molecules]     (default 10)
//! ```
//!
//! Each atom is a task of its own. It takes one of the places for its kind, waits until all three
//! places are taken, bonds, and gives its place up only then: so the atoms of one molecule bond
//! before any of the next, and each line of output holds two `H` and one `O`.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use runtime::sync::{Barrier, Mutex, Semaphore};
use runtime::task::JoinSet;

const DEFAULT_MOLECULES: usize = 10;

/// Three tasks a molecule: what a machine holds in memory without a thought.
const MOLECULES_MAX: usize = 100_000;

const ATOMS: usize = 3;

/// Where the atoms of one molecule meet.
struct Flask {
    hydrogen: Semaphore,
    oxygen: Semaphore,
    complete: Barrier,
    bonds: Mutex<String>,
}

#[derive(Clone, Copy)]
enum Atom {
    Hydrogen,
    Oxygen,
}

#[runtime::main]
async fn main() -> ExitCode {
    match run(env::args_os().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("h2o: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: impl Iterator<Item = OsString>) -> Result<(), String> {
    let molecules = molecules(arguments)?;
    let flask = Arc::new(Flask {
        hydrogen: Semaphore::new(2),
        oxygen: Semaphore::new(1),
        complete: Barrier::new(ATOMS),
        bonds: Mutex::new(String::new()),
    });
    let mut atoms = JoinSet::new();
    for _ in 0..molecules {
        for atom in [Atom::Oxygen, Atom::Hydrogen, Atom::Hydrogen] {
            atoms.spawn(bond(Arc::clone(&flask), atom));
        }
    }
    while let Some(ended) = atoms.join_next().await {
        ended
            .map_err(|error| error.to_string())?
            .map_err(|error| format!("cannot write to standard output: {error}"))?;
    }
    Ok(())
}

async fn bond(flask: Arc<Flask>, atom: Atom) -> io::Result<()> {
    let (places, letter) = match atom {
        Atom::Hydrogen => (&flask.hydrogen, 'H'),
        Atom::Oxygen => (&flask.oxygen, 'O'),
    };
    let _place = places.acquire().await.map_err(io::Error::other)?;
    flask.complete.wait().await;

    let mut bonds = flask.bonds.lock().await;
    bonds.push(letter);
    if bonds.len() == ATOMS {
        writeln!(io::stdout(), "{bonds}")?;
        bonds.clear();
    }
    Ok(())
}

fn molecules(mut arguments: impl Iterator<Item = OsString>) -> Result<usize, String> {
    let Some(argument) = arguments.next() else {
        return Ok(DEFAULT_MOLECULES);
    };
    if arguments.next().is_some() {
        return Err("too many arguments; usage: h2o [molecules]".to_string());
    }
    let text = argument.to_string_lossy();
    let molecules = text.parse().ok().filter(|&count| count <= MOLECULES_MAX);
    molecules.ok_or_else(|| {
        format!("{text:?} is not a count of molecules: a number from 0 to {MOLECULES_MAX}")
    })
}
