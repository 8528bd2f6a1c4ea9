//! What an epoll instance holds, as the kernel lists it for each of its descriptors (proc(5), under
//! `fdinfo`).

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, RawFd};

use mio::{Registry, Token};

/// The tokens under which that descriptor's number stands, of whatever was opened under it.
///
/// # Errors
/// Without a proc file system.
pub(in crate::driver) fn standing<S: AsRawFd>(
    registry: &Registry,
    io: &S,
) -> io::Result<Vec<Token>> {
    let list = fs::read_to_string(format!("/proc/self/fdinfo/{}", registry.as_raw_fd()))?;
    let fd = io.as_raw_fd();
    Ok(list
        .lines()
        .filter_map(entry)
        .filter(|(number, _)| *number == fd)
        .map(|(_, token)| token)
        .collect())
}

/// A line like `tfd:  8 events: 8000201d data:  40 pos:0 ino:61 sdev:7`.
fn entry(line: &str) -> Option<(RawFd, Token)> {
    let mut words = line.strip_prefix("tfd:")?.split_whitespace();
    let number = words.next()?.parse().ok()?;
    let data = words.skip_while(|word| *word != "data:").nth(1)?;
    let token = usize::from_str_radix(data, 16).ok()?;
    Some((number, Token(token)))
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::entry;
    use mio::Token;

    #[test]
    fn a_line_of_the_kernels_is_read() {
        let line = "tfd:        8 events: 8000201d data:               4f  pos:0 ino:3d sdev:7";
        assert_eq!(entry(line), Some((8, Token(0x4f))));
        assert_eq!(entry("flags:\t02000002"), None);
    }
}
