#[runtime::main(flavor = "local")]
async fn main() {}
