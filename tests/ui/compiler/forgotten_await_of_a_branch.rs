#![deny(unused_must_use)]

async fn work() {}

#[runtime::main]
async fn main() {
    runtime::select! {
        _ = async {} => work(),
    };
}
