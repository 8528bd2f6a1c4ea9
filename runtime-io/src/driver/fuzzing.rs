//! The door of the fuzz target of events: a reactor's table without an operating system below it.
//!
//! It exists only under `--cfg runtime_fuzzing` (`cargo xtask fuzz`).
#![allow(missing_docs, reason = "nobody's interface but a fuzz target's")]

use std::task::{Context, Poll, Waker};

use runtime_core::util::wake_list::WakeList;

use super::readiness::{Direction, Place, ReadyEvent};
use super::table::{Table, Token};
use crate::io::{Interest, Ready};

/// The sources of a reactor, by token.
#[derive(Debug)]
pub struct Sources(Table);

/// What an owner read.
#[derive(Debug, Clone, Copy)]
pub struct Seen(ReadyEvent);

impl Seen {
    pub fn bits(&self) -> u8 {
        self.0.ready.bits()
    }

    pub fn is_shut_down(&self) -> bool {
        self.0.shutdown
    }
}

/// A waiter's place in a list.
#[derive(Debug, Default)]
pub struct Listed(Place);

impl Sources {
    pub fn new() -> Sources {
        Sources(Table::new())
    }

    pub fn take(&self) -> Option<usize> {
        self.0.take().ok().map(|token| token.0)
    }

    pub fn give_back(&self, token: usize) {
        self.0.give_back(Token(token));
    }

    pub fn dispatch(&self, token: usize, bits: u8) {
        let mut wakers = WakeList::new();
        self.0
            .dispatch(Token(token), Ready::from_bits(bits), &mut wakers);
        wakers.wake_all();
    }

    pub fn close(&self) {
        let mut wakers = WakeList::new();
        self.0.close(&mut wakers);
        wakers.wake_all();
    }

    pub fn poll(&self, token: usize, is_read: bool, waker: &Waker) -> Option<Seen> {
        let direction = if is_read {
            Direction::Read
        } else {
            Direction::Write
        };
        let source = self.0.get(Token(token))?;
        seen(source.poll_ready(direction, &mut Context::from_waker(waker)))
    }

    pub fn poll_listed(&self, token: usize, place: &mut Listed, waker: &Waker) -> Option<Seen> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        let source = self.0.get(Token(token))?;
        seen(source.poll_listed(&mut place.0, interest, waker))
    }

    pub fn leave_list(&self, token: usize, place: &mut Listed) {
        if let Some(source) = self.0.get(Token(token)) {
            source.leave_list(&mut place.0);
        }
    }

    pub fn clear(&self, token: usize, seen: Seen) {
        if let Some(source) = self.0.get(Token(token)) {
            source.clear(seen.0);
        }
    }
}

impl Default for Sources {
    fn default() -> Sources {
        Sources::new()
    }
}

fn seen(polled: Poll<ReadyEvent>) -> Option<Seen> {
    match polled {
        Poll::Ready(event) => Some(Seen(event)),
        Poll::Pending => None,
    }
}
