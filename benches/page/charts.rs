//! The plots: SVG that GitHub shows as it is, in its light and in its dark mode.
//!
//! plotters draws; text is left to whoever shows the file, so no font is needed here, and no
//! width of a text is known: texts are anchored at that end which matters.

mod canvas;

mod curves;

mod distributions;

mod ratios;

mod scale;

pub(crate) use curves::curve;
pub(crate) use distributions::distribution;
pub(crate) use ratios::{Bar, MISSED, bars};
