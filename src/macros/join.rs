/// Awaits several futures side by side in this task, and gives all outputs as a tuple.
///
/// ```text
/// join!([biased;] future, future, … [,])
/// ```
///
/// It takes 0 to 64 futures (or whatever is `IntoFuture`) and can be used wherever `.await` can.
/// They share one task, so one thread runs them at a time, and they may borrow from the function
/// around them. For work that needs several threads, or any number of futures, spawn tasks and
/// await their handles.
///
/// A future is dropped as soon as it ends. When a `Result` should end the waiting early, see
/// [`try_join!`](crate::try_join); when the first output is enough, [`select!`](crate::select).
///
/// # Fairness
/// Each poll begins with the next of the futures, so that one that always uses up the budget of the
/// task does not starve the others. With `biased;` in front they are polled in the order in which
/// they are written: cheaper by a counter, and predictable.
///
/// # Cancel safety
/// Dropping it drops all futures and the outputs of those that had ended.
///
/// # Examples
/// ```
/// use runtime::time::{Duration, Instant, sleep};
///
/// async fn slow(answer: u32) -> u32 {
///     sleep(Duration::from_millis(10)).await;
///     answer
/// }
///
/// # runtime::Runtime::new()?.block_on(async {
/// let start = Instant::now();
/// let (first, second) = runtime::join!(slow(1), slow(2));
/// assert_eq!((first, second), (1, 2));
/// assert!(start.elapsed() >= Duration::from_millis(10));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[macro_export]
macro_rules! join {
    (biased;) => {
        $crate::join!()
    };
    (biased; $($future:expr),+ $(,)?) => {
        $crate::__join!(all join_in_order; $($future),+)
    };
    ($($future:expr),+ $(,)?) => {
        $crate::__join!(all join; $($future),+)
    };
    () => {
        async {}.await
    };
}

/// A join of one future or more: up to eight as they are, more in tuples of eight, whose outputs are
/// put side by side again. Each expansion's names are its own, so that no group's hide another's.
#[doc(hidden)]
#[macro_export]
macro_rules! __join {
    (
        $kind:ident $join:ident;
        $a:expr, $b:expr, $c:expr, $d:expr, $e:expr, $f:expr, $g:expr, $h:expr, $($rest:expr),+
    ) => {
        $crate::__join! {
            @groups $kind $join;
            [[(a $a) (b $b) (c $c) (d $d) (e $e) (f $f) (g $g) (h $h)]]
            $($rest),+
        }
    };
    ($kind:ident $join:ident; $($future:expr),+) => {{
        let __futures = $crate::macros::support::pin!(
            ($($crate::macros::support::branch($future),)+)
        );
        $crate::macros::support::$join(__futures).await
    }};
    (
        @groups $kind:ident $join:ident; [$($groups:tt)+]
        $a:expr, $b:expr, $c:expr, $d:expr, $e:expr, $f:expr, $g:expr, $h:expr
        $(, $rest:expr)*
    ) => {
        $crate::__join! {
            @groups $kind $join;
            [$($groups)+ [(a $a) (b $b) (c $c) (d $d) (e $e) (f $f) (g $g) (h $h)]]
            $($rest),*
        }
    };
    (
        @groups $kind:ident $join:ident; [$($groups:tt)+]
        $a:expr $(, $b:expr $(, $c:expr $(, $d:expr $(, $e:expr $(, $f:expr $(, $g:expr)?)?)?)?)?)?
    ) => {
        $crate::__join! {
            @$kind $join
            $($groups)+
            [(a $a) $((b $b) $((c $c) $((d $d) $((e $e) $((f $f) $((g $g))?)?)?)?)?)?]
        }
    };
    (@groups $kind:ident $join:ident; [$($groups:tt)+]) => {
        $crate::__join! { @$kind $join $($groups)+ }
    };
    (@all $join:ident $([$(($name:ident $future:expr))+])+) => {{
        let __futures = $crate::macros::support::pin!(
            ($(($($crate::macros::support::branch($future),)+),)+)
        );
        let ($(($($name,)+),)+) = $crate::macros::support::$join(__futures).await;
        ($($($name,)+)+)
    }};
    (@until_error $join:ident $([$(($name:ident $future:expr))+])+) => {{
        let __futures = $crate::macros::support::pin!(
            ($(($($crate::macros::support::branch($future),)+),)+)
        );
        let __outputs = $crate::macros::support::$join(__futures).await;
        $crate::macros::support::Result::map(__outputs, |($(($($name,)+),)+)| ($($($name,)+)+))
    }};
}
