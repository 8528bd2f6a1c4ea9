use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::{Clock, ClockError, nanos};

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

#[test]
fn a_real_clock_reads_the_real_time() {
    let clock = Clock::new();
    let before = Instant::now();
    let (ns, now) = (clock.now_ns(), clock.now());
    assert!(now >= before && clock.ns_of(before) <= ns && ns <= clock.ns_of(Instant::now()));
    assert!(!clock.is_paused());
}

#[test]
fn a_paused_clock_moves_only_when_it_is_advanced() {
    let clock = Clock::new();
    assert_eq!(clock.resume(), Err(ClockError::NotPaused));
    assert_eq!(clock.advance(ms(1)), Err(ClockError::NotPaused));
    assert!(!clock.advance_to(u64::MAX));
    assert_eq!(clock.pause(), Ok(()));
    assert_eq!(clock.pause(), Err(ClockError::AlreadyPaused));
    let (frozen, instant) = (clock.now_ns(), clock.now());
    assert_eq!(clock.now_ns(), frozen);
    assert_eq!(clock.advance(Duration::new(3, 7)), Ok(()));
    assert_eq!(clock.now_ns(), frozen + 3_000_000_007);
    assert_eq!(clock.now() - instant, Duration::new(3, 7));
    assert_eq!(clock.ns_of(clock.now()), clock.now_ns());
    assert!(clock.advance_to(frozen), "time does not go back");
    assert_eq!(clock.now_ns(), frozen + 3_000_000_007);
    assert!(clock.advance_to(frozen + 4_000_000_000));
    assert_eq!(clock.resume(), Ok(()));
    assert!(
        clock.now_ns() >= frozen + 4_000_000_000,
        "it runs on, it is not set back"
    );
    assert_eq!(clock.pause(), Ok(()));
    assert_eq!(clock.advance(Duration::MAX), Ok(()));
    assert_eq!(clock.now_ns(), u64::MAX);
    let _ = clock.now();
}

#[test]
fn each_change_of_time_tells_the_sleeper_once() {
    let clock = Arc::new(Clock::new());
    let told = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&told);
    clock.on_advance(Box::new(move || {
        seen.fetch_add(1, Ordering::Relaxed);
    }));
    let count = || told.load(Ordering::Relaxed);
    drop(Clock::hold(&clock));
    assert_eq!(count(), 0, "a running clock does not jump");
    clock.pause().unwrap();
    clock.advance(ms(5)).unwrap();
    assert_eq!(count(), 2);
    let (one, two) = (Clock::hold(&clock), Clock::hold(&clock));
    assert!(clock.is_held() && !clock.advance_to(u64::MAX));
    drop(one);
    assert_eq!(count(), 2);
    drop(two);
    assert_eq!(count(), 3, "the last hold asks the sleeper to look again");
    assert!(clock.advance_to(clock.now_ns() + 1));
    clock.resume().unwrap();
    assert_eq!(count(), 4);
}

#[test]
fn fault_042_an_instant_before_the_start_is_the_start() {
    let before = Instant::now();
    let clock = Clock::new();
    assert_eq!(clock.ns_of(before), 0);
    if let Some(long_ago) = before.checked_sub(Duration::from_secs(1)) {
        assert_eq!(clock.ns_of(long_ago), 0);
    }
}

#[test]
fn spans_stop_at_the_far_end() {
    assert_eq!(nanos(Duration::MAX), u64::MAX);
    assert_eq!(nanos(Duration::from_nanos(u64::MAX)), u64::MAX);
    assert_eq!(nanos(Duration::from_nanos(u64::MAX - 1)), u64::MAX - 1);
    assert_eq!(nanos(Duration::new(18_446_744_073, 709_551_616)), u64::MAX);
    assert_eq!(nanos(Duration::ZERO), 0);
    let clock = Clock::new();
    assert!(clock.instant_of(u64::MAX) > clock.instant_of(0));
}
