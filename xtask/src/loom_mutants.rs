//! `cargo xtask loom-mutants`: weakens each ordering that the models pass, or leaves the step out,
//! and wants a model to fail for it.
//!
//! 1. The models are built once. Under the model checker each atomic operation knows the place that
//!    it is called from, and a variable makes one place a mutant (`runtime-core/src/loom/site.rs`).
//! 2. Each model runs once as it is, and writes down the places that it passes.
//! 3. Each mutant is given to the models that pass its place, the shortest first, with two
//!    preemptions and then with three, until one fails.
//! 4. What came of it is compared with the ledger (`runtime-core/loom-mutants.toml`): a mutant that
//!    no model kills needs a reason there, and so does an operation that no model passes.
//!
//! `--quick` runs a dozen of the mutants that the ledger knows to be killed, and holds that it knows
//! all there are; `--update` writes the ledger anew, and leaves the reasons that stand there.
//!
//! A model that takes too long on a mutant says nothing about it: only a failed assertion, a
//! deadlock, a leak or a race counts. loom 0.7 takes a `SeqCst` access for `AcqRel`, but for a load
//! that skips older stores of its own kind; only fences are as strong as the name. No ordering here
//! is `SeqCst`, and there is no fence: nothing rests on that difference.

pub(crate) mod ledger;

pub(crate) mod models;

mod mutant;

mod operations;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use ledger::{Entry, Ledger};
use models::{Model, Outcome};
use mutant::Mutant;

use crate::process;

/// Where a run leaves what it found.
const FOLDER: &str = "target/loom-mutants";

/// How many mutants `--quick` runs.
const DOZEN: usize = 12;

/// What one mutant may cost if nothing else is said.
const MUTANT_SECONDS: u64 = 60;

/// A model with three preemptions takes about this many times as long as with two.
const GROWTH: u32 = 8;

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) quick: bool,
    pub(crate) update: bool,
    /// Which of how many parts, counted from one.
    pub(crate) part: Option<(usize, usize)>,
    /// Only files with this in their path.
    pub(crate) file: Option<String>,
    /// What one mutant may cost.
    pub(crate) seconds: Option<u64>,
}

pub(crate) fn run(options: &Options) -> Result<(), String> {
    let models = models::build()?;
    let begun = Instant::now();
    let mut ledger = Ledger::read()?;
    // Places that a model passes with its second preemption only need no quick look.
    let (passed, times) = models::record(&models, if options.quick { 1 } else { 2 })?;
    let mut mutants = Vec::new();
    let mut unseen = Vec::new();
    for operation in operations::all()? {
        match passed.get(&operation.place) {
            Some(passed) => mutants.extend(mutant::of(&operation, passed)),
            None => unseen.push(operation),
        }
    }
    println!(
        "{} models pass {} places: {} mutants; {} operations are in no model; {:.1} s",
        models.len(),
        mutants.iter().map(place).collect::<BTreeSet<_>>().len(),
        mutants.len(),
        unseen.len(),
        begun.elapsed().as_secs_f32()
    );
    let mut summary = String::new();
    let complaints = if options.quick {
        quick(&models, &mutants, &ledger)?
    } else {
        let chosen = options.choose(&mutants);
        let verdicts = attack_all(&models, &times, &chosen, &ledger, options.limit())?;
        summary = report(&chosen, &verdicts)?;
        let unseen = unseen
            .iter()
            .map(|it| (it.file.as_str(), it.name.as_str()))
            .collect();
        if options.update {
            let whole = options.part.is_none() && options.file.is_none();
            update(&mut ledger, &chosen, verdicts, unseen, whole);
            ledger.write()?;
            Vec::new()
        } else {
            compare(&ledger, &chosen, &verdicts, &unseen)
        }
    };
    println!(
        "{summary}{:.0} s after the build",
        begun.elapsed().as_secs_f32()
    );
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(complaints.join("\n"))
    }
}

impl Options {
    fn limit(&self) -> Duration {
        Duration::from_secs(self.seconds.unwrap_or(MUTANT_SECONDS))
    }

