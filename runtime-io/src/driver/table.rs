//! All sources of a reactor, found by index without a lock.
//!
//! Pages are only ever added and never move, each twice as large as the one before, so that an
//! index tells its page by its leading bit. An entry is taken and given back under the allocator's
//! lock: once in a socket's life. Finding one by index is two loads.
//!
//! **Invariants.**
//! 1. An entry whose index was handed out exists for as long as the table.
//! 2. An index is either vacant (in the allocator's list) or has one owner.
//! 3. After [`Table::close`] no index is handed out, and every one that was is marked.
//!
//! A [`Token`] is what the operating system carries for us: the index below, the generation above.
//! Where `usize` has 32 bits it holds the generation's low 12 bits, and fewer sources fit. Of 64
//! bits the topmost stays clear: mio shifts the tokens of named pipes by one.
#![allow(unsafe_code, reason = "an owner keeps the address of its entry")]

use std::fmt;
use std::io;
use std::ptr::NonNull;
use std::sync::OnceLock;

use runtime_core::loom::Mutex;
use runtime_core::loom::atomic::{AtomicBool, Ordering};
use runtime_core::util::wake_list::WakeList;

use super::readiness::{GENERATION_BITS, Source};
use crate::io::Ready;

/// Entries of the first page.
const FIRST_PAGE: usize = 64;
const FIRST_PAGE_BITS: u32 = FIRST_PAGE.ilog2();
const PAGES: usize = 24;
const TOKEN_GENERATION_BITS: u32 = if usize::BITS >= 64 {
    GENERATION_BITS
} else {
    12
};
const TOKEN_INDEX_BITS: u32 = if usize::BITS >= 64 {
    63 - TOKEN_GENERATION_BITS
} else {
    usize::BITS - TOKEN_GENERATION_BITS
};
const TOKEN_GENERATION_MASK: u32 = (1 << TOKEN_GENERATION_BITS) - 1;

/// How many sources a table can hold; the last index of the token's range is nobody's.
const SOURCES_MAX: usize = {
    let by_pages = FIRST_PAGE * ((1 << PAGES) - 1);
    let by_token = (1 << TOKEN_INDEX_BITS) - 1;
    if by_pages < by_token {
        by_pages
    } else {
        by_token
    }
};

/// Names one owner of one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token(pub(super) usize);

impl Token {
    fn new(index: usize, generation: u32) -> Token {
        let generation = (generation & TOKEN_GENERATION_MASK) as usize;
        Token(generation << TOKEN_INDEX_BITS | index)
    }

    fn index(self) -> usize {
        self.0 & ((1 << TOKEN_INDEX_BITS) - 1)
    }

    fn generation(self) -> u32 {
        (self.0 >> TOKEN_INDEX_BITS) as u32
    }
}

/// An owner's entry, and the way to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) token: Token,
    source: NonNull<Source>,
}

// SAFETY: it is used as a shared reference only, and a source is `Sync`.
unsafe impl Send for Entry {}
// SAFETY: as above.
unsafe impl Sync for Entry {}

impl Entry {
    /// The source, without looking for it.
    ///
    /// # Safety
    /// The table that the entry is of outlives the reference.
    pub(super) unsafe fn source<'a>(self) -> &'a Source {
        // SAFETY: invariant 1, and the caller's promise.
        unsafe { self.source.as_ref() }
    }
}

/// The sources of a reactor.
pub(super) struct Table {
    pages: [OnceLock<Box<[Source]>>; PAGES],
    allocator: Mutex<Allocator>,
    /// Changes under the allocator's lock only.
    closed: AtomicBool,
}

#[derive(Default)]
struct Allocator {
    vacant: Vec<usize>,
    next: usize,
}

impl Table {
    pub(super) fn new() -> Table {
        Table {
            pages: [const { OnceLock::new() }; PAGES],
            allocator: Mutex::new(Allocator::default()),
            closed: AtomicBool::new(false),
        }
    }

    /// Takes a vacant entry.
    ///
    /// # Errors
    /// If the table is closed, or full.
    pub(super) fn take(&self) -> io::Result<Token> {
        let mut allocator = self.allocator.lock();
        self.check_open()?;
        let index = match allocator.vacant.pop() {
            Some(index) => index,
            None if allocator.next == SOURCES_MAX => {
                return Err(io::Error::other(
                    "the I/O driver holds as many sources as it can",
                ));
            }
            None => {
                allocator.next += 1;
                allocator.next - 1
            }
        };
        let (page, offset) = place_of(index);
        let entries = self.pages[page]
            .get_or_init(|| (0..FIRST_PAGE << page).map(|_| Source::new()).collect());
        Ok(Token::new(index, entries[offset].generation()))
    }

    /// The entry of a token whose owner is asking.
    pub(super) fn entry(&self, token: Token) -> Entry {
        let source = self.get(token).expect("an owner's entry exists");
        Entry {
            token,
            source: NonNull::from(source),
        }
    }

