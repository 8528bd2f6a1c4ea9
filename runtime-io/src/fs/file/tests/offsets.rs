//! Reads and writes that leave the position alone.

use super::{Scratch, abandon_read, opened, runtime};
use crate::io::AsyncReadExt;

#[test]
fn reads_and_writes_at_an_offset_leave_the_position() {
    let scratch = Scratch::holding(b"abcdefgh");
    runtime().block_on(async {
        for cached in [true, false] {
            let mut file = opened(&scratch, cached);
            let mut buf = [0; 3];
            assert_eq!(file.read_at(&mut buf, 5).await.unwrap(), 3);
            assert_eq!(&buf, b"fgh");
            assert_eq!(file.read_at(&mut buf, 8).await.unwrap(), 0);
            file.read_at(&mut buf, u64::MAX).await.unwrap_err();
            assert_eq!(file.write_at(b"FG", 5).await.unwrap(), 2);
            assert_eq!(file.read_u8().await.unwrap(), b'a');
            assert_eq!(scratch.contents(), b"abcdeFGh");
            file.write_at(b"fg", 5).await.unwrap();
        }
    });
}

#[test]
fn fault_065_a_write_at_an_offset_changes_what_a_cancelled_read_had_fetched() {
    let scratch = Scratch::holding(b"abcdefgh");
    runtime().block_on(async {
        let mut file = opened(&scratch, false);
        abandon_read(&mut file, 4);
        file.write_at(b"XY", 1).await.unwrap();
        let mut buf = [0; 8];
        file.read_exact(&mut buf).await.unwrap();
        assert_eq!(&buf, b"aXYdefgh");
    });
}
