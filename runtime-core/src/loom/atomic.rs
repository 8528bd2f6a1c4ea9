//! Loom's atomics behind the names and signatures of the standard library's, each operation knowing
//! the place that it is called from: so that one build can show, mutant by mutant, which orderings
//! and steps the models hold (`site.rs`).
//!
//! An operation takes its orderings from the site, which weakens them in one mutant. In another the
//! step itself is left out: nothing is stored, but a change still reads the newest value, and a
//! compare-exchange still says whether it would have come off.
//!
//! Its end counts as an access without synchronisation: a model fails if memory is given back while
//! somebody's last operation on it has not happened before that, or is never given back.

#![allow(
    unsafe_code,
    reason = "the end of a flag is read without synchronisation"
)]

pub use std::sync::atomic::Ordering;

use super::site::Site;

macro_rules! twin {
    ($name:ident $(<$parameter:ident>)?, $value:ty, [$($change:ident),*]) => {
        #[derive(Debug)]
        pub struct $name $(<$parameter>)? (loom::sync::atomic::$name $(<$parameter>)?);

        impl $(<$parameter>)? $name $(<$parameter>)? {
            #[track_caller]
            pub fn new(value: $value) -> Self {
                super::begin();
                Self(loom::sync::atomic::$name::new(value))
            }

            #[track_caller]
            pub fn load(&self, order: Ordering) -> $value {
                self.0.load(Site::new("load", order).order)
            }

            #[track_caller]
            pub fn store(&self, value: $value, order: Ordering) {
                let site = Site::new("store", order);
                if !site.is_left_out {
                    self.0.store(value, site.order);
                }
            }

            #[track_caller]
            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                let site = Site::new("swap", order);
                if site.is_left_out {
                    self.newest(value, site.order)
                } else {
                    self.0.swap(value, site.order)
                }
            }

            #[track_caller]
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                let site = Site::exchange("compare_exchange", success, failure);
                self.exchange(current, new, site)
            }

            #[track_caller]
            pub fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                let site = Site::exchange("compare_exchange_weak", success, failure);
                self.exchange(current, new, site)
            }

            $(
                #[track_caller]
                pub fn $change(&self, operand: $value, order: Ordering) -> $value {
                    let site = Site::new(stringify!($change), order);
                    if site.is_left_out {
                        self.newest(operand, site.order)
                    } else {
                        self.0.$change(operand, site.order)
                    }
                }
            )*

            #[track_caller]
            fn exchange(&self, current: $value, new: $value, site: Site) -> Result<$value, $value> {
                let new = if site.is_left_out { current } else { new };
                self.0.compare_exchange(current, new, site.order, site.failure)
            }

            /// What a change would read. Unlike a load it reads nothing older than the newest value;
            /// `any` is compared with it and, where equal, put back.
            #[track_caller]
            fn newest(&self, any: $value, order: Ordering) -> $value {
                self.0
                    .compare_exchange(any, any, order, order)
                    .unwrap_or_else(|other| other)
            }
        }
    };
}

/// The end of `$name`, as the model sees it.
macro_rules! end {
    ($name:ident $(<$parameter:ident>)?, $this:ident, $access:expr) => {
        impl $(<$parameter>)? Drop for $name $(<$parameter>)? {
            #[track_caller]
            fn drop(&mut self) {
                if super::end() {
                    let $this = &mut self.0;
                    $access;
                }
            }
        }
    };
}

macro_rules! integers {
    ($($name:ident, $value:ty;)*) => {
        $(twin!($name, $value, [
            fetch_add, fetch_sub, fetch_and, fetch_or, fetch_xor, fetch_max, fetch_min
        ]);)*
    };
}

integers! {
    AtomicU8, u8;
    AtomicU32, u32;
    AtomicU64, u64;
    AtomicUsize, usize;
}

macro_rules! first_looks {
    ($($name:ident, $value:ty;)*) => {
        $(impl $name {
            /// A load that the model takes for a change.
            #[track_caller]
            pub(super) fn first_look(&self, order: Ordering) -> $value {
                self.0.fetch_or(0, Site::new("first_look", order).order)
            }
        })*
    };
}

first_looks! {
    AtomicU64, u64;
    AtomicUsize, usize;
}

twin!(AtomicBool, bool, [fetch_and, fetch_or, fetch_xor]);
twin!(AtomicPtr<T>, *mut T, []);

// Not `AtomicU32`, the token of a parker: wakers share it through the standard library's `Arc`, whose
// counting orders nothing in a model.
end!(AtomicU32, _this, ());
end!(AtomicU8, this, this.with_mut(|_| ()));
end!(AtomicU64, this, this.with_mut(|_| ()));
end!(AtomicUsize, this, this.with_mut(|_| ()));
// Loom's has no access for writing: only those who have written are asked.
// SAFETY: it ends, so nobody else can reach it any more.
end!(AtomicBool, this, unsafe { this.unsync_load() });
end!(AtomicPtr<T>, this, this.with_mut(|_| ()));

#[track_caller]
pub fn fence(order: Ordering) {
    let site = Site::new("fence", order);
    if !site.is_left_out {
        loom::sync::atomic::fence(site.order);
    }
}
