//! An error once more: `io::Error` is no `Clone`, and several are told of one failure.

use std::io;

/// The same error; of one that is not the operating system's, its kind and text.
pub(crate) fn again(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn an_error_keeps_its_number_or_else_its_kind_and_text() {
        let number = io::Error::from_raw_os_error(2);
        assert_eq!(again(&number).raw_os_error(), Some(2));
        let text = io::Error::new(io::ErrorKind::TimedOut, "too late");
        let once_more = again(&text);
        assert_eq!(once_more.kind(), io::ErrorKind::TimedOut);
        assert_eq!(once_more.to_string(), "too late");
    }
}
