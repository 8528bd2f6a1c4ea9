//! What stands for the macros without the feature `macros`: a macro that is not there gives no hint
//! at a feature.

/// Tells which feature is missing.
#[macro_export]
macro_rules! select {
    ($($tokens:tt)*) => {
        ::core::compile_error!("`select!` needs the feature `macros` of the runtime")
    };
}

/// Tells which feature is missing.
#[macro_export]
macro_rules! join {
    ($($tokens:tt)*) => {
        ::core::compile_error!("`join!` needs the feature `macros` of the runtime")
    };
}

/// Tells which feature is missing.
#[macro_export]
macro_rules! try_join {
    ($($tokens:tt)*) => {
        ::core::compile_error!("`try_join!` needs the feature `macros` of the runtime")
    };
}
