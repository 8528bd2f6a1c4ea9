//! What the expansions and the messages say. What the expansions do stands in the facade's
//! `tests/macros.rs`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::entry::expand;
use crate::options::{Attribute, Role};

const MAIN: Attribute = Attribute {
    role: Role::Main,
    crate_name: "runtime",
};
const TEST: Attribute = Attribute {
    role: Role::Test,
    crate_name: "runtime",
};

fn text(attribute: Attribute, options: TokenStream, item: TokenStream) -> String {
    expand(attribute, options, item)
        .to_string()
        .replace(' ', "")
}

fn main_with(options: TokenStream) -> String {
    text(
        MAIN,
        options,
        quote!(
            async fn main() {}
        ),
    )
}

#[track_caller]
fn assert_error(expansion: &str, message: &str) {
    let message = message.replace(' ', "").replace('"', "\\\"");
    assert_eq!(expansion.matches("compile_error").count(), 1, "{expansion}");
    assert!(
        expansion.contains(&message),
        "{message} is not in {expansion}"
    );
}

#[test]
fn main_is_multi_thread_and_a_test_is_current_thread() {
    assert!(main_with(quote!()).contains("::runtime::runtime::Builder::new_multi_thread()"));
    let test = text(
        TEST,
        quote!(),
        quote!(
            async fn t() {}
        ),
    );
    assert!(
        test.contains("::runtime::runtime::Builder::new_current_thread()"),
        "{test}"
    );
    assert!(test.contains("#[::core::prelude::v1::test]fnt()"), "{test}");
}

#[test]
fn each_option_reaches_the_builder() {
    let expansion = main_with(quote!(
        flavor = "multi_thread",
        worker_threads = 3,
        start_paused = true,
        name = "web",
    ));
    let calls = ".enable_all().worker_threads(3usize).start_paused(true).name(\"web\").build()";
    assert!(expansion.contains(calls), "{expansion}");
    assert!(main_with(quote!(flavor = "current_thread")).contains("new_current_thread()"));
}

#[test]
fn an_option_that_is_not_given_is_left_to_the_builder() {
    assert!(main_with(quote!()).contains("new_multi_thread().enable_all().build()"));
}

#[test]
fn the_crate_is_a_path_or_a_string() {
    for options in [quote!(crate = "my::rt"), quote!(crate = my::rt)] {
        assert!(main_with(options).contains("my::rt::runtime::Builder"));
    }
    assert!(main_with(quote!(crate = ::rt)).contains("::rt::runtime::Builder"));
    assert!(main_with(quote!(crate = "crate")).contains("crate::runtime::Builder"));
}

#[test]
fn the_other_pair_names_the_other_crate() {
    let attribute = Attribute {
        role: Role::Main,
        crate_name: "tokio",
    };
    let expansion = text(
        attribute,
        quote!(),
        quote!(
            async fn main() {}
        ),
    );
    assert!(
        expansion.contains("tokio::runtime::Builder::new_multi_thread()"),
        "{expansion}"
    );
    assert!(!expansion.contains("::tokio"), "{expansion}");
    let error = text(
        attribute,
        quote!(),
        quote!(
            fn main() {}
        ),
    );
    assert_error(&error, "#[tokio::main] goes on an `async fn`");
}

#[test]
fn a_wrong_option_is_one_error_and_the_function_still_expands() {
    let cases = [
        (
            quote!(threads = 2),
            "unknown option `threads`; the options are `flavor`",
        ),
        (
            quote!(core_threads = 2),
            "(this one is called `worker_threads`)",
        ),
        (quote!(flavor = "fast"), "unknown flavour \"fast\""),
        (
            quote!(flavor = "local", worker_threads = 2),
            "`worker_threads` goes with",
        ),
        (quote!(flavor = 3), "`flavor` is a string"),
        (quote!(flavor), "needs a value"),
        (quote!(multi_thread), "write `flavor = \"multi_thread\"`"),
        (quote!(worker_threads = 0), "must be at least 1"),
        (quote!(worker_threads = "2"), "is an integer literal"),
        (quote!(worker_threads = COUNT), "is an integer literal"),
        (
            quote!(flavor = "current_thread", worker_threads = 2),
            "`worker_threads` goes with",
        ),
        (
            quote!(flavor = "fast", worker_threads = 2),
            "unknown flavour",
        ),
        (quote!(start_paused = 1), "is `true` or `false`"),
        (
            quote!(start_paused = true, start_paused = true),
            "is given twice",
        ),
        (quote!(name = " "), "must not be empty"),
        (quote!(crate = "a-b"), "`crate` is a path"),
        (quote!(crate = 5), "`crate` is a path"),
    ];
    for (options, message) in cases {
        let expansion = main_with(options);
        assert_error(&expansion, message);
        assert!(expansion.contains("block_on(body)"), "{expansion}");
    }
}

