//! No such thing here: the core sleeps on a parker and is unparked.

use runtime_core::park::driver::Alarm;

/// Always `None`.
pub(in crate::driver) fn alarm() -> Option<Box<dyn Alarm>> {
    None
}
