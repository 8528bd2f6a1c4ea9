fn main() {
    runtime::time::sleep(std::time::Duration::ZERO).await;
}
