//! The live tasks of one slot, so that a shutdown finds them.
//!
//! **Invariants.** (1) A task is on at most one list, and a listed task has one reference that is
//! the list's. (2) Links are read and written under the list's lock only. (3) A closed list takes
//! no more tasks.
#![allow(
    unsafe_code,
    reason = "an intrusive list: its links live inside the tasks"
)]

use std::ptr::NonNull;

use super::cell::Header;
use super::raw::TaskRef;
use crate::loom::Mutex;

/// The live tasks of a slot.
pub(crate) struct OwnedTasks {
    list: Mutex<List>,
}

struct List {
    head: Option<NonNull<Header>>,
    len: usize,
    closed: bool,
}

// SAFETY: the pointers are those of tasks, which may be referred to from any thread.
unsafe impl Send for List {}

impl OwnedTasks {
    pub(crate) fn new() -> OwnedTasks {
        OwnedTasks {
            list: Mutex::new(List {
                head: None,
                len: 0,
                closed: false,
            }),
        }
    }

    /// Puts a new task on the list, or gives it back if the list is closed.
    pub(crate) fn link(&self, task: TaskRef) -> Result<(), TaskRef> {
        let mut list = self.list.lock();
        if list.closed {
            return Err(task);
        }
        let new = task.into_raw();
        let head = list.head;
        // SAFETY: invariants 1 and 2: it is alive, and its links are under this lock.
        unsafe { new.as_ref() }.links.with_mut(|links| {
            // SAFETY: invariant 2.
            let links = unsafe { &mut *links };
            debug_assert!(!links.linked, "a task on two lists");
            links.next = head;
            links.linked = true;
        });
        if let Some(head) = head {
            set_previous(head, Some(new));
        }
        list.head = Some(new);
        list.len += 1;
        Ok(())
    }

    /// Takes a task off; true if it was on the list, whose reference is then the caller's.
    pub(crate) fn unlink(&self, header: &Header) -> bool {
        let mut list = self.list.lock();
        let (previous, next) = {
            let taken = header.links.with_mut(|links| {
                // SAFETY: invariant 2.
                let links = unsafe { &mut *links };
                links.linked.then(|| {
                    links.linked = false;
                    (links.previous.take(), links.next.take())
                })
            });
            match taken {
                Some(neighbours) => neighbours,
                None => return false,
            }
        };
        match previous {
            Some(previous) => set_next(previous, next),
            None => list.head = next,
        }
        if let Some(next) = next {
            set_previous(next, previous);
        }
        list.len -= 1;
        true
    }

    /// Closes the list and gives references to all that are on it; they stay listed until they are
    /// complete.
    pub(crate) fn close(&self) -> Vec<TaskRef> {
        let mut list = self.list.lock();
        list.closed = true;
        let mut tasks = Vec::with_capacity(list.len);
        let mut at = list.head;
        while let Some(task) = at {
            // SAFETY: invariant 1: a listed task is alive while the lock is held.
            tasks.push(unsafe { TaskRef::from_listed(task) });
            // SAFETY: as above.
            at = unsafe { task.as_ref() }.links.with(|links| {
                // SAFETY: invariant 2.
                unsafe { &*links }.next
            });
        }
        tasks
    }

    /// How many tasks are alive.
    pub(crate) fn len(&self) -> usize {
        self.list.lock().len
    }
}

fn set_previous(of: NonNull<Header>, to: Option<NonNull<Header>>) {
    // SAFETY: invariant 1: a neighbour is listed, hence alive.
    unsafe { of.as_ref() }.links.with_mut(|links| {
        // SAFETY: invariant 2: the caller holds the lock.
        unsafe { &mut *links }.previous = to;
    });
}

fn set_next(of: NonNull<Header>, to: Option<NonNull<Header>>) {
    // SAFETY: invariant 1: a neighbour is listed, hence alive.
    unsafe { of.as_ref() }.links.with_mut(|links| {
        // SAFETY: invariant 2: the caller holds the lock.
        unsafe { &mut *links }.next = to;
    });
}

impl std::fmt::Debug for OwnedTasks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnedTasks")
            .field("len", &self.len())
            .finish()
    }
}
