#[runtime::main]
async fn main() {
    let text = String::from("borrowed");
    runtime::spawn(async { println!("{text}") });
}
