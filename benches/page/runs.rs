//! The row that a whole run leaves in `runs.md`, where those before it stay.
//!
//! The page shows the last run only. A row that misses its gate once may have met a busy machine;
//! one that misses it on each run, hours and machines apart, is slow.

use crate::figures;
use crate::gates::Verdict;
use crate::judged::Judgement;
use crate::samples::Samples;

/// One line of the table.
pub(crate) fn row(samples: &Samples, judgement: &Judgement<'_>, moment: &str) -> String {
    let fact = |name: &str| samples.machine.get(name).map_or("–", String::as_str);
    let mean = |kernel| {
        let mean = judgement.mean(kernel);
        mean.map_or_else(|| "–".to_owned(), |(mean, _)| figures::ratio(mean))
    };
    let counts = [Verdict::AheadOfAim, Verdict::Holds, Verdict::Missed];
    let missed = judgement.rows.iter().filter_map(|row| {
        let ratio = row.ratio.as_ref()?.median;
        let missed = row.verdict == Verdict::Missed;
        missed.then(|| format!("{} {}", row.name, figures::ratio(ratio)))
    });
    let missed: Vec<String> = missed.collect();
    let [commit, processor] = ["commit", "processor"].map(fact);
    let (own, kernel, missed) = (mean(false), mean(true), missed.join(", "));
    let counts = counts.map(|verdict| judgement.count(verdict).to_string());
    let cells = [moment, commit, processor, &own, &kernel];
    let cells = cells.into_iter().chain(counts.iter().map(String::as_str));
    let cells: Vec<&str> = cells.chain([missed.as_str()]).collect();
    format!("| {} |", cells.join(" | "))
}
