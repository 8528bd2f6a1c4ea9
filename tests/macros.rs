//! `#[runtime::main]` and `#[runtime::test]`: what the functions that they make do.
#![cfg(feature = "macros")]
#![deny(warnings, clippy::pedantic)]

/// The facade under the name that the bridge gives it.
extern crate runtime as tokio;

use std::future::Future;
use std::thread;
use std::time::{Duration, Instant};

use runtime::runtime::{Handle, RuntimeFlavor};

/// The facade under another path, as a crate has it that re-exports the runtime.
mod framework {
    pub(crate) mod rt {
        pub(crate) use ::runtime::runtime;
    }
}

fn flavor() -> RuntimeFlavor {
    Handle::current().runtime_flavor()
}

fn workers() -> usize {
    Handle::current().metrics().num_workers()
}

#[runtime::main]
async fn main_by_default() -> RuntimeFlavor {
    flavor()
}

#[test]
fn main_is_multi_thread_by_default() {
    assert!(matches!(main_by_default(), RuntimeFlavor::MultiThread));
}

#[runtime::main(flavor = "current_thread")]
async fn main_on_one_thread() -> (RuntimeFlavor, thread::ThreadId) {
    let task = runtime::spawn(async { thread::current().id() });
    (flavor(), task.await.expect("the task ends"))
}

#[test]
fn a_current_thread_main_runs_its_tasks_on_the_callers_thread() {
    let (flavor, thread) = main_on_one_thread();
    assert!(matches!(flavor, RuntimeFlavor::CurrentThread));
    assert_eq!(thread, thread::current().id());
}

#[runtime::main(worker_threads = 3)]
async fn main_with_workers() -> usize {
    workers()
}

#[test]
fn worker_threads_is_the_number_of_workers() {
    assert_eq!(main_with_workers(), 3);
}

#[runtime::main(flavor = "current_thread", start_paused = true)]
async fn paused_main() {
    runtime::time::sleep(Duration::from_secs(3600)).await;
}

#[test]
fn a_paused_main_does_not_wait_for_its_sleeps() {
    let begun = Instant::now();
    paused_main();
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[runtime::main(crate = "framework::rt")]
async fn main_through_a_string() -> usize {
    1
}

#[runtime::main(crate = framework::rt)]
async fn main_through_a_path() -> usize {
    2
}

macro_rules! main_through_variables {
    ($name:ident, $workers:literal, $rt:path) => {
        #[runtime::main(worker_threads = $workers, crate = $rt)]
        async fn $name() -> usize {
            workers()
        }
    };
    ($name:ident) => {
        #[runtime::main(crate = $crate::framework::rt)]
        async fn $name() -> usize {
            3
        }
    };
}

main_through_variables!(main_through_dollar_crate);
main_through_variables!(main_from_a_macro, 2, framework::rt);

#[test]
fn the_crate_may_stand_elsewhere() {
    assert_eq!(main_through_a_string(), 1);
    assert_eq!(main_through_a_path(), 2);
    assert_eq!(main_through_dollar_crate(), 3);
    assert_eq!(main_from_a_macro(), 2);
}

#[runtime::main(flavor = "current_thread")]
async fn first_digit(text: &str) -> Result<u8, std::num::ParseIntError> {
    let Some(first) = text.get(..1) else {
        return Ok(0);
    };
    let digit = first.parse()?;
    Ok(digit)
}

#[test]
fn a_result_comes_back_and_return_and_question_mark_leave_the_body() {
    assert_eq!(first_digit("7up"), Ok(7));
    assert_eq!(first_digit(""), Ok(0));
    assert!(first_digit("up").is_err());
}

#[derive(Default)]
struct Counter(u32);

impl Counter {
    #[runtime::main(flavor = "current_thread")]
    async fn counted() -> Self {
        Self(1)
    }

    #[runtime::main(flavor = "current_thread")]
    async fn next(&mut self, mut steps: u32) -> &mut u32 {
        steps += 1;
        self.0 += steps;
        &mut self.0
    }
}

#[test]
fn methods_and_references_out_of_arguments_work() {
    let mut counter = Counter::counted();
    *counter.next(2) += 1;
    assert_eq!(counter.0, 5);
}

#[runtime::main(flavor = "current_thread")]
async fn generic<T, const N: usize>(value: T) -> [T; N]
where
    T: Clone + Send + 'static,
{
    let task = runtime::spawn(async move { value });
    let value = task.await.expect("the task ends");
    std::array::from_fn(|_| value.clone())
}

#[runtime::main(flavor = "current_thread")]
async fn opaque() -> impl Iterator<Item = u8> {
    [1, 2].into_iter()
}

#[runtime::main(flavor = "current_thread")]
async fn never() -> ! {
    panic!("out of the body")
}

#[test]
fn generic_opaque_and_diverging_functions_work() {
    assert_eq!(generic::<_, 2>("a"), ["a", "a"]);
    assert_eq!(opaque().sum::<u8>(), 3);
    let panic = thread::spawn(|| never()).join().expect_err("it panics");
    assert_eq!(
        *panic.downcast::<&str>().expect("a text"),
        "out of the body"
    );
}

struct DropsInside;

impl Drop for DropsInside {
    fn drop(&mut self) {
        // Panics outside of a runtime.
        let _ = Handle::current();
    }
}

#[test]
fn a_panic_drops_the_body_inside_the_runtime() {
    #[runtime::main(flavor = "current_thread")]
    async fn panics() {
        let _local = DropsInside;
        runtime::task::yield_now().await;
        panic!("first");
    }
    let panic = thread::spawn(panics).join().expect_err("it panics");
    assert_eq!(*panic.downcast::<&str>().expect("a text"), "first");
}

#[runtime::main(flavor = "current_thread")]
async fn uses_our_names(body: u8) -> u8 {
    struct Option;
    fn runtime() -> u8 {
        1
    }
    let _ = Option;
    let output = body + 1;
    output + runtime()
}

#[test]
fn the_body_may_use_any_name() {
    assert_eq!(uses_our_names(1), 3);
}

#[runtime::test]
async fn a_test_is_current_thread_by_default() {
    assert!(matches!(flavor(), RuntimeFlavor::CurrentThread));
}

#[runtime::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_may_be_multi_thread() {
    assert!(matches!(flavor(), RuntimeFlavor::MultiThread));
    assert_eq!(workers(), 2);
}

