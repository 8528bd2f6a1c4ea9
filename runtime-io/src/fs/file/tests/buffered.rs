//! Buffers over a file, which tells of a seek that fails only at its end, and takes one thing at a time.

use std::io::{Read, Seek, SeekFrom, Write};

use proptest::prelude::*;

use super::{Scratch, model, opened, runtime};
use crate::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, BufReader, BufStream, BufWriter};

/// Smaller than what most steps move.
const CAPACITY: usize = 8;

#[derive(Clone, Debug)]
enum Step {
    /// Reads or writes.
    Move(Vec<u8>),
    Seek(SeekFrom),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        model::bytes().prop_map(Step::Move),
        model::place().prop_map(Step::Seek),
    ];
    proptest::collection::vec(step, 1..40)
}

fn alike(ours: std::io::Result<u64>, model: std::io::Result<u64>) {
    match (ours, model) {
        (Ok(ours), Ok(model)) => assert_eq!(ours, model),
        (ours, model) => assert_eq!(ours.is_err(), model.is_err(), "{ours:?} {model:?}"),
    }
}

proptest! {
    #[test]
    fn fault_065_a_buffered_reader_of_a_file_loses_no_place(
        steps in steps(),
        cached in any::<bool>(),
    ) {
        runtime().block_on(async {
            let scratch = Scratch::holding(&(0..50).collect::<Vec<u8>>());
            let mut ours = BufReader::with_capacity(CAPACITY, opened(&scratch, cached));
            let mut model = scratch.open();
            for step in steps {
                match step {
                    Step::Move(bytes) => {
                        let (mut buf, mut expected) = (bytes.clone(), bytes);
                        let got = ours.read(&mut buf).await.expect("read");
                        model.read_exact(&mut expected[..got]).expect("as many");
                        assert_eq!(buf[..got], expected[..got]);
                        if got == 0 && !buf.is_empty() {
                            assert_eq!(model.read(&mut [0]).expect("the end"), 0);
                        }
                    }
                    Step::Seek(to) => alike(ours.seek(to).await, model.seek(to)),
                }
            }
        });
    }

    #[test]
    fn fault_065_a_buffered_writer_of_a_file_writes_where_it_was_sent(
        steps in steps(),
        cached in any::<bool>(),
    ) {
        runtime().block_on(async {
            let (scratch, expected) = (Scratch::new(), Scratch::new());
            let mut ours = BufWriter::with_capacity(CAPACITY, opened(&scratch, cached));
            let mut model = expected.open();
            for step in steps {
                match step {
                    Step::Move(bytes) => {
                        ours.write_all(&bytes).await.expect("written");
                        model.write_all(&bytes).expect("written");
                    }
                    Step::Seek(to) => alike(ours.seek(to).await, model.seek(to)),
                }
            }
            ours.flush().await.expect("flushed");
            assert_eq!(scratch.contents(), expected.contents());
        });
    }
}

#[test]
fn a_header_is_patched_behind_its_body() {
    let scratch = Scratch::new();
    runtime().block_on(async {
        let mut stream = BufStream::new(opened(&scratch, true));
        stream.write_all(b"??body").await.unwrap();
        assert_eq!(stream.seek(SeekFrom::Start(0)).await.unwrap(), 0);
        stream.write_all(b"ab").await.unwrap();
        stream.flush().await.unwrap();
        assert_eq!(stream.stream_position().await.unwrap(), 2);
        assert_eq!(stream.read_u8().await.unwrap(), b'b');
    });
    assert_eq!(scratch.contents(), b"abbody");
}

#[test]
fn a_seek_that_is_given_up_leaves_no_part_of_it_to_the_next() {
    let scratch = Scratch::holding(&(0..50).collect::<Vec<u8>>());
    runtime().block_on(async {
        let mut reader = BufReader::with_capacity(CAPACITY, opened(&scratch, true));
        assert_eq!(reader.read_u8().await.unwrap(), 0);
        // No single offset says this one beside what is in the buffer; its second half fails.
        reader.seek(SeekFrom::Current(i64::MIN)).await.unwrap_err();
        assert_eq!(reader.read_u8().await.unwrap(), 1);
        {
            let mut seek = std::pin::pin!(reader.seek(SeekFrom::Start(20)));
            // On a busy machine it may have ended by then: there is nothing to be given up.
            let _ = futures::poll!(seek.as_mut());
        }
        // Which place this is nobody promises, but it is one place.
        let at = reader.read_u8().await.unwrap();
        assert_eq!(reader.read_u8().await.unwrap(), at + 1);
        assert_eq!(reader.seek(SeekFrom::Start(7)).await.unwrap(), 7);
        assert_eq!(reader.read_u8().await.unwrap(), 7);
    });
}
