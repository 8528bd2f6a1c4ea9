//! From a pinned tuple to its pinned fields, for 1 to 8 of them.
//!
//! More than eight futures stand in a tuple of tuples of eight, which the macros write: 64 in all. An
//! impl for each length up to 64 was half the time in which this crate was built.
//!
//! **Invariant.** T1: a pinned tuple pins each of its fields. It holds because nothing else looks
//! at it otherwise: a tuple has no destructor of its own, it is `Unpin` only if all fields are, and
//! no safe function moves a field out of a pinned tuple.
//!
//! The three traits have an impl a length each; what a program uses of them is compiled there.
#![allow(unsafe_code, reason = "a pin is carried from a tuple to its fields")]

use std::pin::Pin;
use std::task::{Context, Poll};

use super::join::{JoinFutures, TryJoinFutures};

/// A tuple of futures, or of such tuples.
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
    ($($Part:ident $part:ident)+) => {
        impl<$($Part),+> Futures for ($($Part,)+) {
            type Pins<'a> = ($(Pin<&'a mut $Part>,)+) where Self: 'a;

            #[inline]
            fn project(self: Pin<&mut Self>) -> Self::Pins<'_> {
                // SAFETY: nothing is moved out of the reference; each field is pinned again (T1).
                let ($($part,)+) = unsafe { self.get_unchecked_mut() };
                ($(
                    // SAFETY: the field of a pinned tuple stays where it is (T1).
                    unsafe { Pin::new_unchecked($part) },
                )+)
            }
        }

        impl<$($Part: JoinFutures),+> JoinFutures for ($($Part,)+) {
            type Outputs = ($($Part::Outputs,)+);

            const COUNT: u32 = $($Part::COUNT +)+ 0;

            #[inline]
            fn poll_branch(self: Pin<&mut Self>, index: u32, cx: &mut Context<'_>) -> Poll<()> {
                let ($($part,)+) = self.project();
                $(
                    if index < $Part::COUNT {
                        return $part.poll_branch(index, cx);
                    }
                    let index = index - $Part::COUNT;
                )+
                unreachable!("there are {index} branches less")
            }

            #[inline]
            fn take(self: Pin<&mut Self>) -> Self::Outputs {
                let ($($part,)+) = self.project();
                ($($part.take(),)+)
            }
        }

        impl<Error, $($Part: TryJoinFutures<Error = Error>),+> TryJoinFutures for ($($Part,)+) {
            type Outputs = ($($Part::Outputs,)+);
            type Error = Error;

            const COUNT: u32 = $($Part::COUNT +)+ 0;

            #[inline]
            fn poll_branch(
                self: Pin<&mut Self>,
                index: u32,
                cx: &mut Context<'_>,
            ) -> Poll<Result<(), Error>> {
                let ($($part,)+) = self.project();
                $(
                    if index < $Part::COUNT {
                        return $part.poll_branch(index, cx);
                    }
                    let index = index - $Part::COUNT;
                )+
                unreachable!("there are {index} branches less")
            }

            #[inline]
            fn take(self: Pin<&mut Self>) -> Self::Outputs {
                let ($($part,)+) = self.project();
                ($($part.take(),)+)
            }
        }
    };
}

tuple! { P0 p0 }
tuple! { P0 p0 P1 p1 }
tuple! { P0 p0 P1 p1 P2 p2 }
tuple! { P0 p0 P1 p1 P2 p2 P3 p3 }
tuple! { P0 p0 P1 p1 P2 p2 P3 p3 P4 p4 }
tuple! { P0 p0 P1 p1 P2 p2 P3 p3 P4 p4 P5 p5 }
tuple! { P0 p0 P1 p1 P2 p2 P3 p3 P4 p4 P5 p5 P6 p6 }
tuple! { P0 p0 P1 p1 P2 p2 P3 p3 P4 p4 P5 p5 P6 p6 P7 p7 }