#[runtime::test]
async fn a_test_may_return_a_result() -> Result<(), Box<dyn std::error::Error>> {
    let task = runtime::spawn(async { "5".parse::<u8>() });
    assert_eq!(task.await??, 5);
    Ok(())
}

#[runtime::test]
async fn a_test_may_return_what_it_does_not_name() -> impl std::process::Termination {
    std::process::ExitCode::SUCCESS
}

#[runtime::test]
#[should_panic(expected = "expected of it")]
async fn a_test_should_panic_where_it_says_so_below() {
    panic!("expected of it");
}

#[should_panic(expected = "expected of it")]
#[runtime::test]
async fn a_test_should_panic_where_it_says_so_above() {
    panic!("expected of it");
}

#[runtime::test(start_paused = true)]
async fn a_paused_test_moves_its_clock_by_itself() {
    let begun = Instant::now();
    runtime::time::sleep(Duration::from_secs(3600)).await;
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[runtime::test(flavor = "multi_thread", worker_threads = 2, start_paused = true)]
async fn a_paused_test_works_on_several_threads() {
    let begun = Instant::now();
    let sleeper = runtime::spawn(runtime::time::sleep(Duration::from_secs(3600)));
    runtime::time::sleep(Duration::from_secs(1800)).await;
    sleeper.await.expect("the task ends");
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[runtime::test(crate = "framework::rt")]
async fn a_test_may_name_its_crate() {
    #![allow(clippy::no_effect_underscore_binding)]
    let _inner_attributes_are_kept = ();
}

#[runtime_macros::tokio_main(worker_threads = 2)]
async fn main_under_the_other_name() -> usize {
    workers()
}

#[test]
fn the_other_pair_reaches_the_runtime_under_its_other_name() {
    assert_eq!(main_under_the_other_name(), 2);
}

#[runtime_macros::tokio_test]
async fn a_test_under_the_other_name_runs() {
    assert!(matches!(flavor(), RuntimeFlavor::CurrentThread));
}

/// A crate that hands the runtime on under its other name; here with a builder of its own.
mod framework_with_tokio {
    pub(crate) mod tokio {
        pub(crate) mod runtime {
            pub(crate) struct Builder;

            impl Builder {
                pub(crate) fn new_current_thread() -> runtime::runtime::Builder {
                    let mut builder = runtime::runtime::Builder::new_current_thread();
                    builder.name("handed on");
                    builder
                }
            }
        }
    }
}

mod who_depends_on_the_framework_alone {
    use super::framework_with_tokio::tokio;

    #[runtime_macros::tokio_test]
    async fn finds_the_other_name_where_it_was_imported() {
        let handle = runtime::runtime::Handle::current();
        assert_eq!(handle.name(), Some("handed on"));
    }
}

#[test]
fn a_body_is_a_future_of_its_own_type() {
    fn output<F: Future<Output = u8>>(future: F) -> u8 {
        Handle::current().block_on(future)
    }
    #[runtime::main(flavor = "current_thread")]
    async fn outer() -> u8 {
        output(async { 4 })
    }
    assert_eq!(outer(), 4);
}
