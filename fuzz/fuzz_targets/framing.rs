//! Frames that go there and come back: written through a pipe of arbitrary room, split and joined,
//! read in arbitrary pieces. What arrives is what was sent, and garbage is an error or frames, never
//! a panic and no frame beyond the limit.
//!
//! Fault 98.
#![no_main]

use arbitrary::Arbitrary;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use libfuzzer_sys::fuzz_target;
use runtime::io::{self, AsyncRead, AsyncWriteExt};
use runtime_fuzz::{Sink, Slow, Source, run};
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec, LinesCodec};

const LONGEST: usize = 64;

#[derive(Arbitrary, Debug)]
struct Input {
    frames: Vec<Vec<u8>>,
    lines: Vec<String>,
    pieces: Vec<u8>,
    room: u8,
    garbage: Vec<u8>,
}

fn codec() -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder()
        .length_field_type::<u16>()
        .max_frame_length(LONGEST)
        .new_codec()
}

async fn all(from: impl AsyncRead + Unpin) -> Result<Vec<Vec<u8>>, std::io::Error> {
    let mut frames = FramedRead::new(from, codec());
    let mut all = Vec::new();
    while let Some(frame) = frames.next().await {
        all.push(frame?.to_vec());
    }
    Ok(all)
}

async fn round_trip(frames: &[Vec<u8>], pieces: &[u8], room: usize) {
    // Through a writer that takes pieces, then a reader that gives others.
    let mut writer = FramedWrite::new(Sink::new(pieces, true), codec());
    for frame in frames {
        writer
            .send(Bytes::copy_from_slice(frame))
            .await
            .expect("the sink has no error");
    }
    let written = writer.into_inner().bytes;
    let read = all(Source::new(&written, pieces)).await;
    assert_eq!(read.expect("the frames are whole"), frames);
    // Through a pipe whose halves are used at once.
    let (near, far) = io::duplex(room);
    let (_, near_writes) = io::split(near);
    let (far_reads, _) = io::split(far);
    let reader = io::BufReader::new(Slow::new(far_reads, pieces));
    let send = async {
        let mut writer = FramedWrite::new(io::BufWriter::new(near_writes), codec());
        for frame in frames {
            writer
                .feed(Bytes::copy_from_slice(frame))
                .await
                .expect("the pipe has no error");
        }
        SinkExt::<Bytes>::close(&mut writer)
            .await
            .expect("the pipe has no error");
        writer
            .get_mut()
            .shutdown()
            .await
            .expect("it may be shut down twice");
    };
    let (read, ()) = runtime::join!(all(reader), send);
    assert_eq!(read.expect("the frames are whole"), frames);
}

async fn lines(lines: &[String], pieces: &[u8]) {
    let sent: Vec<String> = lines
        .iter()
        .map(|line| line.replace(['\n', '\r'], ""))
        .collect();
    let mut writer = FramedWrite::new(Sink::new(pieces, false), LinesCodec::new());
    for line in &sent {
        writer.send(line).await.expect("the sink has no error");
    }
    let written = writer.into_inner().bytes;
    let mut reader = FramedRead::new(Source::new(&written, pieces), LinesCodec::new());
    for line in &sent {
        let read = reader.next().await.expect("a line for a line");
        assert_eq!(&read.expect("it is text"), line);
    }
    assert!(reader.next().await.is_none());
}

fuzz_target!(|input: Input| {
    let mut frames = input.frames;
    frames.iter_mut().for_each(|frame| frame.truncate(LONGEST));
    run(async {
        round_trip(&frames, &input.pieces, usize::from(input.room).max(1)).await;
        lines(&input.lines, &input.pieces).await;
        if let Ok(found) = all(Source::new(&input.garbage, &input.pieces)).await {
            assert!(found.iter().all(|frame| frame.len() <= LONGEST));
        }
    });
});
