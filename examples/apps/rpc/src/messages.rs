//! What is sent to and fro.

#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct Number {
    #[prost(uint64, tag = "1")]
    pub(crate) value: u64,
}

impl From<u64> for Number {
    fn from(value: u64) -> Number {
        Number { value }
    }
}
