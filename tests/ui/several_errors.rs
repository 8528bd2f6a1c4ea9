#[runtime::main(flavour = "multi_thread", start_paused = "yes", worker_threads = "2")]
async fn main() {}
