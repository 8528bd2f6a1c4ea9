//! The public futures, on a paused clock and by a runner that counts polls.

mod interval;
mod rig;
mod sleep;
mod timeout;
