//! Timers: the wheel, the clock, and one locked wheel a slot.
//!
//! Three layers, each ignorant of the next. [`wheel`] is data: it knows neither time nor locks nor
//! tasks, only deadlines and wakers. [`clock`] says what time it is, and can be stopped and moved
//! by a test. [`timers`] puts one wheel behind one lock and tells a sleeper what its next deadline
//! is. The futures that users hold live above, in `crate::time`.

pub mod clock;
pub mod timers;
pub mod wheel;
