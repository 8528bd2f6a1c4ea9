//! What a look counts as work that waits.

use crate::builder::Builder;
use crate::scheduler::runner::with_current;
use crate::spawn::spawn;

/// As a look by the thread that asks sees it, and as one by anybody else does.
fn waits() -> (bool, bool) {
    with_current(|runner| {
        let runner = runner.expect("a thread of the runtime");
        let shared = &runner.shared;
        (shared.work_waits(runner.slot()), shared.work_waits(None))
    })
}

/// Two tasks that answer each other through a socket would else be handed to and fro: each look of the
/// thread that runs both would call another for the one that has just got its event.
#[test]
fn who_goes_on_calls_nobody_for_what_it_runs_next() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .expect("a runtime");
    let task = runtime.spawn(async {
        assert_eq!(waits(), (false, false), "nothing is there");
        let next = spawn(async {});
        assert_eq!(waits(), (false, true), "one in the cell");
        let after = spawn(async {});
        assert_eq!(waits(), (true, true), "one in the queue");
        with_current(|runner| {
            let local = runner.and_then(|runner| runner.local());
            local.expect("a queue").respite.begin_for_good();
        });
        assert_eq!(waits(), (false, true), "in the queue, which is left alone");
        next.await.expect("it ends");
        after.await.expect("it ends");
    });
    runtime.block_on(task).expect("the task");
}
