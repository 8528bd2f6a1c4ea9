/// Awaits several futures at once, runs the handler of the one that is ready first, and drops the
/// others.
///
/// ```text
/// select! {
///     [biased;]
///     pattern = future [, if guard] => handler,
///     …
///     [else => handler]
/// }
/// ```
///
/// It is an expression, like `match`: the value of the handler is its value, so all handlers have
/// the same type. It stands wherever `.await` may, and takes up to 64 branches. The comma behind a
/// handler in braces may be left out.
///
/// # What happens
/// 1. Each guard is evaluated; a branch whose guard is `false` is disabled.
/// 2. Each future expression is evaluated, also those of disabled branches. It may be a call of an
///    `async fn`, an `async` block, a `&mut` of a pinned future, whatever is `IntoFuture`.
/// 3. The futures that are not disabled are polled, all in this task.
/// 4. When one is ready, its output is matched against its pattern. If that fails the branch is
///    disabled, and the others go on.
/// 5. When a pattern matches, **all futures are dropped**, and then the handler runs. So it may
///    borrow what they borrowed; and `?`, `return`, `break`, `continue` and `.await` in it mean
///    what they mean around the `select!`.
/// 6. When all branches are disabled, the handler of `else` runs.
///
/// # Panics
/// When all branches are disabled and there is no `else`.
///
/// # Cancel safety
/// The futures that lose are dropped where they stand. In a loop that matters: what a future had
/// done by halves is lost, if it kept that to itself. Each method of this crate says under this
/// headline what a drop loses. In short: receiving from a channel, accepting a connection, waiting
/// for a timer or a notification lose nothing; `read_exact`, `write_all`, `read_line` and their
/// like may have moved bytes. A lock that waits loses its place in the queue.
///
/// What must not be lost is made once, outside of the loop, and pinned: see below.
///
/// # Fairness
/// Each poll begins with a random branch, so that in a loop no branch that is always ready starves
/// the others. With `biased;` in front the branches are polled in the order in which they are
/// written. That is a little cheaper, and says which one wins if two are ready (shutdown before
/// work, say); but then a branch that is always ready starves those below it.
///
/// If the budget of the task is spent no branch is polled, and the task goes to the back of its
/// queue.
///
/// # Examples
/// The first of two answers:
///
/// ```
/// use runtime::time::{Duration, sleep};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (sender, receiver) = runtime::sync::oneshot::channel();
/// runtime::spawn(async { sender.send("answer") });
///
/// let text = runtime::select! {
///     Ok(text) = receiver => text,
///     () = sleep(Duration::from_secs(60)) => "too late",
/// };
/// assert_eq!(text, "answer");
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// A loop over two channels that ends when both are closed. `recv` loses nothing when it is
/// dropped; a closed channel gives `None`, which disables its branch:
///
/// ```
/// use runtime::sync::mpsc;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (numbers, mut number) = mpsc::channel(8);
/// let (names, mut name) = mpsc::channel(8);
/// runtime::spawn(async move { numbers.send(1).await });
/// runtime::spawn(async move { names.send("one").await });
///
/// let mut seen = Vec::new();
/// loop {
///     runtime::select! {
///         Some(number) = number.recv() => seen.push(number.to_string()),
///         Some(name) = name.recv() => seen.push(name.to_string()),
///         else => break,
///     }
/// }
/// seen.sort();
/// assert_eq!(seen, ["1", "one"]);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Work that must not begin anew in each round is made before the loop, pinned, and awaited by
/// reference. When it has ended it must not be polled again, which a guard sees to:
///
/// ```
/// use runtime::time::{Duration, interval, sleep};
///
/// async fn download() -> usize {
///     sleep(Duration::from_millis(5)).await;
///     4096
/// }
///
/// # runtime::Runtime::new()?.block_on(async {
/// let mut ticks = interval(Duration::from_millis(1));
/// let download = download();
/// runtime::pin!(download);
///
/// let mut bytes = None;
/// let mut ticks_after = 0;
/// while ticks_after < 2 {
///     runtime::select! {
///         count = &mut download, if bytes.is_none() => bytes = Some(count),
///         _ = ticks.tick() => ticks_after += u32::from(bytes.is_some()),
///     }
/// }
/// assert_eq!(bytes, Some(4096));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Shutdown goes before work:
///
/// ```
/// use runtime::sync::{mpsc, oneshot};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (stop, mut stopped) = oneshot::channel::<()>();
/// let (sender, mut jobs) = mpsc::unbounded_channel();
/// (0..100).for_each(|job| sender.send(job).unwrap());
/// let mut stop = Some(stop);
///
/// let mut done = 0;
/// loop {
///     runtime::select! {
///         biased;
///         _ = &mut stopped => break,
///         Some(_job) = jobs.recv() => done += 1,
///     }
///     if done == 3 {
///         drop(stop.take());
///     }
/// }
/// assert_eq!(done, 3);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Instead
/// [`join!`](crate::join) awaits all of its futures; [`time::timeout`](crate::time::timeout) is a
/// `select!` with a timer; for a number of tasks that is not known beforehand, spawn them and await
/// their handles.
#[macro_export]
macro_rules! select {
    ($($branches:tt)*) => {
        $crate::macros::support::select_branches! { $crate, $($branches)* }
    };
}
