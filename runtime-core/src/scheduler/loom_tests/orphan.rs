//! A model of rule 12 beside a respite: what a thread leaves behind is found by who searches.

use super::{Up, World};
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::{Arc, model};
use crate::park::parker::Parker;
use crate::scheduler::idle::Rest;
use crate::scheduler::slot::Slot;
use crate::task::test_support::{Queue, ready_task};
use crate::timer::clock::Clock;
use crate::timer::timers::Shard;

/// A worker whose own queue is empty, to the end of the runtime. It begins as a searcher.
fn search(world: &World, queue: &Slot, slot: u32) {
    let parker = Parker::new();
    let mut slot = Some(slot);
    let mut searching = world.idle.start_searching();
    loop {
        if searching {
            // Woken to help: it takes what it finds.
            if let Some(entry) = queue.steal_one() {
                searching = false;
                if world.idle.stop_searching() && queue.has_queued() {
                    world.notify();
                }
                entry.run();
                world.finished.unpark();
            }
        }
        let (rest, _guard) = world.idle.rest(slot.take(), searching, &parker.unparker());
        let worthwhile = queue.has_queued() && !queue.is_left_alone();
        if searching && worthwhile {
            world.notify();
        }
        match rest {
            Rest::Closing => return,
            Rest::Surplus => unreachable!("as many threads as slots"),
            Rest::Park => {
                parker.park();
                if world.idle.snapshot().closing() {
                    return;
                }
                slot = Some(world.idle.redeem());
                searching = true;
            }
            Rest::Sit { .. } => {
                let up = world.sit();
                searching = up == Up::Reserved;
                slot = (up != Up::NoSlot).then(|| world.idle.redeem());
            }
        }
    }
}

/// Rule 12: a holder whose queue has a respite steps out for blocking code, and relies on a thread
/// that has just looked everywhere.
/// Fault 16.
#[test]
fn loom_idle_an_orphan_is_found_by_a_searcher() {
    model(|| {
        let main = Parker::new();
        let world = World::new(2, 1, &main);
        let shard = Shard::new(Arc::new(Clock::new()), Box::new(|_| {}));
        let queue = Arc::new(Slot::new(Arc::new(shard)));
        let (mine, _guard) = world.idle.take().expect("two slots");
        let (other, _guard) = world.idle.take().expect("two slots");
        let searcher = {
            let (world, queue) = (Arc::clone(&world), Arc::clone(&queue));
            loom::thread::spawn(move || search(&world, &queue, other))
        };
        let ran = Arc::new(AtomicUsize::new(0));
        let tasks = Queue::new();
        let (entry, join) = ready_task(&tasks, &ran);
        drop(join);
        queue.respite.begin_for_good();
        queue.push_back(entry);
        queue.respite.orphan();
        world.idle.give(mine);
        if queue.has_queued() {
            world.notify();
        }
        main.park();
        world.close();
        searcher.join().unwrap();
        // Relaxed: the thread is done.
        assert_eq!(ran.load(Ordering::Relaxed), 1);
    });
}
