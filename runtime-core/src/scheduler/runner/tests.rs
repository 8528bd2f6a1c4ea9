use std::any::Any;
use std::iter::repeat_n;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use std::{io, mem};

use crate::builder::Builder;
use crate::park::driver::{Driver, EVENTS_PER_POLL, Event, Poller};
use crate::spawn::{spawn, yield_now};
use crate::util::wake_list::WakeList;

/// Brings so many events with each look, and notes how many polls there were before.
struct Brings {
    events: usize,
    polls: Arc<AtomicUsize>,
    looks: Arc<Mutex<Vec<usize>>>,
}

impl Poller for Brings {
    fn poll(&mut self, _timeout: Option<Duration>, events: &mut Vec<Event>) -> io::Result<()> {
        events.extend(repeat_n(Event { token: 0, ready: 0 }, self.events));
        // Relaxed: one thread counts and looks.
        let polls = self.polls.load(Ordering::Relaxed);
        self.looks.lock().unwrap().push(polls);
        Ok(())
    }
}

/// A driver without sources.
#[derive(Debug)]
struct Empty;

impl Driver for Empty {
    fn kick(&self) {}

    fn dispatch(&self, _events: &[Event], _wakers: &mut WakeList) {}

    fn shutdown(&self, _wakers: &mut WakeList) {}

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// How many polls come between two looks, where each brings so many events and so many tasks go on.
fn polls_between(events: usize, tasks: usize) -> Vec<usize> {
    let polls = Arc::new(AtomicUsize::new(0));
    let looks = Arc::new(Mutex::new(Vec::new()));
    let mut builder = Builder::new_current_thread();
    let runtime = builder.event_interval(10).build().unwrap();
    let poller = Brings {
        events,
        polls: Arc::clone(&polls),
        looks: Arc::clone(&looks),
    };
    let handle = runtime.handle();
    let installed = handle.driver_or_install(|| Ok((Box::new(poller), Arc::new(Empty))));
    installed.unwrap();
    runtime.block_on(async {
        for _ in 0..tasks {
            let polls = Arc::clone(&polls);
            drop(spawn(async move {
                loop {
                    // Relaxed: as above.
                    polls.fetch_add(1, Ordering::Relaxed);
                    yield_now().await;
                }
            }));
        }
        // Relaxed: as above.
        while polls.load(Ordering::Relaxed) < 200 {
            yield_now().await;
        }
    });
    let looks = mem::take(&mut *looks.lock().unwrap());
    looks.windows(2).map(|two| two[1] - two[0]).collect()
}

#[test]
fn only_a_look_that_brings_all_it_may_puts_off_the_next() {
    for (events, tasks, between) in [
        (EVENTS_PER_POLL, 100, 20),
        (EVENTS_PER_POLL, 30, 15),
        (EVENTS_PER_POLL, 12, 10),
        (EVENTS_PER_POLL - 1, 100, 10),
    ] {
        let all = polls_between(events, tasks);
        assert!(
            all.len() > 5 && all.iter().all(|it| *it == between),
            "{events} events, {tasks} tasks: {all:?}"
        );
    }
}
