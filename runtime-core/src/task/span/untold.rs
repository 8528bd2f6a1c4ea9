//! Nobody listens: nothing of this is left in the program.

use std::future::Future;
use std::panic::Location;

use super::{Kind, WakerOp};
use crate::task::id::Id;

#[derive(Debug)]
pub(in crate::task) struct Span;

#[derive(Debug)]
pub(in crate::task) struct Entered;

/// A task is what it would be without it.
const _: () = assert!(size_of::<Span>() == 0 && size_of::<Entered>() == 0);

impl Span {
    pub(in crate::task) fn new(
        _: Kind,
        _: Id,
        _bytes: usize,
        _: &'static Location<'static>,
    ) -> Span {
        Span
    }

    pub(in crate::task) fn enter(&self) -> Entered {
        Entered
    }

    pub(in crate::task) fn tell(&self, _: WakerOp) {}
}

/// The future as it is.
pub(crate) fn in_span<F: Future>(future: F, _: &'static Location<'static>) -> F {
    future
}
