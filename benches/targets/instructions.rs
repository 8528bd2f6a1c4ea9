//! `cargo bench -p runtime-benches --bench instructions [-- --update | --misses]`: instructions an
//! operation, counted by callgrind and held against `instructions.toml`; or misses of the cache.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime_benches::start();
    let has = |flag: &str| std::env::args().any(|argument| argument == flag);
    // Cargo passes the flag to benches that it runs as benches, and not to those that it only
    // tests.
    if !has("--bench") {
        runtime_benches::instructions::smoke();
        return ExitCode::SUCCESS;
    }
    let outcome = match has("--misses") {
        true => runtime_benches::instructions::misses(),
        false => runtime_benches::instructions::check(has("--update")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
