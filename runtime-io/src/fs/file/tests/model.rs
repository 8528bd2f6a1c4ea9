//! Random operations on a file and on the standard library's, with reads, writes and seeks given up
//! after one poll.

use std::io::{Read, Seek, SeekFrom, Write};

use futures::poll;
use proptest::prelude::*;
use std::task::Poll;

use super::{File, Scratch, opened, runtime};
use crate::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

#[derive(Clone, Debug)]
enum Step {
    Read(usize),
    ReadOnce(usize),
    Write(Vec<u8>),
    WriteOnce(Vec<u8>),
    Seek(SeekFrom),
    SeekOnce(SeekFrom),
    SetLen(u64),
    ReadAt(usize, u64),
    WriteAt(Vec<u8>, u64),
    Flush,
    Sync,
    Clone,
    BufSize(usize),
}

pub(super) fn place() -> impl Strategy<Value = SeekFrom> {
    prop_oneof![
        (0..64_u64).prop_map(SeekFrom::Start),
        (-40..40_i64).prop_map(SeekFrom::Current),
        (-40..20_i64).prop_map(SeekFrom::End),
        Just(SeekFrom::Current(i64::MIN)),
    ]
}

pub(super) fn bytes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..24)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..24_usize).prop_map(Step::Read),
        3 => (0..24_usize).prop_map(Step::ReadOnce),
        3 => bytes().prop_map(Step::Write),
        2 => bytes().prop_map(Step::WriteOnce),
        2 => place().prop_map(Step::Seek),
        2 => place().prop_map(Step::SeekOnce),
        1 => (0..64_u64).prop_map(Step::SetLen),
        1 => (0..24_usize, 0..64_u64).prop_map(|(count, at)| Step::ReadAt(count, at)),
        1 => (bytes(), 0..64_u64).prop_map(|(bytes, at)| Step::WriteAt(bytes, at)),
        1 => Just(Step::Flush),
        1 => Just(Step::Sync),
        1 => Just(Step::Clone),
        1 => (1..24_usize).prop_map(Step::BufSize),
    ]
}

/// A file of ours and one of the standard library's that must stay alike.
struct Pair {
    ours: File,
    scratch: Scratch,
    model: std::fs::File,
    model_scratch: Scratch,
}

impl Pair {
    fn new(cached: bool) -> Pair {
        let (scratch, model_scratch) = (Scratch::new(), Scratch::new());
        Pair {
            ours: opened(&scratch, cached),
            model: model_scratch.open(),
            scratch,
            model_scratch,
        }
    }

    /// Our read gave these bytes of `asked`: the model's next ones, and none only at its end.
    fn read(&mut self, asked: usize, got: &[u8]) {
        let mut expected = vec![0; got.len()];
        self.model.read_exact(&mut expected).expect("as many");
        assert_eq!(got, expected);
        if got.is_empty() && asked > 0 {
            assert_eq!(self.model.read(&mut [0]).expect("the end"), 0);
        }
    }

    /// As a move must go in both; the outcomes are alike.
    fn moved(&mut self, to: SeekFrom, ours: std::io::Result<u64>) {
        match (ours, self.model.seek(to)) {
            (Ok(ours), Ok(model)) => assert_eq!(ours, model),
            (ours, model) => assert_eq!(ours.is_err(), model.is_err(), "{ours:?} {model:?}"),
        }
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Read(count) => {
                let mut buf = vec![0; count];
                let got = self.ours.read(&mut buf).await.expect("read");
                self.read(count, &buf[..got]);
            }
            Step::ReadOnce(count) => {
                let mut buf = vec![0; count];
                let once = poll!(std::pin::pin!(self.ours.read(&mut buf)));
                if let Poll::Ready(got) = once {
                    self.read(count, &buf[..got.expect("read")]);
                }
            }
            Step::Write(bytes) => {
                self.ours.write_all(&bytes).await.expect("written");
                self.model.write_all(&bytes).expect("written");
            }
            Step::WriteOnce(bytes) => {
                let once = poll!(std::pin::pin!(self.ours.write(&bytes)));
                if let Poll::Ready(accepted) = once {
                    let accepted = &bytes[..accepted.expect("accepted")];
                    self.model.write_all(accepted).expect("written");
                }
            }
            Step::Seek(to) => {
                let ours = self.ours.seek(to).await;
                self.moved(to, ours);
            }
            Step::SeekOnce(to) => {
                // Idle, so that the first poll begins it.
                self.ours.flush().await.expect("flushed");
                match poll!(std::pin::pin!(self.ours.seek(to))) {
                    Poll::Ready(ours) => self.moved(to, ours),
                    Poll::Pending if self.model.seek(to).is_ok() => {}
                    // The next seek would be told of it.
                    Poll::Pending => self.ours.flush().await.expect("flushed"),
                }
            }
            Step::SetLen(size) => {
                self.ours.set_len(size).await.expect("resized");
                self.model.set_len(size).expect("resized");
            }
            step => self.step_aside(step).await,
        }
    }

    /// What does not move the position.
    async fn step_aside(&mut self, step: Step) {
        match step {
            Step::ReadAt(count, at) => {
                self.ours.flush().await.expect("flushed");
                let (mut ours, mut model) = (vec![0; count], vec![0; count]);
                let got = self.ours.read_at(&mut ours, at).await.expect("read");
                let place = &mut model[..got];
                std::os::unix::fs::FileExt::read_exact_at(&self.model, place, at).expect("read");
                assert_eq!(ours, model);
            }
            Step::WriteAt(bytes, at) => {
                self.ours.flush().await.expect("flushed");
                let count = self.ours.write_at(&bytes, at).await.expect("written");
                let bytes = &bytes[..count];
                std::os::unix::fs::FileExt::write_all_at(&self.model, bytes, at).expect("written");
            }
            Step::Flush => {
                self.ours.flush().await.expect("flushed");
                assert_eq!(self.scratch.contents(), self.model_scratch.contents());
            }
            Step::Sync => self.ours.sync_data().await.expect("synchronised"),
            Step::Clone => self.ours = self.ours.try_clone().await.expect("cloned"),
            Step::BufSize(size) => self.ours.set_max_buf_size(size),
            _ => unreachable!("it moves the position"),
        }
    }
}

proptest! {
    #[test]
    fn fault_065_a_file_does_what_the_standard_librarys_does(
        steps in proptest::collection::vec(step(), 1..40),
        cached in any::<bool>(),
    ) {
        runtime().block_on(async {
            let mut pair = Pair::new(cached);
            for step in steps {
                pair.step(step).await;
            }
            pair.ours.flush().await.expect("flushed");
            assert_eq!(pair.scratch.contents(), pair.model_scratch.contents());
            let position = pair.ours.stream_position().await.expect("a position");
            assert_eq!(position, pair.model.stream_position().expect("a position"));
        });
    }
}
