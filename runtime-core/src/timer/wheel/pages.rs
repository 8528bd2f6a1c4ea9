//! Where the entries of a wheel live: pages of 64, taken and given back one by one.
//!
//! A timer's entry must stay where it is (its neighbours name it by number), must cost nothing to
//! look up, and the memory of a million timers must return when they are gone. So: a vector of
//! boxed pages, never one growing block; a full page stands in no list, a page with room stands in
//! the *open* list, and a page that empties is freed, except for one spare that keeps a wheel at a
//! page's edge from allocating at every insert.
//!
//! **Invariants.** (P1) A page is in the open list exactly while its `free` mask is not zero. (P2)
//! At most one page is wholly free. (P3) `vacant` holds exactly the places of `pages` without a
//! page. (P4) A `sequence` is never given twice, so a key whose entry was taken again is recognised
//! for ever: there is no counter that wraps.
//!
//! Rejected: a slab (its growth copies every entry, and it never shrinks); a generation per entry
//! (wraps after 2^32 reuses, and would be forgotten together with a freed page).

use std::task::Waker;

/// Entries a page; as many as a mask has bits.
const PAGE: usize = 64;
/// The mask of a page without a live entry.
const ALL_FREE: u64 = u64::MAX;
/// The end of the open list.
const NO_PAGE: u32 = u32::MAX;
/// Beyond so many places the tables themselves are given back when the last timer goes.
const TABLE_KEPT: usize = 16;
/// The top bit of a link tells a slot from an entry.
const SLOT_BIT: u32 = 1 << 31;

/// A neighbour in a slot's list: an entry, or the slot itself, which closes the ring at both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link(u32);

impl Link {
    /// In no list at all.
    pub(super) const NOWHERE: Link = Link(u32::MAX);

    pub(super) fn entry(index: u32) -> Link {
        debug_assert!(index < SLOT_BIT);
        Link(index)
    }

    pub(super) fn slot(place: u16) -> Link {
        Link(SLOT_BIT | u32::from(place))
    }

    /// The entry's number, or the slot's place as the error.
    #[inline(always)]
    pub(super) fn split(self) -> Result<u32, u16> {
        if self.0 & SLOT_BIT == 0 {
            Ok(self.0)
        } else {
            Err(self.0 as u16)
        }
    }
}

/// One timer.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) deadline: u64,
    /// Zero while the place is free.
    sequence: u64,
    pub(super) waker: Option<Waker>,
    pub(super) prev: Link,
    pub(super) next: Link,
}

/// Names one registration, and none after it. Four-byte aligned, so that a sleep that holds one
/// stays small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(Rust, packed(4))]
pub struct Key {
    sequence: u64,
    index: u32,
}

impl Key {
    pub(super) fn index(self) -> u32 {
        self.index
    }
}

/// What a freed entry held.
pub(super) struct Released {
    pub(super) waker: Waker,
    pub(super) prev: Link,
    pub(super) next: Link,
}

#[derive(Debug)]
struct Page {
    /// Bit n is set while entry n is free.
    free: u64,
    prev_open: u32,
    next_open: u32,
    entries: [Entry; PAGE],
}

/// All entries of one wheel.
#[derive(Debug)]
pub(super) struct Pages {
    pages: Vec<Option<Box<Page>>>,
    vacant: Vec<u32>,
    open: u32,
    wholly_free: u32,
    live: usize,
    last_sequence: u64,
}

impl Pages {
    pub(super) const fn new() -> Pages {
        Pages {
            pages: Vec::new(),
            vacant: Vec::new(),
            open: NO_PAGE,
            wholly_free: 0,
            live: 0,
            last_sequence: 0,
        }
    }

    /// How many entries are live.
    #[inline]
    pub(super) fn live(&self) -> usize {
        self.live
    }

    /// How many pages are allocated.
    pub(super) fn allocated(&self) -> usize {
        self.pages.len() - self.vacant.len()
    }

    /// Takes a free place and fills it, except for the links.
    #[inline]
    pub(super) fn take(&mut self, deadline: u64, waker: Waker) -> Key {
        if self.open == NO_PAGE {
            self.add_page();
        }
        let number = self.open;
        self.last_sequence += 1;
        self.live += 1;
        let sequence = self.last_sequence;
        let page = page_mut(&mut self.pages, number);
        let offset = page.free.trailing_zeros();
        self.wholly_free -= u32::from(page.free == ALL_FREE);
        page.free &= page.free - 1;
        let entry = &mut page.entries[offset as usize];
        entry.deadline = deadline;
        entry.sequence = sequence;
        entry.waker = Some(waker);
        if page.free == 0 {
            self.leave_open(number);
        }
        Key {
            sequence,
            index: number * PAGE as u32 + offset,
        }
    }

