//! Foreign code, which may panic: wakers, destructors, hooks.
//!
//! A panic that is caught comes with a payload, and that is foreign code as well: its destructor may
//! panic anew. So nobody here has a bare payload. A [`Panic`] is resumed, or handed on to whoever asked
//! for the code to be run, or else dropped, and then nothing comes out of it.

use std::any::Any;
use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Calls foreign code; a panic of it ends here.
pub fn call<R>(foreign: impl FnOnce() -> R) -> Result<R, Panic> {
    catch_unwind(AssertUnwindSafe(foreign)).map_err(|payload| Panic(Some(payload)))
}

/// What a panic of foreign code left. See the module's header.
#[must_use = "a foreign panic is resumed, counted, or handed on"]
pub struct Panic(Option<Box<dyn Any + Send>>);

impl Panic {
    /// The panic goes on in the caller.
    pub fn resume(self) -> ! {
        resume_unwind(self.into_payload())
    }

    /// For whoever asked for the code to be run.
    pub fn into_payload(mut self) -> Box<dyn Any + Send> {
        self.0.take().expect("it is taken once, at the end")
    }
}

impl Drop for Panic {
    fn drop(&mut self) {
        let payload = self.0.take();
        if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            // It might go on like this for ever. It is leaked instead.
            mem::forget(another);
        }
    }
}

impl fmt::Debug for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Panic").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::call;
    use std::panic::panic_any;

    /// Its destructor panics with the same again.
    struct Endless;

    impl Drop for Endless {
        fn drop(&mut self) {
            panic_any(Endless);
        }
    }

    #[test]
    fn fault_002_a_payload_whose_destructor_panics_without_end_is_dropped() {
        drop(call(|| panic_any(Endless)));
        let outcome = call(|| panic_any(Endless)).and(call(|| panic_any(Endless)));
        drop(outcome);
    }

    #[test]
    fn a_panic_that_is_handed_on_keeps_its_payload() {
        let panic = call(|| panic_any(7_u8)).expect_err("a panic");
        let again = call(|| panic.resume()).expect_err("it goes on");
        assert_eq!(again.into_payload().downcast_ref(), Some(&7_u8));
        assert_eq!(call(|| 7).ok(), Some(7));
    }
}
