//! The attribute macros of `runtime`: an `async fn` in, a plain function that builds a runtime out.
//! And what is behind `select!`.
//!
//! - `options`: what stands in the attribute's parentheses, and the rules between the options.
//! - `function`: what the attribute stands on, and the rules for it.
//! - `entry`: the function that comes out.
//! - `select`: the branches of a `select!`; `expansion`: the block that comes out.
//!
//! Each macro exists twice, because an expansion can only name the crate that its user depends on:
//! `main` and `test` expand to paths in `::runtime`, `tokio_main` and `tokio_test` to the same
//! paths in whatever is called `tokio` where they stand, for code that knows this runtime under that
//! name. `crate = path` overrides both.

mod options;

mod function;

mod entry;

mod select;

mod expansion;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

use crate::options::{Attribute, Role};

/// Turns an `async fn` into a plain function that builds a runtime and runs the body on it.
///
/// It stands on `main` as a rule, but may stand on any `async fn`, also on one with arguments; only
/// a function that is itself named `main` must have none. The function keeps its name, visibility,
/// attributes, generics and return type, and it calls `block_on`: the thread that calls it waits.
///
/// # Options
/// - `flavor = "multi_thread"` (default), `"current_thread"`, or `"local"`: one thread, on which tasks
///   need not be `Send`.
/// - `worker_threads = 4`: how many tasks run at once; for `multi_thread` only. Default: one a
///   core.
/// - `start_paused = true`: the clock stands still and moves by itself to the next deadline when
///   there is nothing else to do. Works on each flavour.
/// - `name = "…"`: the name of the runtime.
/// - `crate = path` or `crate = "path"`: where this runtime is found if it is not `::runtime`.
///
/// # Panics
/// The function panics where `Builder::build` gives an error.
#[proc_macro_attribute]
pub fn main(options: TokenStream, item: TokenStream) -> TokenStream {
    expand(Role::Main, "runtime", options, item)
}

/// Turns an `async fn` into a test that builds a runtime and runs the body on it.
///
/// The options are those of [`macro@main`], but the default flavour is `current_thread`: the tests
/// of a crate run beside each other anyway. A second `#[test]` on the function is an error. Other
/// attributes (`#[should_panic]`, `#[cfg(…)]`) keep their meaning; one below this may give the
/// function its arguments, as those of test harnesses do. The return type is what `#[test]` accepts.
///
/// # Panics
/// The test panics where `Builder::build` gives an error.
#[proc_macro_attribute]
pub fn test(options: TokenStream, item: TokenStream) -> TokenStream {
    expand(Role::Test, "runtime", options, item)
}

/// [`macro@main`] for code that knows this runtime under the name `tokio`.
#[proc_macro_attribute]
pub fn tokio_main(options: TokenStream, item: TokenStream) -> TokenStream {
    expand(Role::Main, "tokio", options, item)
}

/// [`macro@test`] for code that knows this runtime under the name `tokio`.
#[proc_macro_attribute]
pub fn tokio_test(options: TokenStream, item: TokenStream) -> TokenStream {
    expand(Role::Test, "tokio", options, item)
}

/// What the `select!` of the facade expands to: `$crate, branches`.
#[doc(hidden)]
#[proc_macro]
pub fn select_branches(input: TokenStream) -> TokenStream {
    expansion::expand(input.into()).into()
}

fn expand(
    role: Role,
    crate_name: &'static str,
    options: TokenStream,
    item: TokenStream,
) -> TokenStream {
    let attribute = Attribute { role, crate_name };
    entry::expand(attribute, options.into(), item.into()).into()
}
