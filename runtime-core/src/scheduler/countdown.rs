//! What is due every so many times, on one thread.

use std::cell::Cell;

/// True every so many times.
#[derive(Debug)]
pub(super) struct Countdown {
    left: Cell<u32>,
    interval: u32,
}

impl Countdown {
    /// An interval of zero counts as one of one.
    pub(super) fn new(interval: u32) -> Countdown {
        Countdown {
            left: Cell::new(interval),
            interval,
        }
    }

    #[inline]
    pub(super) fn is_over(&self) -> bool {
        let left = self.left.get().saturating_sub(1);
        self.left.set(if left == 0 { self.interval } else { left });
        left == 0
    }

    /// It is over after so many times if that is later, and after two intervals at the latest.
    pub(super) fn put_off(&self, times: usize) {
        let latest = self.interval.saturating_mul(2);
        let times = u32::try_from(times).unwrap_or(latest).min(latest);
        self.left.set(self.left.get().max(times));
    }
}

#[cfg(test)]
mod tests {
    use super::Countdown;

    fn until_over(countdown: &Countdown) -> usize {
        (1..).find(|_| countdown.is_over()).unwrap()
    }

    #[test]
    fn it_is_over_every_so_many_times() {
        for (interval, times) in [(0, 1), (1, 1), (61, 61)] {
            let countdown = Countdown::new(interval);
            assert_eq!([(); 3].map(|()| until_over(&countdown)), [times; 3]);
        }
    }

    #[test]
    fn what_puts_it_off_does_so_once_and_by_one_interval_at_most() {
        let countdown = Countdown::new(10);
        for (times, after) in [
            (0, 10),
            (9, 10),
            (15, 15),
            (20, 20),
            (21, 20),
            (usize::MAX, 20),
        ] {
            countdown.put_off(times);
            assert_eq!(until_over(&countdown), after, "{times}");
            assert_eq!(until_over(&countdown), 10, "{times}");
        }
    }

    #[test]
    fn no_interval_is_too_long_to_be_put_off() {
        let countdown = Countdown::new(u32::MAX);
        countdown.put_off(usize::MAX);
        assert!(!countdown.is_over());
    }
}
