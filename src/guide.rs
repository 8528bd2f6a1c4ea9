//! The pages of `docs/guide/`, so that `cargo test --doc` compiles and runs each block of Rust.

macro_rules! pages {
    ($($name:ident = $file:literal;)*) => {
        $(
            #[doc = include_str!(concat!("../docs/guide/", $file))]
            mod $name {}
        )*
    };
}

pages! {
    blocking = "blocking.md";
    scheduler = "scheduler.md";
    server = "server.md";
    time = "time.md";
    sharing = "sharing.md";
    cancellation = "cancellation.md";
    blocking_work = "blocking-work.md";
    shutdown = "shutdown.md";
    not_running = "not-running.md";
    leaf_future = "leaf-future.md";
    observe = "observe.md";
    limits = "limits.md";
}
