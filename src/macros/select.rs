/// Awaits several futures at once, runs the handler of the one that is ready first, and drops the
/// others.
#[macro_export]
macro_rules! select {
    ($($branches:tt)*) => {
        $crate::macros::support::select_branches! { $crate, $($branches)* }
    };
}
