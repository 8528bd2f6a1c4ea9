#[runtime::main]
async fn main() {
    runtime::select! {}
}
