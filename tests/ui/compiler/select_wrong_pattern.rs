#[runtime::main]
async fn main() {
    runtime::select! {
        Some(_number) = async { 5_u8 } => (),
    }
}
