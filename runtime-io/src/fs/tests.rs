//! Files against what the standard library does with them.
