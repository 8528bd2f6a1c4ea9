//! From values to pixels, and where the ticks are.

/// A logarithmic axis: equal ratios are equal lengths.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    /// The pixels of the two ends.
    from: i32,
    to: i32,
}

/// Where ticks may stand within a power of ten.
const STEPS: [f64; 3] = [1.0, 2.0, 5.0];

impl Scale {
    /// An axis that shows all values, from one tick to another.
    pub(super) fn around(values: impl IntoIterator<Item = f64>, (from, to): (i32, i32)) -> Scale {
        let shown = values
            .into_iter()
            .filter(|value| value.is_finite() && *value > 0.0);
        let ends = shown.fold(None, |ends, value| {
            let (low, high): (f64, f64) = ends.unwrap_or((value, value));
            Some((low.min(value), high.max(value)))
        });
        let (low, high) = ends.unwrap_or((1.0, 1.0));
        // A hair's breadth to each side, so that no mark lies on the frame.
        let low = candidates(low / 1.05)
            .filter(|tick| *tick <= low / 1.05)
            .last();
        let high = candidates(high * 1.05).find(|tick| *tick >= high * 1.05);
        Scale {
            low: low.unwrap_or(1.0),
            high: high.unwrap_or(10.0),
            from,
            to,
        }
    }

    /// Whether the axis ends below the value.
    pub(super) fn is_below(&self, value: f64) -> bool {
        value > self.high
    }

    /// The pixel of a value; values outside stay at the edge.
    pub(super) fn pixel(&self, value: f64) -> i32 {
        let share = (value / self.low).ln() / (self.high / self.low).ln();
        let length = f64::from(self.to - self.from);
        self.from + (share.clamp(0.0, 1.0) * length).round() as i32
    }

    /// The values that get a label: at 1, 2, 5 where there is room, else at powers of ten, else
    /// at some of these.
    pub(super) fn ticks(&self, room: i32) -> Vec<f64> {
        let all: Vec<f64> = (-12..=15)
            .flat_map(|power| STEPS.map(|step| step * 10_f64.powi(power)))
            .filter(|tick| *tick >= self.low * 0.999 && *tick <= self.high * 1.001)
            .collect();
        let fits = |count: usize| count as i32 * room <= (self.to - self.from).abs();
        if fits(all.len()) {
            return all;
        }
        let is_power = |tick: &f64| (tick.log10() - tick.log10().round()).abs() < 1e-9;
        let powers: Vec<f64> = all.into_iter().filter(is_power).collect();
        let every = (1..).find(|&every| fits(powers.len() / every)).unwrap_or(1);
        powers.into_iter().step_by(every).collect()
    }
}

/// The ticks around a value, in order.
fn candidates(value: f64) -> impl Iterator<Item = f64> {
    let power = value.log10().floor() as i32;
    (power - 1..=power + 1).flat_map(|power| STEPS.map(|step| step * 10_f64.powi(power)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_goes_from_tick_to_tick() {
        let scale = Scale::around([0.06, 1.3], (0, 600));
        assert_eq!(scale.pixel(0.05), 0);
        assert_eq!(scale.pixel(2.0), 600);
        assert_eq!(scale.pixel(0.01), 0);
        let ticks: Vec<String> = scale
            .ticks(40)
            .iter()
            .map(|tick| format!("{tick:.2}"))
            .collect();
        assert_eq!(ticks, ["0.05", "0.10", "0.20", "0.50", "1.00", "2.00"]);
    }

    #[test]
    fn equal_ratios_are_equal_lengths_upwards_too() {
        let scale = Scale::around([1.1, 90.0], (200, 0));
        assert_eq!(scale.pixel(1.0), 200);
        assert_eq!(scale.pixel(10.0), 100);
        assert_eq!(scale.pixel(100.0), 0);
    }

    #[test]
    fn ticks_thin_out() {
        let scale = Scale::around([11.0, 900_000.0], (0, 300));
        assert_eq!(scale.ticks(60).len(), 3);
        assert_eq!(scale.ticks(50), [10.0, 100.0, 1e3, 1e4, 1e5, 1e6]);
    }

    #[test]
    fn one_value_or_none_still_make_an_axis() {
        let scale = Scale::around([], (0, 100));
        assert!(scale.pixel(1.0) > 0 && scale.pixel(1.0) < 100);
        let scale = Scale::around([0.0, f64::NAN, 3.0], (0, 100));
        assert_eq!((scale.pixel(2.0), scale.pixel(5.0)), (0, 100));
    }
}
