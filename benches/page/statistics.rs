//! What a handful of samples says, and how sure it is.
//!
//! A ratio is taken within a turn, where both peers had the same neighbours on the machine; a row's
//! ratio is the median of these. The interval around it is made of order statistics: the k-th
//! smallest and the k-th largest value hold the true median between them unless fewer than k
//! samples fell on one side of it, which is a coin tossed n times, whatever the noise looks like.
//!
//! # What was rejected
//! - Means and standard errors: one turn in which the machine was elsewhere decides them.
//! - The bootstrap: a resampled median can only be one of the samples, or the middle of two; with
//!   nine of them the bootstrap gives the same order statistics, less honestly and with a seed.

/// A median, and between what the true one lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Estimate {
    pub(crate) median: f64,
    /// The lower end of the interval.
    pub(crate) low: f64,
    /// The upper end of the interval.
    pub(crate) high: f64,
    /// How often such an interval holds the true median; below 0.95 if there are fewer than six
    /// samples, of which no interval can say more.
    pub(crate) coverage: f64,
}

/// The wanted chance that an interval holds the true median.
const COVERAGE: f64 = 0.95;

impl Estimate {
    /// Of samples in any order; `None` if there are none.
    pub(crate) fn of(samples: impl IntoIterator<Item = f64>) -> Option<Estimate> {
        let mut sorted: Vec<f64> = samples.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let count = sorted.len();
        let median = median(&sorted)?;
        let cut = cut(count);
        Some(Estimate {
            median,
            low: sorted[cut],
            high: sorted[count - 1 - cut],
            coverage: coverage(count, cut),
        })
    }

    /// Half of the interval's width, as a share of the median.
    pub(crate) fn spread(&self) -> f64 {
        (self.high - self.low) / 2.0 / self.median
    }

    /// Whether the value may be the true median.
    pub(crate) fn holds(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// The middle of values in order.
fn median(sorted: &[f64]) -> Option<f64> {
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(sorted[sorted.len() / 2 - 1], upper))
}

/// How many samples may be left out at each end.
fn cut(count: usize) -> usize {
    let most = count.saturating_sub(1) / 2;
    let enough = (1..=most).take_while(|&cut| coverage(count, cut) >= COVERAGE);
    enough.last().unwrap_or(0)
}

/// The chance that neither `cut` or fewer samples lie below the true median nor above it.
fn coverage(count: usize, cut: usize) -> f64 {
    let mut ways = 1.0;
    let mut tail = 0.0;
    for drawn in 0..=cut {
        tail += ways;
        ways *= (count - drawn) as f64 / (drawn + 1) as f64;
    }
    1.0 - 2.0 * tail / 2_f64.powi(count.try_into().unwrap_or(i32::MAX))
}

/// The geometric mean, the only one under which a ratio and its inverse weigh the same.
pub(crate) fn geometric_mean(ratios: impl IntoIterator<Item = f64>) -> Option<f64> {
    let logarithms: Vec<f64> = ratios.into_iter().map(f64::ln).collect();
    let count = logarithms.len();
    (count > 0).then(|| (logarithms.iter().sum::<f64>() / count as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(samples: &[f64]) -> Estimate {
        Estimate::of(samples.iter().copied()).expect("there are samples")
    }

    #[test]
    fn nothing_is_said_of_no_samples() {
        assert_eq!(Estimate::of([]), None);
        assert_eq!(geometric_mean([]), None);
    }

    #[test]
    fn the_median_is_the_middle_whatever_the_order() {
        assert_eq!(of(&[3.0, 1.0, 2.0]).median, 2.0);
        assert_eq!(of(&[4.0, 1.0, 3.0, 2.0]).median, 2.5);
        assert_eq!(of(&[7.0]).median, 7.0);
    }

    #[test]
    fn the_interval_has_the_ranks_of_the_sign_test() {
        // Ranks and coverages as in the tables of nonparametric statistics.
        let table = [
            (6, 1, 0.969),
            (8, 1, 0.992),
            (9, 2, 0.961),
            (11, 2, 0.988),
            (12, 3, 0.961),
            (15, 4, 0.965),
            (17, 5, 0.951),
            (20, 6, 0.959),
            (25, 8, 0.957),
        ];
        for (count, rank, expected) in table {
            let samples: Vec<f64> = (1..=count).map(f64::from).collect();
            let estimate = of(&samples);
            assert_eq!(estimate.low, f64::from(rank), "{count} samples");
            assert_eq!(
                estimate.high,
                f64::from(count + 1 - rank),
                "{count} samples"
            );
            let error = (estimate.coverage - expected).abs();
            assert!(error < 0.0006, "{count}: {}", estimate.coverage);
        }
    }

    #[test]
    fn of_few_samples_the_interval_is_the_extremes_and_says_so() {
        let estimate = of(&[5.0, 1.0, 2.0, 4.0, 3.0]);
        assert_eq!((estimate.low, estimate.high), (1.0, 5.0));
        assert_eq!(estimate.coverage, 0.9375);
        let one = of(&[2.0]);
        assert_eq!((one.low, one.high, one.coverage), (2.0, 2.0, 0.0));
    }

    #[test]
    fn one_turn_that_went_wrong_changes_nothing() {
        let quiet = of(&[0.50, 0.51, 0.52, 0.49, 0.50, 0.51, 0.50, 0.49, 0.52]);
        let disturbed = of(&[0.50, 0.51, 9.00, 0.49, 0.50, 0.51, 0.50, 0.49, 0.52]);
        assert_eq!(quiet.median, disturbed.median);
        assert_eq!(quiet.high, disturbed.high);
    }

    #[test]
    fn the_spread_is_half_the_interval_against_the_median() {
        let estimate = Estimate {
            median: 2.0,
            low: 1.9,
            high: 2.1,
            coverage: 0.95,
        };
        assert!((estimate.spread() - 0.05).abs() < 1e-12);
        assert!(estimate.holds(1.9) && estimate.holds(2.1) && !estimate.holds(2.2));
    }

    #[test]
    fn a_ratio_and_its_inverse_cancel_out() {
        let mean = geometric_mean([0.25, 4.0, 1.0]).expect("three ratios");
        assert!((mean - 1.0).abs() < 1e-12);
        let mean = geometric_mean([0.5, 0.125]).expect("two ratios");
        assert!((mean - 0.25).abs() < 1e-12);
    }
}
