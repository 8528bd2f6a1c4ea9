//! No way to ask.

use std::fs::File;

use super::{Cached, Place};
use crate::io::ReadBuf;

pub(in crate::fs) fn read(
    _file: &File,
    _place: Place,
    _buf: &mut ReadBuf<'_>,
    _max: usize,
) -> Cached {
    Cached::Never
}
