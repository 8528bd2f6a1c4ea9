//! How threads sleep: each on its own parker, or one of them in the driver.

pub mod driver;
pub mod parker;

pub use parker::block_on_parked;
