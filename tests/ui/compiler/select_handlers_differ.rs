#[runtime::main]
async fn main() {
    let _number: u8 = runtime::select! {
        number = async { 5 } => number,
        _ = async { 6 } => "six",
    };
}
