//! The live tasks of one slot that have had to wait, so that a shutdown finds them while nobody but
//! their wakers knows them. A task that ends at its first poll is never listed.
//!
//! **Invariants.** (1) A task is on at most one list, and a listed task has one reference that is
//! the list's. (2) Links are read and written under the list's lock only. (3) A closed list takes
//! no more tasks.
#![allow(
    unsafe_code,
    reason = "an intrusive list: its links live inside the tasks"
)]

use std::ptr::NonNull;

use super::cell::{Header, Links};
use super::raw::TaskRef;
use crate::loom::Mutex;

/// The live tasks of a slot.
pub(crate) struct OwnedTasks {
    list: Mutex<List>,
}

struct List {
    /// Those that nobody has asked to end.
    head: Option<NonNull<Header>>,
    /// Those that were asked, on a closed list; they stay until they are complete.
    asked: Option<NonNull<Header>>,
    len: usize,
    closed: bool,
}

/// How many tasks a closer takes at once: a shutdown needs no memory that grows with the tasks.
const BATCH: usize = 64;

// SAFETY: the pointers are those of tasks, which may be referred to from any thread.
unsafe impl Send for List {}

impl OwnedTasks {
    pub(crate) fn new() -> OwnedTasks {
        OwnedTasks {
            list: Mutex::new(List {
                head: None,
                asked: None,
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
        list.head = Some(push_front(new, list.head));
        list.len += 1;
        Ok(())
    }

    /// Takes a task off; true if it was on the list, whose reference is then the caller's.
    pub(crate) fn unlink(&self, header: &Header) -> bool {
        let mut list = self.list.lock();
        let (previous, next) = header.links.with_mut(|links| {
            // SAFETY: invariant 2.
            let links = unsafe { &mut *links };
            (links.previous.take(), links.next.take())
        });
        let this = Some(NonNull::from(header));
        match previous {
            Some(previous) => set_next(previous, next),
            None if list.head == this => list.head = next,
            None if list.asked == this => list.asked = next,
            // Behind nobody and the first of neither list: on none.
            None => return false,
        }
        if let Some(next) = next {
            set_previous(next, previous);
        }
        list.len -= 1;
        true
    }

    /// Closes the list, and gives references to some that nobody has asked to end yet; none if all
    /// have been given. They stay listed until they are complete.
    pub(crate) fn close(&self) -> Vec<TaskRef> {
        let mut list = self.list.lock();
        list.closed = true;
        let mut tasks = Vec::new();
        while tasks.len() < BATCH {
            let Some(task) = list.head else { break };
            // SAFETY: invariant 1: a listed task is alive while the lock is held.
            tasks.push(unsafe { TaskRef::from_listed(task) });
            list.head = next_of(task);
            if let Some(head) = list.head {
                set_previous(head, None);
            }
            list.asked = Some(push_front(task, list.asked));
        }
        tasks
    }

    /// How many tasks are alive.
    pub(crate) fn len(&self) -> usize {
        self.list.lock().len
    }
}

/// Makes a task the first before `head`; its own neighbours are forgotten.
fn push_front(new: NonNull<Header>, head: Option<NonNull<Header>>) -> NonNull<Header> {
    // SAFETY: invariants 1 and 2: it is alive, and its links are under the lock of the caller.
    unsafe { new.as_ref() }.links.with_mut(|links| {
        // SAFETY: invariant 2.
        let links = unsafe { &mut *links };
        *links = Links {
            previous: None,
            next: head,
        };
    });
    if let Some(head) = head {
        set_previous(head, Some(new));
    }
    new
}

fn next_of(task: NonNull<Header>) -> Option<NonNull<Header>> {
    // SAFETY: invariant 1: a listed task is alive.
    unsafe { task.as_ref() }.links.with(|links| {
        // SAFETY: invariant 2: the caller holds the lock.
        unsafe { &*links }.next
    })
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
