//! The places where atomic operations stand, and the one that is a mutant.
//!
//! `cargo xtask loom-mutants` weakens each ordering of what the models pass, or leaves the step out,
//! and wants a model to fail for it. All mutants share one build; two variables say what to do:
//!
//! - `RUNTIME_LOOM_MUTANT=FILE:LINE:COLUMN PART BECOMES`: at this place the part `order` or `failure`
//!   becomes the ordering named; the part `step` is left out.
//! - `RUNTIME_LOOM_SITES=FILE`: each model appends the places that it passes, a line each: model,
//!   place, operation, ordering, and the ordering of failure if it has one.
//!
//! Tests and models pass places of their own: the command sorts them out by their paths.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::panic::Location;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::atomic::Ordering;

/// One operation under way: the orderings that it uses, and whether it is to be left out.
pub(super) struct Site {
    pub(super) order: Ordering,
    pub(super) failure: Ordering,
    pub(super) is_left_out: bool,
}

/// What a place says of itself: the operation, its ordering and that of failure.
type Entry = (&'static str, Ordering, Option<Ordering>);

static PASSED: Mutex<BTreeMap<&'static Location<'static>, Entry>> = Mutex::new(BTreeMap::new());

struct Mutant {
    place: String,
    line: u32,
    part: Part,
}

enum Part {
    Order(Ordering),
    Failure(Ordering),
    Step,
}

impl Site {
    #[track_caller]
    pub(super) fn new(operation: &'static str, order: Ordering) -> Site {
        Site::here(Location::caller(), (operation, order, None))
    }

    #[track_caller]
    pub(super) fn exchange(operation: &'static str, success: Ordering, failure: Ordering) -> Site {
        Site::here(Location::caller(), (operation, success, Some(failure)))
    }

    fn here(place: &'static Location<'static>, entry: Entry) -> Site {
        let (_, order, failure) = entry;
        let mut site = Site {
            order,
            failure: failure.unwrap_or(order),
            is_left_out: false,
        };
        if sites_file().is_some() {
            let mut passed = PASSED.lock().unwrap_or_else(PoisonError::into_inner);
            passed.insert(place, entry);
        }
        let Some(mutant) = mutant() else {
            return site;
        };
        // The line first: it is cheap, and differs nearly always.
        if mutant.line == place.line() && mutant.place == place.to_string() {
            match mutant.part {
                Part::Order(weaker) => site.order = weaker,
                Part::Failure(weaker) => site.failure = weaker,
                Part::Step => site.is_left_out = true,
            }
        }
        site
    }
}

/// Appends what was passed since the last call, under the name of `model`. A recording runs one
/// model a process.
pub(super) fn record(model: &str) {
    let Some(file) = sites_file() else {
        return;
    };
    let mut passed = PASSED.lock().unwrap_or_else(PoisonError::into_inner);
    let mut lines = String::new();
    for (place, (operation, order, failure)) in std::mem::take(&mut *passed) {
        let failure = failure.map_or("-".to_owned(), |failure| format!("{failure:?}"));
        lines += &format!("{model} {place} {operation} {order:?} {failure}\n");
    }
    let file = OpenOptions::new().append(true).create(true).open(file);
    let written = file.and_then(|mut file| file.write_all(lines.as_bytes()));
    written.expect("the file of places can be written");
}

fn sites_file() -> Option<&'static str> {
    static FILE: OnceLock<Option<String>> = OnceLock::new();
    FILE.get_or_init(|| std::env::var("RUNTIME_LOOM_SITES").ok())
        .as_deref()
}

fn mutant() -> Option<&'static Mutant> {
    static MUTANT: OnceLock<Option<Mutant>> = OnceLock::new();
    let read = || {
        let text = std::env::var("RUNTIME_LOOM_MUTANT").ok()?;
        Some(parse(&text).unwrap_or_else(|| panic!("RUNTIME_LOOM_MUTANT: {text:?}")))
    };
    MUTANT.get_or_init(read).as_ref()
}

fn parse(text: &str) -> Option<Mutant> {
    let mut words = text.split(' ');
    let place = words.next()?.to_owned();
    let line = place.rsplit(':').nth(1)?.parse().ok()?;
    let part = match (words.next()?, words.next()?) {
        ("order", weaker) => Part::Order(ordering(weaker)?),
        ("failure", weaker) => Part::Failure(ordering(weaker)?),
        ("step", "nothing") => Part::Step,
        _ => return None,
    };
    Some(Mutant { place, line, part })
}

fn ordering(name: &str) -> Option<Ordering> {
    // Relaxed: the weakest and the strongest are named alike; nothing is done with them here.
    let known = [
        Ordering::Relaxed,
        Ordering::Acquire,
        Ordering::Release,
        Ordering::AcqRel,
        Ordering::SeqCst,
    ];
    known.into_iter().find(|order| format!("{order:?}") == name)
}
