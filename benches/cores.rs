//! Threads that stay on a core: where two threads wake each other without a pause, the kernel's choice
//! of cores decides by a factor of ten, and it chooses anew from sample to sample.

/// The calling thread stays on a core of its own until what is returned is dropped: `which` of those
/// that the process may use, the first one if there are fewer. Elsewhere than on Linux it stays as free
/// as it was.
pub(crate) fn stay_on(which: usize) -> system::Stay {
    system::stay_on(which)
}

#[cfg(target_os = "linux")]
mod system {
    use std::sync::OnceLock;

    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    /// The cores that the process may use; threads inherit what their parents have.
    static CORES: OnceLock<Vec<usize>> = OnceLock::new();

    #[derive(Debug)]
    pub(crate) struct Stay {
        before: Option<CpuSet>,
    }

    pub(super) fn stay_on(which: usize) -> Stay {
        let Ok(before) = sched_getaffinity(None) else {
            return Stay { before: None };
        };
        let cores = CORES.get_or_init(|| {
            let usable = (0..CpuSet::MAX_CPU).filter(|&core| before.is_set(core));
            usable.collect()
        });
        let mut one = CpuSet::new();
        if let Some(&core) = cores.get(which).or(cores.first()) {
            one.set(core);
        }
        let stays = sched_setaffinity(None, &one).is_ok();
        Stay {
            before: stays.then_some(before),
        }
    }

    impl Drop for Stay {
        fn drop(&mut self) {
            if let Some(before) = &self.before {
                // Refused only if all of its cores are gone.
                let _refused = sched_setaffinity(None, before);
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    #[derive(Debug)]
    pub(crate) struct Stay;

    pub(super) fn stay_on(_which: usize) -> Stay {
        Stay
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::thread::sched_getaffinity;

    use super::stay_on;

    #[test]
    fn a_thread_stays_and_is_free_again() {
        let count = || sched_getaffinity(None).unwrap().count();
        let before = count();
        let stays = stay_on(1);
        assert_eq!(count(), 1);
        drop(stays);
        assert_eq!(count(), before);
    }
}
