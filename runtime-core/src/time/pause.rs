//! Stopping and moving the current runtime's clock, for tests.

use std::future::poll_fn;
use std::mem;
use std::task::Poll;
use std::time::Duration;

use crate::time::timer::current_shard;
use crate::timer::timers::Fired;
use crate::util::wake_list::WakeList;

/// Stops the clock of the current runtime.
///
/// From then on [`Instant::now`](super::Instant::now) stands still, and moves by [`advance`] only,
/// or by itself to the next timer when the runtime has nothing else to do. Real waits (sockets,
/// blocking threads) are not affected.
///
/// # Panics
/// If the clock is paused already, and outside of a runtime.
#[track_caller]
pub fn pause() {
    if let Err(error) = current_shard().clock().pause() {
        panic!("{error}");
    }
}

/// Lets the clock of the current runtime run on from where it stands; what was advanced stays so.
///
/// # Panics
/// If the clock is not paused, and outside of a runtime.
#[track_caller]
pub fn resume() {
    if let Err(error) = current_shard().clock().resume() {
        panic!("{error}");
    }
}

/// Moves the paused clock of the current runtime on by `duration`, wakes the timers that are then
/// due, and lets other tasks run once.
///
/// The clock jumps, it does not pass through the time between: a task that sleeps twice sees the
/// end of its second sleep by the next advance only. To let every timer have its turn, await a
/// [`sleep`](super::sleep) instead.
///
/// # Panics
/// If the clock is not paused, and outside of a runtime.
///
/// # Cancel safety
/// Lossy: the first poll moves the clock; who calls again moves it once more.
///
/// ```
/// use runtime::runtime::Builder;
/// use runtime::time::{self, Duration, Instant};
///
/// let runtime = Builder::new_current_thread().start_paused(true).build()?;
/// runtime.block_on(async {
///     let before = Instant::now();
///     time::advance(Duration::from_secs(3600)).await;
///     assert!(before.elapsed() >= Duration::from_secs(3600));
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn advance(duration: Duration) {
    jump(duration);
    let mut yielded = false;
    poll_fn(|cx| {
        if mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Moves the clock; its hook has the other slots' timers fired.
fn jump(duration: Duration) {
    let shard = current_shard();
    if let Err(error) = shard.clock().advance(duration) {
        panic!("{error}");
    }
    let Fired { panic, .. } = shard.fire(shard.clock().now_ns(), &mut WakeList::new());
    if let Some(panic) = panic {
        panic.resume();
    }
}