#[test]
fn each_wrong_option_is_reported() {
    let expansion = main_with(quote!(threads = 2, flavor = "fast", start_paused = 1));
    assert_eq!(expansion.matches("compile_error").count(), 3, "{expansion}");
}

#[test]
fn a_function_without_async_is_one_error_and_still_expands() {
    let expansion = text(
        MAIN,
        quote!(),
        quote!(
            fn main() {
                f().await
            }
        ),
    );
    assert_error(&expansion, "`async` is missing here");
    assert!(expansion.contains("asyncmove"), "{expansion}");
}

#[test]
fn only_a_main_named_main_refuses_arguments() {
    assert_error(
        &text(
            MAIN,
            quote!(),
            quote!(
                async fn main(x: u8) {
                    x;
                }
            ),
        ),
        "takes no arguments",
    );
    let other = text(
        MAIN,
        quote!(),
        quote!(
            pub async fn run<T>(x: T) -> T {
                x
            }
        ),
    );
    assert!(!other.contains("compile_error"), "{other}");
    assert!(other.starts_with("pubfnrun<T>(x:T)->T{"), "{other}");
}

#[test]
fn another_attribute_may_give_a_test_its_arguments() {
    let expansion = text(
        TEST,
        quote!(),
        quote!(
            #[other(1)]
            async fn t<'a, T: From<u8>>(#[case] x: &'a T) {
                x;
            }
        ),
    );
    assert!(!expansion.contains("compile_error"), "{expansion}");
    let head = "#[other(1)]#[::core::prelude::v1::test]fnt<'a,T:From<u8>>(#[case]x:&'aT){";
    assert!(expansion.starts_with(head), "{expansion}");
}

#[test]
fn a_second_test_attribute_is_an_error() {
    for second in [
        quote!(#[test]),
        quote!(#[core::prelude::v1::test]),
        quote!(#[::std::prelude::rust_2021::test]),
        quote!(#[runtime::test]),
    ] {
        assert_error(
            &text(TEST, quote!(), quote!(#second async fn t() {})),
            "a test twice",
        );
    }
    let other = text(
        TEST,
        quote!(),
        quote!(
            #[other::test]
            async fn t() {}
        ),
    );
    assert!(!other.contains("compile_error"), "{other}");
}

#[test]
fn attributes_stay_where_they_were() {
    let item = quote!(
        #[should_panic]
        async fn t() {
            #![allow(unused)]
            let x = 1;
        }
    );
    let expansion = text(TEST, quote!(), item);
    assert!(
        expansion.starts_with("#[should_panic]#[::core"),
        "{expansion}"
    );
    assert!(
        expansion.contains("fnt(){#![allow(unused)]letbody="),
        "{expansion}"
    );
}

#[test]
fn the_body_is_not_parsed() {
    let expansion = text(
        MAIN,
        quote!(),
        quote!(async fn main() { newer than => our : parser }),
    );
    assert!(!expansion.contains("compile_error"), "{expansion}");
}

#[test]
fn what_is_no_function_is_an_error_and_stays() {
    let expansion = text(
        MAIN,
        quote!(),
        quote!(
            struct Main;
        ),
    );
    assert_error(&expansion, "goes on an `async fn` with a body");
    assert!(expansion.ends_with("structMain;"), "{expansion}");
}