    fn choose(&self, mutants: &[Mutant]) -> Vec<Mutant> {
        let (part, parts) = self.part.unwrap_or((1, 1));
        let in_part = mutants.iter().skip(part - 1).step_by(parts);
        in_part
            .filter(|mutant| {
                let file = self.file.as_deref().unwrap_or_default();
                mutant.file.contains(file)
            })
            .cloned()
            .collect()
    }
}

fn place(mutant: &Mutant) -> &str {
    mutant.order.split(' ').next().unwrap_or_default()
}

/// The ledger knows each mutant that the models pass, and what it says of a dozen is so.
fn quick(models: &[Model], mutants: &[Mutant], ledger: &Ledger) -> Result<Vec<String>, String> {
    let mut complaints = Vec::new();
    let mut known = Vec::new();
    for mutant in mutants {
        match ledger.get(&mutant.file, &mutant.name) {
            None => complaints.push(format!("{mutant}: not in {}", ledger::FILE)),
            Some(Entry::Killed { model, bound: 2 }) => {
                known.extend(
                    models
                        .iter()
                        .find(|it| it.name == *model)
                        .map(|it| (mutant, it)),
                );
            }
            Some(_) => {}
        }
    }
    // Spread over the files.
    let step = known.len().div_ceil(DOZEN).max(1);
    let dozen: Vec<_> = known.into_iter().step_by(step).collect();
    let runs = in_parallel(&dozen, |_, (mutant, model)| {
        model.attack(&mutant.order, 2, Duration::from_secs(MUTANT_SECONDS))
    });
    for (run, (mutant, _)) in runs.into_iter().zip(&dozen) {
        let outcome = run?;
        println!("{mutant}: {outcome:?}");
        if outcome != Outcome::Failed {
            complaints.push(format!("{mutant}: its model no longer fails"));
        }
    }
    if dozen.is_empty() {
        complaints.push(format!("{} knows no mutant that is killed", ledger::FILE));
    }
    Ok(complaints)
}

/// Which model kills each, with how many preemptions.
fn attack_all(
    models: &[Model],
    times: &[Duration],
    mutants: &[Mutant],
    ledger: &Ledger,
    limit: Duration,
) -> Result<Vec<Option<(String, u8)>>, String> {
    let runs = in_parallel(mutants, |_, mutant| {
        let begun = Instant::now();
        let verdict = attack(models, times, mutant, ledger, limit)?;
        let seconds = begun.elapsed().as_secs_f32();
        match &verdict {
            Some((model, bound)) => println!("{mutant}: {model} at {bound}, {seconds:.1} s"),
            None => println!("{mutant}: SURVIVES, {seconds:.1} s"),
        }
        Ok(verdict)
    });
    runs.into_iter().collect()
}

fn attack(
    models: &[Model],
    times: &[Duration],
    mutant: &Mutant,
    ledger: &Ledger,
    limit: Duration,
) -> Result<Option<(String, u8)>, String> {
    let known = ledger.get(&mutant.file, &mutant.name);
    let mut order = mutant.models.clone();
    let mut bounds: &[u8] = &[2, 3];
    match known {
        Some(Entry::Killed { model, bound }) => {
            // Who killed it last time goes first.
            order.sort_by_key(|number| models[*number].name != *model);
            if *bound == 3 {
                bounds = &[3];
            }
        }
        Some(Entry::Survives(reason)) if !reason.is_empty() => bounds = &[2],
        _ => {}
    }
    let begun = Instant::now();
    for &bound in bounds {
        for &number in &order {
            let expected = times[number] * if bound == 2 { 1 } else { GROWTH };
            let left = limit.saturating_sub(begun.elapsed());
            let patience = (expected * 4 + Duration::from_secs(1)).min(left);
            if expected > left {
                continue;
            }
            if models[number].attack(&mutant.order, bound, patience)? == Outcome::Failed {
                return Ok(Some((models[number].name.clone(), bound)));
            }
        }
    }
    Ok(None)
}

