//! When a file was read and changed.

use std::time::SystemTime;

/// The times that [`File::set_times`](super::File::set_times) sets; those not named stay.
///
/// ```
/// use runtime::fs::FileTimes;
/// use std::time::SystemTime;
///
/// let times = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH);
/// # let _ = times;
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "must be applied to a file via `File::set_times` to have any effect"]
pub struct FileTimes {
    times: std::fs::FileTimes,
}

impl FileTimes {
    /// No times.
    pub fn new() -> Self {
        Self::default()
    }

    /// When it was last read.
    pub fn set_accessed(mut self, t: SystemTime) -> Self {
        self.times = self.times.set_accessed(t);
        self
    }

    /// When it was last written.
    pub fn set_modified(mut self, t: SystemTime) -> Self {
        self.times = self.times.set_modified(t);
        self
    }

    pub(super) fn into_std(self) -> std::fs::FileTimes {
        self.times
    }
}

#[cfg(windows)]
use std::os::windows::fs::FileTimesExt;

#[cfg(target_vendor = "apple")]
use std::os::darwin::fs::FileTimesExt;

#[cfg(any(windows, target_vendor = "apple"))]
impl FileTimes {
    /// When it was made.
    pub fn set_created(mut self, t: SystemTime) -> Self {
        self.times = self.times.set_created(t);
        self
    }
}
