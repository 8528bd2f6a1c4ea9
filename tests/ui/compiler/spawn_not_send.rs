use std::rc::Rc;

#[runtime::main]
async fn main() {
    let shared = Rc::new(5);
    runtime::spawn(async move {
        runtime::task::yield_now().await;
        drop(shared);
    });
}
