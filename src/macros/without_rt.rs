//! What stands for `task_local!` without the feature `rt`: a macro that is not there gives no hint
//! at a feature.

/// Tells which feature is missing.
#[macro_export]
macro_rules! task_local {
    ($($tokens:tt)*) => {
        ::core::compile_error!("`task_local!` needs the feature `rt` of the runtime")
    };
}