/// The figures of each file, and the whole table in a file; gives what is to be said of all.
fn report(mutants: &[Mutant], verdicts: &[Option<(String, u8)>]) -> Result<String, String> {
    let mut files: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut table = String::new();
    for (mutant, verdict) in mutants.iter().zip(verdicts) {
        let (all, killed) = files.entry(&mutant.file).or_default();
        *all += 1;
        *killed += usize::from(verdict.is_some());
        let _ = match verdict {
            Some((model, bound)) => {
                writeln!(table, "{}\t{mutant}\t{model}\t{bound}", place(mutant))
            }
            None => writeln!(table, "{}\t{mutant}\tsurvives\t-", place(mutant)),
        };
    }
    let file = format!("{FOLDER}/table.tsv");
    let written = fs::write(process::root().join(&file), table);
    written.map_err(|error| format!("{file}: {error}"))?;
    for (file, (all, killed)) in &files {
        println!("{file}: {killed} of {all}");
    }
    let killed = verdicts.iter().filter(|verdict| verdict.is_some()).count();
    Ok(format!(
        "{killed} of {} mutants killed, by {file}, ",
        mutants.len()
    ))
}

/// Where the ledger says otherwise.
fn compare(
    ledger: &Ledger,
    mutants: &[Mutant],
    verdicts: &[Option<(String, u8)>],
    unseen: &[(&str, &str)],
) -> Vec<String> {
    let mut complaints = Vec::new();
    for (mutant, verdict) in mutants.iter().zip(verdicts) {
        match (ledger.get(&mutant.file, &mutant.name), verdict) {
            (None, _) => complaints.push(format!("{mutant}: not in {}", ledger::FILE)),
            (Some(Entry::Killed { .. }), None) => {
                complaints.push(format!("{mutant}: no model kills it any more"));
            }
            (Some(Entry::Survives(_)), Some((model, _))) => {
                complaints.push(format!("{mutant}: is to survive, and {model} kills it"));
            }
            _ => {}
        }
    }
    for (file, name) in unseen {
        if !matches!(ledger.get(file, name), Some(Entry::NoModel(_))) {
            complaints.push(format!(
                "{file}: {name}: in no model, and {} does not say why",
                ledger::FILE
            ));
        }
    }
    complaints
}

/// The ledger as this run found things. After a run of everything, what is gone is taken out.
fn update(
    ledger: &mut Ledger,
    mutants: &[Mutant],
    verdicts: Vec<Option<(String, u8)>>,
    unseen: Vec<(&str, &str)>,
    whole: bool,
) {
    let old = std::mem::take(&mut ledger.0);
    if !whole {
        ledger.0.clone_from(&old);
    }
    let old = Ledger(old);
    for (mutant, verdict) in mutants.iter().zip(verdicts) {
        let reason = match old.get(&mutant.file, &mutant.name) {
            Some(Entry::Survives(reason)) => reason.clone(),
            _ => String::new(),
        };
        let entry = match verdict {
            Some((model, bound)) => Entry::Killed { model, bound },
            None => Entry::Survives(reason),
        };
        ledger.set(&mutant.file, &mutant.name, entry);
    }
    for (file, name) in unseen {
        let reason = match old.get(file, name) {
            Some(Entry::NoModel(reason)) => reason.clone(),
            _ => String::new(),
        };
        ledger.set(file, name, Entry::NoModel(reason));
    }
}

/// `job` for each item, as many at a time as there are processors; the answers in their order.
pub(crate) fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    job: impl Fn(usize, &T) -> Result<R, String> + Sync,
) -> Vec<Result<R, String>> {
    let count = thread::available_parallelism().map_or(1, usize::from);
    let next = Mutex::new(0..items.len());
    let done = Mutex::new(BTreeMap::new());
    let take = || next.lock().expect("no holder panics").next();
    thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(|| {
                while let Some(at) = take() {
                    let answer = job(at, &items[at]);
                    done.lock().expect("no holder panics").insert(at, answer);
                }
            });
        }
    });
    done.into_inner()
        .expect("no holder panics")
        .into_values()
        .collect()
}
