/// Pins futures to the stack, so that they can be polled through a reference.
///
/// ```text
/// pin!(name, name, …);
/// pin! { let name = future; … }
/// ```
///
/// Afterwards `name` is a `Pin<&mut …>`. A `.await` pins by itself; this macro is for a future
/// that is awaited through `&mut name`, because it goes on after a `select!` has ended without it.
/// The future is moved, and can be moved no more.
///
/// # Examples
/// ```
/// use runtime::time::{Duration, sleep};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let work = async {
///     sleep(Duration::from_millis(5)).await;
///     "done"
/// };
/// runtime::pin!(work);
///
/// let mut ticks = 0;
/// let result = loop {
///     runtime::select! {
///         result = &mut work => break result,
///         () = sleep(Duration::from_millis(1)) => ticks += 1,
///     }
/// };
/// assert_eq!(result, "done");
/// # let _ = ticks;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// The second form makes and pins:
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// runtime::pin! {
///     let one = async { 1 };
///     let two = async { 2 };
/// }
/// assert_eq!((&mut one).await + two.await, 3);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[macro_export]
macro_rules! pin {
    ($($future:ident),* $(,)?) => {
        $(
            #[allow(unused_mut)]
            let mut $future = $crate::macros::support::pin!($future);
        )*
    };
    ($(let $future:ident = $value:expr;)*) => {
        $(
            let $future = $value;
            #[allow(unused_mut)]
            let mut $future = $crate::macros::support::pin!($future);
        )*
    };
}
