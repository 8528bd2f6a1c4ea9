#![deny(unused_must_use)]

async fn greet() {}

#[runtime::main]
async fn main() {
    greet();
    runtime::time::sleep(std::time::Duration::from_millis(1));
}
