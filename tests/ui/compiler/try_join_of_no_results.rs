#[runtime::main]
async fn main() {
    let _ = runtime::try_join!(async { Ok::<u8, ()>(6) }, async { 5 });
}
