use std::sync::Mutex;

static TOTAL: Mutex<u32> = Mutex::new(0);

#[runtime::main]
async fn main() {
    runtime::spawn(async {
        let mut total = TOTAL.lock().unwrap();
        runtime::task::yield_now().await;
        *total += 1;
    });
}
