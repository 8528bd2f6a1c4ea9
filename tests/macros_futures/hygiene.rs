//! The names of whoever uses the macros change nothing, and neither does the name of the crate.

use crate::now;

/// As hostile as a module may be.
mod hostile {
    #![no_implicit_prelude]
    #![allow(dead_code, unused_macros, non_camel_case_types, non_upper_case_globals)]

    /// Everything that an expansion could mean.
    mod std {}
    mod core {}
    mod runtime {}
    struct Poll;
    struct Some;
    struct None;
    struct Ok;
    struct Err;
    struct Ready;
    struct Pending;
    struct Result;
    struct Option;
    struct Pin;
    struct Context;
    struct RefCell;
    struct u8;
    struct u32;
    trait Future {}
    trait IntoFuture {}
    const futures: bool = true;
    const output: bool = true;
    const disabled: bool = true;
    const cx: bool = true;
    const value: bool = true;
    const COUNT: bool = true;
    const B0: bool = true;
    type T0 = bool;
    macro_rules! panic {
        () => {};
    }
    macro_rules! unreachable {
        () => {};
    }
    macro_rules! thread_local {
        () => {};
    }

    ::runtime::task_local! {
        static LOCAL: bool;
        pub(super) static OTHER: ::std::primitive::u8
    }

    async fn some() -> ::std::option::Option<bool> {
        ::std::option::Option::Some(true)
    }

    pub(super) async fn all() -> bool {
        ::runtime::pin! {
            let pinned = async { true };
        }
        let (one, _two) = ::runtime::join!(async { true }, async {});
        let (three,) = ::runtime::join!(biased; async { true });
        let four = ::runtime::try_join!(async { ::std::result::Result::<_, ()>::Ok(true) });
        let local = LOCAL.sync_scope(true, || LOCAL.get());
        let selected = ::runtime::select! {
            true = pinned => true,
            _ = ::std::future::pending::<()>(), if one => false,
            ::std::option::Option::Some(found) = some() => found,
            else => false,
        };
        let in_order = ::runtime::select! {
            biased;
            found = async { true } => found,
        };
        one && three
            && local
            && selected
            && in_order
            && ::std::matches!(four, ::std::result::Result::Ok((true,)))
    }
}

#[test]
fn fault_088_no_name_of_the_users_is_taken_for_another() {
    assert!(now(hostile::all()));
    assert_eq!(hostile::OTHER.sync_scope(1, || hostile::OTHER.get()), 1);
}

/// The macros by another name of the crate, and through a module of another crate.
mod renamed {
    pub(crate) mod framework {
        pub(crate) use ::tokio::{join, pin, select, task_local, try_join};
    }

    framework::task_local! {
        static LOCAL: u8;
    }

    pub(super) async fn all() -> u8 {
        let future = async { 1 };
        framework::pin!(future);
        let (two,) = framework::join!(async { 2 });
        let three = framework::try_join!(async { Ok::<_, ()>(3) }).map_or(0, |(three,)| three);
        let four = framework::select! { one = future => one + 3 };
        LOCAL.scope(5, async { LOCAL.get() }).await + two + three + four
    }
}

#[test]
fn the_crate_may_have_another_name() {
    assert_eq!(now(renamed::all()), 14);
}

/// A macro of a crate in between reaches the macros by its own paths.
macro_rules! race {
    ($first:expr, $second:expr) => {
        $crate::hygiene::renamed::framework::select! {
            value = $first => value,
            value = $second => value,
        }
    };
}

#[test]
fn a_macro_may_expand_to_them() {
    let value = 5;
    assert_eq!(
        now(async { race!(async { value }, std::future::pending()) }),
        5
    );
}
