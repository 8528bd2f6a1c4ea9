//! Writes files, or standard input, to standard output.
//!
//! What it shows: files and the standard streams in async code, `copy` between them, and errors that
//! are one line each and do not keep the other files back.
//!
//! ```text
//! cargo run --release --example cat [FILE]...
//! ```
//!
//! `-` is standard input, and so is no argument at all. It exits with 1 if anything failed.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::ExitCode;

use runtime::fs::File;
use runtime::io::{AsyncWriteExt, Stdout, copy, stdin, stdout};

#[runtime::main]
async fn main() -> ExitCode {
    let mut names: Vec<OsString> = env::args_os().skip(1).collect();
    if names.is_empty() {
        names.push("-".into());
    }
    let mut out = stdout();
    let mut code = ExitCode::SUCCESS;
    for name in &names {
        if let Err(error) = cat(name, &mut out).await {
            // A reader that has gone wants no more, and no complaint either.
            if error.kind() == io::ErrorKind::BrokenPipe {
                return ExitCode::FAILURE;
            }
            eprintln!("cat: {}: {error}", Path::new(name).display());
            code = ExitCode::FAILURE;
        }
    }
    code
}

async fn cat(name: &OsStr, out: &mut Stdout) -> io::Result<()> {
    if name == "-" {
        copy(&mut stdin(), out).await?;
    } else {
        copy(&mut File::open(name).await?, out).await?;
    }
    out.flush().await
}