    /// Whether entries are still handed out; without the lock only a hint.
    ///
    /// # Errors
    /// If the table is closed.
    pub(super) fn check_open(&self) -> io::Result<()> {
        // Relaxed: who takes an entry holds the lock that orders it.
        if self.closed.load(Ordering::Relaxed) {
            Err(super::shut_down())
        } else {
            Ok(())
        }
    }

    /// Gives an entry back; its owner is gone.
    pub(super) fn give_back(&self, token: Token) {
        let Some(source) = self.get(token) else {
            return;
        };
        debug_assert_eq!(
            source.generation() & TOKEN_GENERATION_MASK,
            token.generation(),
            "an entry is given back once"
        );
        source.vacate();
        self.allocator.lock().vacant.push(token.index());
    }

    /// The entry that the token points at, whoever owns it now.
    pub(super) fn get(&self, token: Token) -> Option<&Source> {
        let (page, offset) = place_of(token.index());
        self.pages.get(page)?.get()?.get(offset)
    }

    /// Whether the owner of that token is still there.
    #[cfg(unix)]
    pub(super) fn is_owned(&self, token: Token) -> bool {
        let generation = self.get(token).map(Source::generation);
        generation.is_some_and(|now| now & TOKEN_GENERATION_MASK == token.generation())
    }

    /// Records an event; one for a token that is stale or was never given is ignored.
    pub(super) fn dispatch(&self, token: Token, ready: Ready, wakers: &mut WakeList) {
        if let Some(source) = self.get(token) {
            source.dispatch(token.generation(), TOKEN_GENERATION_MASK, ready, wakers);
        }
    }

    /// Hands out no more entries, marks all as shut down and collects all who wait.
    pub(super) fn close(&self, wakers: &mut WakeList) {
        let handed_out = {
            let allocator = self.allocator.lock();
            // Relaxed: the lock orders it.
            self.closed.store(true, Ordering::Relaxed);
            allocator.next
        };
        let all = self.pages.iter().filter_map(OnceLock::get).flatten();
        all.take(handed_out)
            .for_each(|source| source.shutdown(wakers));
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").finish_non_exhaustive()
    }
}

/// The page of an index, and its offset there.
fn place_of(index: usize) -> (usize, usize) {
    let shifted = index + FIRST_PAGE;
    let leading = shifted.ilog2();
    (
        (leading - FIRST_PAGE_BITS) as usize,
        shifted - (1 << leading),
    )
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{FIRST_PAGE, SOURCES_MAX, Table, Token, place_of};
    use crate::io::{Interest, Ready};
    use proptest::prelude::*;
    use runtime_core::util::wake_list::WakeList;

    #[test]
    fn places_follow_one_another_page_by_page() {
        let mut expected = (0, 0);
        for index in 0..FIRST_PAGE * 15 {
            assert_eq!(place_of(index), expected, "{index}");
            expected.1 += 1;
            if expected.1 == FIRST_PAGE << expected.0 {
                expected = (expected.0 + 1, 0);
            }
        }
        assert!(place_of(SOURCES_MAX - 1).0 < super::PAGES);
    }

    #[test]
    fn an_entry_is_used_again_under_another_token() {
        let table = Table::new();
        let first = table.take().unwrap();
        table.give_back(first);
        let second = table.take().unwrap();
        assert_eq!(first.index(), second.index());
        assert_ne!(first, second);
        let mut wakers = WakeList::new();
        table.dispatch(first, Ready::ALL, &mut wakers);
        let source = table.get(second).unwrap();
        assert!(
            source.readiness(Interest::READABLE).is_none(),
            "the event was the old owner's"
        );
        table.dispatch(second, Ready::READABLE, &mut wakers);
        assert!(source.readiness(Interest::READABLE).is_some());
    }

    #[test]
    fn a_closed_table_gives_nothing_out_and_marks_what_it_gave() {
        let table = Table::new();
        let tokens: Vec<_> = (0..FIRST_PAGE * 4).map(|_| table.take().unwrap()).collect();
        table.close(&mut WakeList::new());
        assert!(table.take().is_err());
        for token in tokens {
            let source = table.get(token).unwrap();
            assert!(
                source
                    .readiness(Interest::WRITABLE)
                    .is_some_and(|event| event.shutdown)
            );
            table.give_back(token);
        }
    }

    proptest! {
        #[test]
        fn fault_045_no_stream_of_events_harms_the_table(
            events in prop::collection::vec((any::<usize>(), any::<u8>()), 0..200),
        ) {
            let table = Table::new();
            let kept = table.take().unwrap();
            let gone = table.take().unwrap();
            table.give_back(gone);
            let mut wakers = WakeList::new();
            for (token, ready) in events {
                let hits = Token(token) == kept;
                table.dispatch(Token(token), Ready::from_bits(ready), &mut wakers);
                prop_assume!(!hits);
            }
            let source = table.get(kept).unwrap();
            prop_assert!(source.readiness(Interest::READABLE | Interest::WRITABLE).is_none());
        }
    }
}
