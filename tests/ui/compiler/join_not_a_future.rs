#[runtime::main]
async fn main() {
    runtime::join!(async { 6 }, 5);
}
