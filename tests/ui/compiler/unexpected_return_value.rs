#[runtime::main]
async fn main() {
    5
}
