//! Streams of events, stale and invented tokens among them, against a table of plain sets: what an
//! owner reads, who is woken, and that nobody is who did not wait.
//!
//! Faults 44, 45.
#![no_main]

use std::sync::Arc;
use std::task::Waker;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use runtime_fuzz::Wakes;
use runtime_io::fuzzing::{Listed, Seen, Sources};

const READS: u8 = fuzz_bits(&[0, 2, 4]);
const WRITES: u8 = fuzz_bits(&[1, 3]);
const CLOSED: u8 = fuzz_bits(&[2, 3]);
const ALL: u8 = 0x3f;

const fn fuzz_bits(places: &[u8]) -> u8 {
    let (mut bits, mut at) = (0, 0);
    while at < places.len() {
        bits |= 1 << places[at];
        at += 1;
    }
    bits
}

#[derive(Arbitrary, Debug)]
enum Op {
    Take,
    GiveBack(u8),
    Event(u8, u8),
    Stale(u8, u8),
    Invented(u64, u8),
    Poll { owner: u8, is_read: bool },
    Wait(u8),
    Leave(u8),
    Clear(u8),
    Close,
}

#[derive(Default)]
struct Owner {
    token: usize,
    ready: u8,
    /// The event that it read last, and whether another came since.
    seen: Option<(Seen, bool)>,
    reader: Arc<Wakes>,
    writer: Arc<Wakes>,
    lister: Arc<Wakes>,
    waits: [bool; 3],
    place: Listed,
}

impl Owner {
    fn wakes(&self) -> [usize; 3] {
        [&self.reader, &self.writer, &self.lister].map(|wakes| wakes.take())
    }

    /// What an event of these bits wakes.
    fn woken_by(&mut self, bits: u8) -> [usize; 3] {
        let concerns = [READS, WRITES, READS | WRITES];
        let mut woken = [0; 3];
        for lane in 0..3 {
            if self.waits[lane] && bits & concerns[lane] != 0 {
                self.waits[lane] = false;
                woken[lane] = 1;
            }
        }
        woken
    }
}

#[derive(Default)]
struct Pair {
    sources: Sources,
    owners: Vec<Owner>,
    stale: Vec<usize>,
    closed: bool,
}

impl Pair {
    fn act(&mut self, op: &Op) {
        match *op {
            Op::Take => match self.sources.take() {
                Some(token) => self.owners.push(Owner {
                    token,
                    ..Owner::default()
                }),
                None => assert!(self.closed),
            },
            Op::Invented(token, bits) => {
                let token = token as usize;
                if self.owners.iter().all(|owner| owner.token != token) {
                    self.sources.dispatch(token, bits & ALL);
                }
            }
            Op::Stale(which, bits) => {
                if let Some(token) = pick(&self.stale, which) {
                    self.sources.dispatch(self.stale[token], bits & ALL);
                }
            }
            Op::Close => {
                self.sources.close();
                self.closed = true;
                for owner in &mut self.owners {
                    assert_eq!(owner.woken_by(ALL), owner.wakes(), "all who wait are told");
                }
            }
            Op::GiveBack(which) => {
                let Some(at) = pick(&self.owners, which) else {
                    return;
                };
                let mut owner = self.owners.swap_remove(at);
                // As the future that waits does before its socket can go.
                self.sources.leave_list(owner.token, &mut owner.place);
                self.sources.give_back(owner.token);
                assert_eq!(owner.wakes(), [0; 3]);
                self.stale.push(owner.token);
            }
            Op::Event(which, bits) => self.event(which, bits & ALL),
            Op::Poll { owner, is_read } => self.poll(owner, is_read),
            Op::Wait(which) => self.wait(which),
            Op::Leave(which) => {
                let Some(at) = pick(&self.owners, which) else {
                    return;
                };
                let owner = &mut self.owners[at];
                self.sources.leave_list(owner.token, &mut owner.place);
                owner.waits[2] = false;
            }
            Op::Clear(which) => {
                let Some(at) = pick(&self.owners, which) else {
                    return;
                };
                let owner = &mut self.owners[at];
                if let Some((seen, is_old)) = owner.seen {
                    self.sources.clear(owner.token, seen);
                    if !is_old {
                        owner.ready &= !(seen.bits() & !CLOSED);
                    }
                }
            }
        }
    }

    fn event(&mut self, which: u8, bits: u8) {
        let Some(at) = pick(&self.owners, which) else {
            return;
        };
        let owner = &mut self.owners[at];
        self.sources.dispatch(owner.token, bits);
        owner.ready |= bits;
        if let Some((_, is_old)) = &mut owner.seen {
            *is_old = true;
        }
        assert_eq!(
            owner.woken_by(bits),
            owner.wakes(),
            "each who waits for it, once"
        );
    }

    fn poll(&mut self, which: u8, is_read: bool) {
        let Some(at) = pick(&self.owners, which) else {
            return;
        };
        let owner = &mut self.owners[at];
        let (lane, concerns) = if is_read { (0, READS) } else { (1, WRITES) };
        let wakes = if is_read {
            &owner.reader
        } else {
            &owner.writer
        };
        let waker = Waker::from(Arc::clone(wakes));
        let seen = self.sources.poll(owner.token, is_read, &waker);
        owner.read(seen, concerns, lane);
    }

    fn wait(&mut self, which: u8) {
        let Some(at) = pick(&self.owners, which) else {
            return;
        };
        let owner = &mut self.owners[at];
        let waker = Waker::from(Arc::clone(&owner.lister));
        let seen = self
            .sources
            .poll_listed(owner.token, &mut owner.place, &waker);
        owner.read(seen, READS | WRITES, 2);
    }
}

impl Owner {
    fn read(&mut self, seen: Option<Seen>, concerns: u8, lane: usize) {
        let expected = self.ready & concerns;
        match seen {
            Some(seen) => {
                assert_eq!(seen.bits(), expected);
                assert!(expected != 0 || seen.is_shut_down());
                self.seen = Some((seen, false));
            }
            None => {
                assert_eq!(expected, 0, "it is ready");
                self.waits[lane] = true;
            }
        }
    }
}

fn pick<T>(of: &[T], which: u8) -> Option<usize> {
    (!of.is_empty()).then(|| usize::from(which) % of.len())
}

fuzz_target!(|ops: Vec<Op>| {
    let mut pair = Pair::default();
    for op in &ops {
        pair.act(op);
        for owner in &pair.owners {
            assert_eq!(owner.wakes(), [0; 3], "nobody else is woken");
        }
    }
});
