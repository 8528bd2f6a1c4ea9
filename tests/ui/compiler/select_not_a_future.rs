#[runtime::main]
async fn main() {
    runtime::select! {
        _number = 5 => (),
        _other = async { 6 } => (),
    }
}
