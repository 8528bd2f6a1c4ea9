/// Declares task-local values: each a static [`task::LocalKey`](crate::task::LocalKey).
///
/// ```text
/// task_local! { [attributes] [pub] static NAME: Type; … }
/// ```
///
/// A value is set by [`scope`](crate::task::LocalKey::scope) for a future, or by
/// [`sync_scope`](crate::task::LocalKey::sync_scope) for a closure, and is there for what runs
/// inside: what a thread-local is to a thread, whichever thread the task runs on.
///
/// # Examples
/// ```
/// runtime::task_local! {
///     /// Who asks.
///     pub static USER: String;
///     static DEPTH: u32;
/// }
///
/// # runtime::Runtime::new()?.block_on(async {
/// let greeting = USER.scope("Ada".to_string(), async { USER.with(|user| format!("hi {user}")) });
/// assert_eq!(greeting.await, "hi Ada");
/// assert_eq!(DEPTH.sync_scope(3, || DEPTH.get()), 3);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[macro_export]
macro_rules! task_local {
    () => {};
    (
        $(#[$attribute:meta])* $visibility:vis static $name:ident: $Type:ty
        $(; $($rest:tt)*)?
    ) => {
        $(#[$attribute])*
        $visibility static $name: $crate::task::LocalKey<$Type> = {
            $crate::macros::support::thread_local! {
                static __KEY: $crate::macros::support::RefCell<
                    $crate::macros::support::Option<$Type>
                > = const {
                    $crate::macros::support::RefCell::new($crate::macros::support::Option::None)
                };
            }
            $crate::task::LocalKey::new(__KEY)
        };
        $($crate::task_local! { $($rest)* })?
    };
}
