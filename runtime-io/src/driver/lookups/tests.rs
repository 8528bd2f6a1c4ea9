//! Lookups that hang, by a resolver that waits for the test's word.

use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use futures::executor::block_on;
use runtime_core::builder::Builder;
use runtime_core::{spawn, time};

use super::{Answer, Lookups};
use crate::driver::current;

/// Far beyond what anything here takes; a test that needs it has hung.
const LONG: Duration = Duration::from_secs(30);

fn found(port: u16) -> Answer {
    Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))].into_iter())
}

fn port(answer: Answer) -> u16 {
    answer.unwrap().next().unwrap().port()
}

/// A name server that is silent until it is told to speak.
#[derive(Default)]
struct Silence {
    state: Mutex<(usize, bool)>,
    changed: Condvar,
}

impl Silence {
    /// Counts itself as asked, and hangs.
    fn ask(self: &Arc<Self>, port: u16) -> impl FnOnce() -> Answer + Send + 'static {
        let silence = Arc::clone(self);
        move || {
            let mut state = silence.state.lock().unwrap();
            state.0 += 1;
            silence.changed.notify_all();
            let _spoken = silence
                .changed
                .wait_while(state, |(_, speaks)| !*speaks)
                .unwrap();
            found(port)
        }
    }

    fn wait_for_asked(&self, count: usize) {
        let state = self.state.lock().unwrap();
        let wait = self
            .changed
            .wait_timeout_while(state, LONG, |(asked, _)| *asked < count);
        assert!(!wait.unwrap().1.timed_out(), "too few were asked");
    }

    fn asked(&self) -> usize {
        self.state.lock().unwrap().0
    }

    fn speak(&self) {
        self.state.lock().unwrap().1 = true;
        self.changed.notify_all();
    }
}

/// Ends the silence also when a test fails.
struct SpeaksAtLast(Arc<Silence>);

impl Drop for SpeaksAtLast {
    fn drop(&mut self) {
        self.0.speak();
    }
}

fn silence() -> (Arc<Silence>, SpeaksAtLast) {
    let silence = Arc::new(Silence::default());
    (Arc::clone(&silence), SpeaksAtLast(silence))
}

type Asking<'a> = Pin<Box<dyn Future<Output = Answer> + 'a>>;

fn begin<'a>(
    lookups: &'a Arc<Lookups>,
    ask: impl FnOnce() -> Answer + Send + 'static,
) -> Asking<'a> {
    let mut asking: Asking<'a> = Box::pin(lookups.ask(ask));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(asking.as_mut().poll(&mut cx).is_pending());
    asking
}

#[test]
fn fault_063_more_than_the_limit_wait_and_are_answered_in_turn() {
    let lookups = Lookups::with(2, LONG);
    let (silence, _last) = silence();
    let hung: Vec<_> = (0..5)
        .map(|port| begin(&lookups, silence.ask(port)))
        .collect();
    silence.wait_for_asked(2);
    {
        let state = lookups.lock();
        assert_eq!((state.threads, state.queue.len()), (2, 3));
    }
    silence.speak();
    for (expected, asking) in hung.into_iter().enumerate() {
        assert_eq!(usize::from(port(block_on(asking))), expected);
    }
    assert_eq!(silence.asked(), 5);
    assert_eq!(lookups.lock().threads, 2);
}

#[test]
fn fault_063_who_gives_up_leaves_nothing_behind_and_is_never_asked_for() {
    let lookups = Lookups::with(1, LONG);
    let (silence, _last) = silence();
    let hung = begin(&lookups, silence.ask(0));
    silence.wait_for_asked(1);
    let held = Arc::new(());
    for _ in 0..100 {
        let held = Arc::clone(&held);
        drop(begin(&lookups, move || {
            let _held = held;
            found(1)
        }));
    }
    assert_eq!(Arc::strong_count(&held), 1);
    {
        let state = lookups.lock();
        assert_eq!((state.queue.len(), state.unanswered.len()), (0, 1));
    }
    drop(hung);
    assert!(lookups.lock().unanswered.is_empty());
    silence.speak();
    assert_eq!(port(block_on(lookups.ask(|| found(2)))), 2);
}

#[test]
fn an_idle_thread_is_used_again_and_ends_after_its_keep_alive() {
    let lookups = Lookups::with(8, LONG);
    for expected in 0..20 {
        assert_eq!(
            port(block_on(lookups.ask(move || found(expected)))),
            expected
        );
        // It answers before it is idle.
        while lookups.lock().idle == 0 {
            std::thread::yield_now();
        }
    }
    assert_eq!(lookups.lock().threads, 1);

    let impatient = Lookups::with(8, Duration::ZERO);
    assert_eq!(port(block_on(impatient.ask(|| found(7)))), 7);
    while impatient.lock().threads > 0 {
        std::thread::yield_now();
    }
    assert_eq!(port(block_on(impatient.ask(|| found(8)))), 8);
}

#[test]
fn fault_063_closing_tells_everyone_and_ends_the_threads_that_can() {
    let lookups = Lookups::with(2, LONG);
    assert_eq!(port(block_on(lookups.ask(|| found(1)))), 1);
    let (silence, _last) = silence();
    let asked = begin(&lookups, silence.ask(2));
    let second = begin(&lookups, silence.ask(3));
    silence.wait_for_asked(2);
    let queued = begin(&lookups, silence.ask(4));
    lookups.close();
    for asking in [asked, second, queued] {
        assert!(block_on(asking).is_err());
    }
    assert!(block_on(lookups.ask(|| found(5))).is_err());
    silence.speak();
    while lookups.lock().threads > 0 {
        std::thread::yield_now();
    }
    assert_eq!(silence.asked(), 2);
}