    /// The live entry that `key` names, if it is still that one.
    #[inline]
    pub(super) fn find(&mut self, key: Key) -> Option<&mut Entry> {
        let page = self.pages.get_mut(key.index as usize / PAGE)?.as_mut()?;
        let entry = &mut page.entries[key.index as usize % PAGE];
        (entry.sequence == key.sequence).then_some(entry)
    }

    /// The live entry with this number.
    #[inline]
    pub(super) fn entry(&mut self, index: u32) -> &mut Entry {
        let entry =
            &mut page_mut(&mut self.pages, index / PAGE as u32).entries[index as usize % PAGE];
        debug_assert!(entry.sequence != 0, "a link names a free entry");
        entry
    }

    /// Frees an entry and hands out what it held: its waker, and the neighbours that still name it.
    #[inline]
    pub(super) fn release(&mut self, index: u32) -> Released {
        let number = index / PAGE as u32;
        let page = page_mut(&mut self.pages, number);
        let entry = &mut page.entries[index as usize % PAGE];
        debug_assert!(entry.sequence != 0, "released twice");
        entry.sequence = 0;
        let waker = entry.waker.take().expect("a live entry has a waker");
        let released = Released {
            waker,
            prev: entry.prev,
            next: entry.next,
        };
        let was_full = page.free == 0;
        page.free |= 1 << (index as usize % PAGE);
        let is_empty = page.free == ALL_FREE;
        self.live -= 1;
        if was_full {
            self.join_open(number);
        }
        if is_empty {
            self.emptied(number);
        }
        released
    }

    /// The wakers of all live entries.
    pub(super) fn into_wakers(self) -> impl Iterator<Item = Waker> {
        let pages = self.pages.into_iter().flatten();
        pages.flat_map(|page| page.entries.into_iter().filter_map(|entry| entry.waker))
    }

    /// A page has lost its last entry: it becomes the spare, or goes if there is one.
    #[cold]
    fn emptied(&mut self, number: u32) {
        if self.live == 0 && self.pages.len() > TABLE_KEPT {
            let last_sequence = self.last_sequence;
            *self = Pages {
                last_sequence,
                ..Pages::new()
            };
        } else if self.wholly_free > 0 {
            self.leave_open(number);
            self.pages[number as usize] = None;
            self.vacant.push(number);
        } else {
            self.wholly_free = 1;
        }
    }

    #[cold]
    fn add_page(&mut self) {
        let page = Box::new(Page {
            free: ALL_FREE,
            prev_open: NO_PAGE,
            next_open: NO_PAGE,
            entries: std::array::from_fn(|_| Entry {
                deadline: 0,
                sequence: 0,
                waker: None,
                prev: Link::NOWHERE,
                next: Link::NOWHERE,
            }),
        });
        let number = self.vacant.pop().unwrap_or_else(|| {
            let number = self.pages.len();
            assert!(
                number < SLOT_BIT as usize / PAGE,
                "more than 2^31 timers in one wheel"
            );
            self.pages.push(None);
            number as u32
        });
        self.pages[number as usize] = Some(page);
        self.wholly_free += 1;
        self.join_open(number);
    }

    fn join_open(&mut self, number: u32) {
        let after = std::mem::replace(&mut self.open, number);
        if after != NO_PAGE {
            page_mut(&mut self.pages, after).prev_open = number;
        }
        let page = page_mut(&mut self.pages, number);
        page.prev_open = NO_PAGE;
        page.next_open = after;
    }

    fn leave_open(&mut self, number: u32) {
        let page = page_mut(&mut self.pages, number);
        let (prev, next) = (page.prev_open, page.next_open);
        match prev {
            NO_PAGE => self.open = next,
            _ => page_mut(&mut self.pages, prev).next_open = next,
        }
        if next != NO_PAGE {
            page_mut(&mut self.pages, next).prev_open = prev;
        }
    }
}

/// The page with this number, which a link or the open list says is there.
#[inline(always)]
fn page_mut(pages: &mut [Option<Box<Page>>], number: u32) -> &mut Page {
    pages[number as usize]
        .as_mut()
        .expect("a live number names a page")
}
