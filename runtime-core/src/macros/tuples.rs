//! From a pinned tuple of futures to its pinned fields, for 1 to 64 of them.
//!
//! **Invariant.** T1: a pinned tuple pins each of its fields. It holds because nothing else looks
//! at it otherwise: a tuple has no destructor of its own, it is `Unpin` only if all fields are, and
//! no safe function moves a field out of a pinned tuple.
//!
//! The three traits have an impl a length each; what a program uses of them is compiled there.
#![allow(unsafe_code, reason = "a pin is carried from a tuple to its fields")]

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::join::{Branch, Fallible, JoinFutures, TryJoinFutures};

/// A tuple of futures.
#[diagnostic::on_unimplemented(message = "at most 64 futures stand side by side")]
pub trait Futures {
    /// The pinned fields.
    type Pins<'a>
    where
        Self: 'a;

    /// The fields, pinned as the whole is.
    fn project(self: Pin<&mut Self>) -> Self::Pins<'_>;
}

macro_rules! tuple {
    ($(($index:literal $Future:ident $future:ident))+) => {
        impl<$($Future),+> Futures for ($($Future,)+) {
            type Pins<'a> = ($(Pin<&'a mut $Future>,)+) where Self: 'a;

            #[inline]
            fn project(self: Pin<&mut Self>) -> Self::Pins<'_> {
                // SAFETY: nothing is moved out of the reference; each field is pinned again (T1).
                let ($($future,)+) = unsafe { self.get_unchecked_mut() };
                ($(
                    // SAFETY: the field of a pinned tuple stays where it is (T1).
                    unsafe { Pin::new_unchecked($future) },
                )+)
            }
        }

        impl<$($Future: Future),+> JoinFutures for ($(Branch<$Future, $Future::Output>,)+) {
            type Outputs = ($($Future::Output,)+);

            const COUNT: u32 = [$($index),+].len() as u32;

            #[inline]
            fn poll_branch(self: Pin<&mut Self>, index: u32, cx: &mut Context<'_>) -> Poll<()> {
                let ($($future,)+) = self.project();
                match index {
                    $($index => $future.poll(cx),)+
                    _ => unreachable!("there is no such branch"),
                }
            }

            #[inline]
            fn take(self: Pin<&mut Self>) -> Self::Outputs {
                let ($($future,)+) = self.project();
                ($($future.take(),)+)
            }
        }

        impl<Error, $($Future: Fallible<Error = Error>),+> TryJoinFutures
            for ($(Branch<$Future, $Future::Output>,)+)
        {
            type Outputs = ($($Future::Success,)+);
            type Error = Error;

            const COUNT: u32 = [$($index),+].len() as u32;

            #[inline]
            fn poll_branch(
                self: Pin<&mut Self>,
                index: u32,
                cx: &mut Context<'_>,
            ) -> Poll<Result<(), Error>> {
                let ($($future,)+) = self.project();
                match index {
                    $($index => $future.try_poll(cx),)+
                    _ => unreachable!("there is no such branch"),
                }
            }

            #[inline]
            fn take(self: Pin<&mut Self>) -> Self::Outputs {
                let ($($future,)+) = self.project();
                ($($future.take_success(),)+)
            }
        }
    };
}

/// One [`tuple!`] for each beginning of the list.
macro_rules! tuples {
    ({ $($shorter:tt)* }) => {};
    ({ $($shorter:tt)* } $next:tt $($rest:tt)*) => {
        tuple! { $($shorter)* $next }
        tuples! { { $($shorter)* $next } $($rest)* }
    };
}

tuples! {
    {}
    (0 F0 f0) (1 F1 f1) (2 F2 f2) (3 F3 f3)
    (4 F4 f4) (5 F5 f5) (6 F6 f6) (7 F7 f7)
    (8 F8 f8) (9 F9 f9) (10 F10 f10) (11 F11 f11)
    (12 F12 f12) (13 F13 f13) (14 F14 f14) (15 F15 f15)
    (16 F16 f16) (17 F17 f17) (18 F18 f18) (19 F19 f19)
    (20 F20 f20) (21 F21 f21) (22 F22 f22) (23 F23 f23)
    (24 F24 f24) (25 F25 f25) (26 F26 f26) (27 F27 f27)
    (28 F28 f28) (29 F29 f29) (30 F30 f30) (31 F31 f31)
    (32 F32 f32) (33 F33 f33) (34 F34 f34) (35 F35 f35)
    (36 F36 f36) (37 F37 f37) (38 F38 f38) (39 F39 f39)
    (40 F40 f40) (41 F41 f41) (42 F42 f42) (43 F43 f43)
    (44 F44 f44) (45 F45 f45) (46 F46 f46) (47 F47 f47)
    (48 F48 f48) (49 F49 f49) (50 F50 f50) (51 F51 f51)
    (52 F52 f52) (53 F53 f53) (54 F54 f54) (55 F55 f55)
    (56 F56 f56) (57 F57 f57) (58 F58 f58) (59 F59 f59)
    (60 F60 f60) (61 F61 f61) (62 F62 f62) (63 F63 f63)
}
