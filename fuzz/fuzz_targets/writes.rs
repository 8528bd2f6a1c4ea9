//! What writes into byte streams: after a flush the other end has exactly the bytes that were
//! written, in their order, whatever pieces it takes; and a pair of pipes against a queue of bytes.
//!
//! Fault 98.
#![no_main]

use std::collections::VecDeque;
use std::io::IoSlice;
use std::pin::pin;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use runtime::io::{self, AsyncReadExt, AsyncWriteExt, BufWriter};
use runtime_fuzz::{Sink, Waiter, run};

#[derive(Arbitrary, Debug)]
enum Op {
    Write(Vec<u8>),
    All(Vec<u8>),
    Vectored(Vec<Vec<u8>>),
    AllBuf(Vec<u8>),
    U16(u16),
    U32Le(u32),
    I128(i128),
    F32(f32),
    Flush,
}

#[derive(Arbitrary, Debug)]
enum PipeOp {
    Write(Vec<u8>),
    Read(u8),
    EndWrites,
}

#[derive(Arbitrary, Debug)]
struct Input {
    buffer: u8,
    vectored: bool,
    pieces: Vec<u8>,
    ops: Vec<Op>,
    room: u8,
    pipe: Vec<PipeOp>,
}

async fn write(op: &Op, into: &mut BufWriter<Sink>, all: &mut Vec<u8>) {
    let done = match op {
        Op::Write(bytes) => into.write(bytes).await.map(|count| {
            assert!(count > 0 || bytes.is_empty());
            all.extend_from_slice(&bytes[..count]);
        }),
        Op::Vectored(parts) => {
            let slices: Vec<_> = parts.iter().map(|part| IoSlice::new(part)).collect();
            into.write_vectored(&slices).await.map(|count| {
                let bytes = parts.iter().flatten().copied();
                assert!(count > 0 || bytes.clone().count() == 0);
                all.extend(bytes.take(count));
            })
        }
        Op::All(bytes) => {
            all.extend_from_slice(bytes);
            into.write_all(bytes).await
        }
        Op::AllBuf(bytes) => {
            all.extend_from_slice(bytes);
            let mut left = &bytes[..];
            let done = into.write_all_buf(&mut left).await;
            assert!(left.is_empty());
            done
        }
        Op::U16(number) => {
            all.extend(number.to_be_bytes());
            into.write_u16(*number).await
        }
        Op::U32Le(number) => {
            all.extend(number.to_le_bytes());
            into.write_u32_le(*number).await
        }
        Op::I128(number) => {
            all.extend(number.to_be_bytes());
            into.write_i128(*number).await
        }
        Op::F32(number) => {
            all.extend(number.to_be_bytes());
            into.write_f32(*number).await
        }
        Op::Flush => into.flush().await.inspect(|()| {
            assert_eq!(into.get_ref().flushed, all.len());
        }),
    };
    done.expect("the sink has no error");
    let (taken, held) = (&into.get_ref().bytes, into.buffer());
    assert_eq!(taken.len() + held.len(), all.len());
    assert!(all.starts_with(taken) && all.ends_with(held));
}

/// One direction of a duplex pipe, polled by hand.
fn pipe(room: usize, ops: &[PipeOp]) {
    let (mut near, mut far) = io::duplex(room);
    let mut inside: VecDeque<u8> = VecDeque::new();
    let mut ended = false;
    for op in ops {
        match op {
            PipeOp::Write(bytes) => {
                let polled = Waiter::new(near.write(bytes)).poll();
                let expected = bytes.len().min(room - inside.len());
                match polled {
                    std::task::Poll::Pending => assert!(expected == 0 && !bytes.is_empty()),
                    std::task::Poll::Ready(Ok(count)) => {
                        assert!(!ended && count <= expected && (count > 0 || bytes.is_empty()));
                        inside.extend(&bytes[..count]);
                    }
                    std::task::Poll::Ready(Err(_)) => assert!(ended),
                }
            }
            PipeOp::Read(limit) => {
                let mut bytes = vec![0; usize::from(*limit)];
                match Waiter::new(far.read(&mut bytes)).poll() {
                    std::task::Poll::Pending => assert!(inside.is_empty() && !ended),
                    std::task::Poll::Ready(count) => {
                        let count = count.expect("a pipe has no error");
                        assert!(count > 0 || *limit == 0 || inside.is_empty() && ended);
                        let expected: Vec<u8> = inside.drain(..count).collect();
                        assert_eq!(bytes[..count], expected);
                    }
                }
            }
            PipeOp::EndWrites => {
                run(near.shutdown()).expect("a pipe has no error");
                ended = true;
            }
        }
    }
}

fuzz_target!(|input: Input| {
    let sink = Sink::new(&input.pieces, input.vectored);
    let mut into = BufWriter::with_capacity(input.buffer.into(), sink);
    run(pin!(async {
        let mut all = Vec::new();
        for op in &input.ops {
            write(op, &mut into, &mut all).await;
        }
        into.shutdown().await.expect("the sink has no error");
        let sink = into.into_inner();
        assert_eq!(sink.bytes, all);
        assert!(sink.is_shut_down);
    }));
    pipe(usize::from(input.room).max(1), &input.pipe);
});
