#[runtime::main]
async fn main() -> Result<(), std::num::ParseIntError> {
    let number: u8 = "5".parse()?;
    Ok(number)
}
