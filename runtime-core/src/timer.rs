//! Timers: the wheel, the clock, and one locked wheel a slot.
