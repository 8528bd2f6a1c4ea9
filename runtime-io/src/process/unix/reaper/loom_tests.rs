//! Models of the orphans' queue: whoever drops a child, on whatever thread and while the reaper goes
//! or comes, it is reaped once.

use loom::thread;
use runtime_core::loom::atomic::{AtomicUsize, Ordering};
use runtime_core::loom::{Arc, Mutex, model};

use super::Orphans;

/// How many looks find it alive, and how often it was reaped.
struct Child {
    looks: usize,
    reaped: Arc<AtomicUsize>,
}

struct Rig {
    orphans: Orphans<Child>,
    reaped: Arc<AtomicUsize>,
    started: AtomicUsize,
    reapers: Mutex<Vec<thread::JoinHandle<()>>>,
}

impl Rig {
    fn new() -> Arc<Rig> {
        Arc::new(Rig {
            orphans: Orphans::new(),
            reaped: Arc::new(AtomicUsize::new(0)),
            started: AtomicUsize::new(0),
            reapers: Mutex::new(Vec::new()),
        })
    }

    /// Drops a child that so many looks find alive. The system refuses the first threads, as many
    /// as `refused` says.
    fn adopt(rig: &Arc<Rig>, looks: usize, refused: usize) {
        let child = Child {
            looks,
            reaped: Arc::clone(&rig.reaped),
        };
        Rig::call(rig, Some(child), refused);
    }

    fn call(rig: &Arc<Rig>, child: Option<Child>, refused: usize) {
        rig.orphans.call(child, || {
            // Relaxed: under the orphans' lock.
            if rig.started.fetch_add(1, Ordering::Relaxed) < refused {
                return false;
            }
            let other = Arc::clone(rig);
            let reaper = thread::spawn(move || other.orphans.reap(look, |_| thread::yield_now()));
            rig.reapers.lock().push(reaper);
            true
        });
    }

    /// Waits for all threads that were started; then nothing is left.
    fn assert_reaped(&self, count: usize) {
        loop {
            // By a statement of its own: the lock is free while it waits.
            let reaper = self.reapers.lock().pop();
            let Some(reaper) = reaper else { break };
            reaper.join().unwrap();
        }
        // Relaxed: the threads were joined.
        assert_eq!(self.reaped.load(Ordering::Relaxed), count);
    }
}

fn look(child: &mut Child) -> bool {
    if child.looks > 0 {
        child.looks -= 1;
        return false;
    }
    // Relaxed: read after a join.
    child.reaped.fetch_add(1, Ordering::Relaxed);
    true
}

/// A child comes while the thread finds nobody left.
/// Fault 69.
#[test]
fn loom_reaper_two_who_drop_against_its_end() {
    model(|| {
        let rig = Rig::new();
        let other = Arc::clone(&rig);
        let dropping = thread::spawn(move || Rig::adopt(&other, 0, 0));
        Rig::adopt(&rig, 0, 0);
        dropping.join().unwrap();
        rig.assert_reaped(2);
    });
}

/// A child comes while another lives on.
/// Fault 69.
#[test]
fn loom_reaper_a_child_joins_one_that_lives() {
    model(|| {
        let rig = Rig::new();
        let other = Arc::clone(&rig);
        let dropping = thread::spawn(move || Rig::adopt(&other, 0, 0));
        Rig::adopt(&rig, 1, 0);
        dropping.join().unwrap();
        rig.assert_reaped(2);
    });
}

/// Whose thread was refused is reaped by the next one's.
/// Faults 69, 90.
#[test]
fn loom_reaper_a_thread_that_is_refused() {
    model(|| {
        let rig = Rig::new();
        let other = Arc::clone(&rig);
        let dropping = thread::spawn(move || Rig::adopt(&other, 0, 1));
        Rig::adopt(&rig, 0, 1);
        dropping.join().unwrap();
        rig.assert_reaped(2);
    });
}

/// Whose thread was refused is reaped by that of who waits for another child. He may come when there
/// is nobody yet.
/// Faults 69, 90.
#[test]
fn loom_reaper_who_waits_for_another_tries_again() {
    model(|| {
        let rig = Rig::new();
        let other = Arc::clone(&rig);
        let waiting = thread::spawn(move || Rig::call(&other, None, 1));
        Rig::adopt(&rig, 0, 1);
        waiting.join().unwrap();
        Rig::call(&rig, None, 1);
        rig.assert_reaped(1);
    });
}
