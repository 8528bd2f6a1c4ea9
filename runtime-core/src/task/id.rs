//! Task ids: drawn in blocks, so that spawning touches no counter that threads share.

use std::cell::Cell;
use std::fmt;
use std::num::NonZeroU64;
use std::sync::atomic::Ordering;

use crate::util::wide::AtomicU64;

/// Ids a thread draws at once.
const BLOCK: u64 = 1024;

/// The first id nobody has drawn.
static NEXT_BLOCK: AtomicU64 = AtomicU64::new(1);

crate::loom::thread_local! {
    /// The next id of this thread's block, and its end.
    static BLOCK_LEFT: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
    static CURRENT: Cell<Option<Id>> = const { Cell::new(None) };
}

/// Names a task: unique in the process. The numbers say nothing of the order in which tasks were
/// spawned.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// let handle = runtime::spawn(async { runtime::task::id() });
/// let id = handle.id();
/// assert_eq!(handle.await.unwrap(), id);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(NonZeroU64);

impl Id {
    /// A new id.
    pub(crate) fn next() -> Id {
        let drawn = BLOCK_LEFT.try_with(|left| {
            let (next, end) = match left.get() {
                (next, end) if next < end => (next, end),
                _ => draw(BLOCK),
            };
            left.set((next + 1, end));
            next
        });
        // A thread whose locals are gone draws one by one.
        let id = drawn.unwrap_or_else(|_| draw(1).0);
        Id(NonZeroU64::new(id).unwrap_or(NonZeroU64::MAX))
    }

    pub(crate) fn as_u64(self) -> u64 {
        self.0.get()
    }

    pub(crate) fn from_u64(id: u64) -> Option<Id> {
        NonZeroU64::new(id).map(Id)
    }
}

fn draw(count: u64) -> (u64, u64) {
    // Relaxed: only uniqueness matters, nothing is published with it.
    let first = NEXT_BLOCK.fetch_add(count, Ordering::Relaxed);
    (first, first + count)
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The id of the running task.
///
/// # Panics
/// Outside a task; see [`try_id`].
#[track_caller]
pub fn id() -> Id {
    try_id().expect("no task is running on this thread: `task::id` works only inside a task")
}

/// The id of the running task, or `None` outside a task.
pub fn try_id() -> Option<Id> {
    CURRENT.try_with(Cell::get).unwrap_or(None)
}

/// Until dropped, `id` is the running task.
pub(crate) fn enter(id: Id) -> Entered {
    Entered(
        CURRENT
            .try_with(|current| current.replace(Some(id)))
            .unwrap_or(None),
    )
}

#[derive(Debug)]
pub(crate) struct Entered(Option<Id>);

impl Drop for Entered {
    fn drop(&mut self) {
        let _ = CURRENT.try_with(|current| current.set(self.0));
    }
}
