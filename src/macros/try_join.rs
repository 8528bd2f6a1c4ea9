/// Awaits several futures of `Result`s side by side in this task, until all have succeeded or one
/// has failed.
///
/// ```text
/// try_join!([biased;] future, future, … [,])
/// ```
///
/// Gives `Ok` of a tuple of all values, or the first `Err` at once: the other futures are then
/// dropped where they stand, so they should not mind being cancelled. All error types must be the
/// same. For the rest it is [`join!`](crate::join).
///
/// A task that was spawned goes on when the future that awaits it is dropped: to end it too, keep
/// its handle and abort it.
///
/// # Fairness
/// That of [`join!`](crate::join), with `biased;` as there.
///
/// # Cancel safety
/// Dropping it drops all futures and the values of those that had ended.
///
/// # Examples
/// ```
/// async fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
///     text.parse()
/// }
///
/// # runtime::Runtime::new()?.block_on(async {
/// assert_eq!(runtime::try_join!(parse("1"), parse("2")), Ok((1, 2)));
///
/// let error = runtime::try_join!(std::future::pending(), parse("two")).map(|((), _)| ());
/// assert!(error.is_err());
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[macro_export]
macro_rules! try_join {
    (biased;) => {
        $crate::try_join!()
    };
    (biased; $($future:expr),+ $(,)?) => {
        $crate::__join!(until_error try_join_in_order; $($future),+)
    };
    ($($future:expr),+ $(,)?) => {
        $crate::__join!(until_error try_join; $($future),+)
    };
    () => {
        async { $crate::macros::support::Result::Ok(()) }.await
    };
}