#[test]
fn fault_063_a_panic_in_a_lookup_is_an_error_and_the_thread_goes_on() {
    let lookups = Lookups::with(1, LONG);
    assert!(block_on(lookups.ask(|| panic!("the resolver's own"))).is_err());
    assert_eq!(port(block_on(lookups.ask(|| found(1)))), 1);
    assert_eq!(lookups.lock().threads, 1);
}

#[test]
fn fault_063_hung_lookups_starve_no_blocking_closure_and_do_not_delay_the_end() {
    let (silence, last) = silence();
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(1)
        .build()
        .unwrap();
    let (gone, went) = mpsc::channel::<()>();
    runtime.block_on(async {
        for number in 0..200 {
            let (ask, gone) = (silence.ask(number), gone.clone());
            spawn::spawn(async move {
                let _gone = gone;
                let _ = current::lookup(ask).await;
            });
        }
        silence.wait_for_asked(super::THREADS_MAX);
        assert_eq!(spawn::spawn_blocking(|| 6 * 7).await.unwrap(), 42);
        let limited = time::timeout(Duration::from_millis(1), current::lookup(silence.ask(0)));
        assert!(limited.await.is_err());
    });
    drop(gone);
    let began = Instant::now();
    drop(runtime);
    assert!(began.elapsed() < LONG, "the end waited for a lookup");
    // All tasks are gone, though no lookup has ended.
    assert_eq!(went.recv(), Err(mpsc::RecvError));
    assert_eq!(silence.asked(), super::THREADS_MAX);
    drop(last);
}

#[test]
fn fault_063_who_waits_elsewhere_for_a_hung_lookup_is_told_of_the_end() {
    let (silence, _last) = silence();
    let runtime = Builder::new_multi_thread().build().unwrap();
    let mut asking = {
        let _entered = runtime.enter();
        let mut asking = Box::pin(current::lookup(silence.ask(1)));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(asking.as_mut().poll(&mut cx).is_pending());
        asking
    };
    silence.wait_for_asked(1);
    drop(runtime);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(matches!(asking.as_mut().poll(&mut cx), Poll::Ready(Err(_))));
}

#[test]
fn a_lookup_under_way_keeps_a_paused_clock_from_jumping() {
    let (silence, _last) = silence();
    let runtime = Builder::new_current_thread()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let ask = silence.ask(9);
        let speaker = {
            let silence = Arc::clone(&silence);
            std::thread::spawn(move || {
                silence.wait_for_asked(1);
                silence.speak();
            })
        };
        let limit = Duration::from_secs(3600);
        let answer = pin!(time::timeout(limit, current::lookup(ask))).await;
        assert_eq!(port(answer.expect("the clock stood still")), 9);
        speaker.join().unwrap();
    });
}

/// Asks for one more lookup when it is woken, and when its last trace goes.
struct AsksAgain(Arc<Lookups>);

impl AsksAgain {
    fn ask(&self) {
        let mut asking = pin!(self.0.ask(|| found(2)));
        let _ = asking
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
    }
}

impl Wake for AsksAgain {
    fn wake(self: Arc<Self>) {
        self.ask();
    }
}

impl Drop for AsksAgain {
    fn drop(&mut self) {
        self.ask();
    }
}

#[test]
fn fault_010_a_waker_that_asks_again_does_not_deadlock() {
    let lookups = Lookups::with(1, LONG);
    let silence = Arc::new(Silence::default());
    let _speaks = SpeaksAtLast(Arc::clone(&silence));
    let waker = Waker::from(Arc::new(AsksAgain(Arc::clone(&lookups))));
    let mut kept = pin!(lookups.ask(silence.ask(1)));
    let mut given_up = Box::pin(lookups.ask(silence.ask(1)));
    let mut cx = Context::from_waker(&waker);
    assert!(kept.as_mut().poll(&mut cx).is_pending());
    assert!(given_up.as_mut().poll(&mut cx).is_pending());
    drop(waker);
    drop(given_up);
    silence.speak();
    assert_eq!(port(block_on(kept)), 1);
    assert_eq!(port(block_on(lookups.ask(|| found(3)))), 3);
    lookups.close();
}

#[test]
fn fault_011_a_panicking_waker_keeps_no_asker_waiting() {
    struct Bomb;
    impl Wake for Bomb {
        fn wake(self: Arc<Self>) {
            panic!("a waker's panic");
        }
    }
    let lookups = Lookups::with(2, LONG);
    let silence = Arc::new(Silence::default());
    let _speaks = SpeaksAtLast(Arc::clone(&silence));
    let mut bombs: Vec<_> = (0..4)
        .map(|_| Box::pin(lookups.ask(silence.ask(1))))
        .collect();
    let bomb = Waker::from(Arc::new(Bomb));
    for bombed in &mut bombs[..2] {
        let polled = bombed.as_mut().poll(&mut Context::from_waker(&bomb));
        assert!(polled.is_pending());
    }
    silence.wait_for_asked(2);
    // Both threads meet a waker that panics, and go on to what is queued behind.
    silence.speak();
    for number in 2..4 {
        assert_eq!(port(block_on(lookups.ask(move || found(number)))), number);
    }
    for bombed in &mut bombs[2..] {
        let _ = bombed.as_mut().poll(&mut Context::from_waker(&bomb));
    }
    lookups.close();
    assert!(block_on(lookups.ask(|| found(5))).is_err());
}
