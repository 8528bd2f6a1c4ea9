#[runtime::main]
async fn main() {
    let future = std::future::ready(5);
    let other = std::future::ready(6);
    runtime::select! {
        first = future,
        second = other => (),
    }
}
