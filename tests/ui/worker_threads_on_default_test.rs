#[runtime::test(worker_threads = 2)]
async fn test() {}

fn main() {}
