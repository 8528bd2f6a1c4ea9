//! What reads from byte streams, against the standard library's on the same bytes: the lengths of
//! the pieces, and the polls in between that find nothing yet, make no difference.
//!
//! Fault 98.
#![no_main]

use std::io::{self as std_io, BufRead, Read};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use runtime::io::{self, AsyncBufReadExt, AsyncReadExt};
use runtime_fuzz::{Sink, Source, run};

#[derive(Arbitrary, Debug)]
enum Op {
    Read(u8),
    ReadExact(u8),
    ReadBuf(u8),
    Number(Number),
    Fill(u8),
    Line,
    Until(u8),
    Take(u8, u8),
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Number {
    U8,
    U16,
    U32Le,
    I64,
    U128,
    F64,
}

#[derive(Arbitrary, Debug)]
enum Rest {
    ToEnd,
    ToString,
    Lines,
    Split(u8),
    Copy,
    CopyBuffered,
    Chain(Vec<u8>),
}

#[derive(Arbitrary, Debug)]
struct Input {
    bytes: Vec<u8>,
    pieces: Vec<u8>,
    buffer: u8,
    ops: Vec<Op>,
    rest: Rest,
}

type Ours = io::BufReader<Source>;
type Theirs<'a> = std_io::BufReader<&'a [u8]>;

/// Equal, or both an error of one kind; false if so, since what was read until then is unknown.
fn agree<T: PartialEq + std::fmt::Debug>(
    ours: std_io::Result<T>,
    theirs: std_io::Result<T>,
) -> bool {
    let goes_on = ours.is_ok();
    let kind = |error: std_io::Error| error.kind();
    assert_eq!(ours.map_err(kind), theirs.map_err(kind));
    goes_on
}

async fn both(op: &Op, ours: &mut Ours, theirs: &mut Theirs<'_>) -> bool {
    match *op {
        // How much one read gives is the stream's affair: what it gives must be what comes next.
        Op::Read(limit) => {
            let mut one = vec![0; usize::from(limit)];
            let count = ours.read(&mut one).await.expect("the source has no error");
            same_next(&one[..count], usize::from(limit), theirs)
        }
        Op::ReadBuf(limit) => {
            let mut one = Vec::with_capacity(usize::from(limit));
            // Without room it makes some.
            let room = if limit == 0 { 64 } else { one.capacity() };
            let count = ours
                .read_buf(&mut one)
                .await
                .expect("the source has no error");
            assert_eq!(count, one.len());
            same_next(&one, room, theirs)
        }
        Op::Fill(limit) => {
            let found = ours.fill_buf().await.expect("the source has no error");
            let used = found.len().min(usize::from(limit));
            let (one, was_empty) = (found[..used].to_vec(), found.is_empty());
            ours.consume(used);
            let goes_on = same_next(&one, usize::from(limit), theirs);
            assert!(!was_empty || theirs.fill_buf().is_ok_and(<[u8]>::is_empty));
            goes_on
        }
        Op::ReadExact(count) => {
            let (mut one, mut other) = (vec![0; usize::from(count)], vec![0; usize::from(count)]);
            let outcome = ours.read_exact(&mut one).await.map(|_| ());
            agree(outcome, theirs.read_exact(&mut other)) && one == other
        }
        Op::Number(of) => number(of, ours, theirs).await,
        Op::Line => {
            let (mut one, mut other) = ("kept".to_owned(), "kept".to_owned());
            let outcome = ours.read_line(&mut one).await;
            let goes_on = agree(outcome, theirs.read_line(&mut other));
            assert_eq!(one, other);
            goes_on
        }
        Op::Until(byte) => {
            let (mut one, mut other) = (vec![byte], vec![byte]);
            let outcome = ours.read_until(byte, &mut one).await;
            agree(outcome, theirs.read_until(byte, &mut other)) && one == other
        }
        Op::Take(limit, more) => {
            let (mut one, mut other) = (Vec::new(), Vec::new());
            let mut taken = ours.take(limit.into());
            taken
                .read_to_end(&mut one)
                .await
                .expect("the source has no error");
            taken.set_limit(more.into());
            taken
                .read_to_end(&mut one)
                .await
                .expect("the source has no error");
            let all = u64::from(limit) + u64::from(more);
            theirs
                .take(all)
                .read_to_end(&mut other)
                .expect("a slice has no error");
            assert_eq!(one, other);
            true
        }
    }
}

async fn number(of: Number, ours: &mut Ours, theirs: &mut Theirs<'_>) -> bool {
    match of {
        Number::U8 => agree(ours.read_u8().await, exactly(theirs).map(u8::from_be_bytes)),
        Number::U16 => agree(
            ours.read_u16().await,
            exactly(theirs).map(u16::from_be_bytes),
        ),
        Number::U32Le => agree(
            ours.read_u32_le().await,
            exactly(theirs).map(u32::from_le_bytes),
        ),
        Number::I64 => agree(
            ours.read_i64().await,
            exactly(theirs).map(i64::from_be_bytes),
        ),
        Number::U128 => agree(
            ours.read_u128().await,
            exactly(theirs).map(u128::from_be_bytes),
        ),
        Number::F64 => {
            let bits = ours.read_f64().await.map(f64::to_bits);
            agree(bits, exactly(theirs).map(u64::from_be_bytes))
        }
    }
}

fn same_next(one: &[u8], limit: usize, theirs: &mut Theirs<'_>) -> bool {
    assert!(one.len() <= limit);
    let at_end = theirs.fill_buf().is_ok_and(<[u8]>::is_empty);
    assert!(
        !one.is_empty() || limit == 0 || at_end,
        "nothing means the end"
    );
    let mut other = vec![0; one.len()];
    theirs.read_exact(&mut other).expect("it is there");
    assert_eq!(one, other);
    true
}

fn exactly<const N: usize>(from: &mut Theirs<'_>) -> std_io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes).map(|()| bytes)
}

async fn rest(rest: &Rest, mut ours: Ours, mut theirs: Theirs<'_>, pieces: &[u8]) {
    let (mut one, mut other) = (Vec::new(), Vec::new());
    match rest {
        Rest::ToEnd => {
            agree(
                ours.read_to_end(&mut one).await,
                theirs.read_to_end(&mut other),
            );
        }
        Rest::ToString => {
            let (mut one, mut other) = ("kept".to_owned(), "kept".to_owned());
            agree(
                ours.read_to_string(&mut one).await,
                theirs.read_to_string(&mut other),
            );
            assert_eq!(one, other);
        }
        Rest::Lines => {
            let (mut ours, mut theirs) = (ours.lines(), theirs.lines());
            loop {
                let (next, other) = (ours.next_line().await, theirs.next().transpose());
                let is_last = matches!(other, Ok(None));
                if !agree(next, other) || is_last {
                    return;
                }
            }
        }
        Rest::Split(byte) => {
            let (mut ours, mut theirs) = (ours.split(*byte), theirs.split(*byte));
            loop {
                let (next, other) = (ours.next_segment().await, theirs.next().transpose());
                let is_last = matches!(other, Ok(None));
                if !agree(next, other) || is_last {
                    return;
                }
            }
        }
        Rest::Copy | Rest::CopyBuffered => {
            let mut sink = Sink::new(pieces, false);
            let copied = match rest {
                Rest::Copy => io::copy(&mut ours, &mut sink).await,
                _ => io::copy_buf(&mut ours, &mut sink).await,
            };
            agree(copied, std_io::copy(&mut theirs, &mut other));
            assert_eq!(sink.flushed, sink.bytes.len());
            one = sink.bytes;
        }
        Rest::Chain(second) => {
            let mut ours = ours.chain(&second[..]);
            let count = ours.read_to_end(&mut one).await;
            agree(count, theirs.chain(&second[..]).read_to_end(&mut other));
        }
    }
    assert_eq!(one, other);
}

fuzz_target!(|input: Input| {
    let source = Source::new(&input.bytes, &input.pieces);
    let mut ours = io::BufReader::with_capacity(usize::from(input.buffer).max(1), source);
    let mut theirs = std_io::BufReader::new(&input.bytes[..]);
    run(async {
        for op in &input.ops {
            if !both(op, &mut ours, &mut theirs).await {
                return;
            }
        }
        rest(&input.rest, ours, theirs, &input.pieces).await;
    });
});
