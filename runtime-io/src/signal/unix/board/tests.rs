use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Poll, Wake, Waker};

use proptest::prelude::*;

use super::Board;

/// Counts wakes.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        // SeqCst: read by the same thread.
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Count {
    fn get(&self) -> usize {
        // SeqCst: as above.
        self.0.load(Ordering::SeqCst)
    }
}

struct Bomb;

impl Wake for Bomb {
    fn wake(self: Arc<Self>) {
        panic!("a foreign waker's panic");
    }
}

#[test]
fn only_the_first_of_several_arrivals_in_a_word_rings() {
    let board = Board::new();
    assert!(board.note(1));
    assert!(!board.note(1));
    assert!(!board.note(32));
    assert!(board.note(33));
    assert!(!board.note(64));
    board.deliver();
    assert!(board.note(64));
    assert!(board.note(32));
}

#[test]
fn each_listener_of_the_kind_is_woken_once_and_no_other() {
    let board = Board::new();
    let counts: [Arc<Count>; 3] = Default::default();
    let places = [board.listen(10), board.listen(10), board.listen(12)];
    for (place, count) in places.iter().zip(&counts) {
        assert!(
            board
                .poll(*place, &Waker::from(Arc::clone(count)))
                .is_pending()
        );
    }
    for _ in 0..3 {
        let _ = board.note(10);
    }
    board.deliver();
    board.deliver();
    assert_eq!(counts.each_ref().map(|count| count.get()), [1, 1, 0]);
    let polls = places.map(|place| board.poll(place, Waker::noop()).is_ready());
    assert_eq!(polls, [true, true, false]);
    let polls = places.map(|place| board.poll(place, Waker::noop()).is_ready());
    assert_eq!(polls, [false; 3], "three arrivals were one");
}

#[test]
fn a_signal_between_registration_and_first_poll_is_kept() {
    let board = Board::new();
    let place = board.listen(1);
    let _ = board.note(1);
    board.deliver();
    assert_eq!(board.poll(place, Waker::noop()), Poll::Ready(()));
}

#[test]
fn a_panicking_waker_keeps_no_other_listener_asleep() {
    let board = Board::new();
    let count = Arc::new(Count::default());
    let places = [board.listen(1), board.listen(1)];
    let _ = board.poll(places[0], &Waker::from(Arc::new(Bomb)));
    let _ = board.poll(places[1], &Waker::from(Arc::clone(&count)));
    let _ = board.note(1);
    board.deliver();
    assert_eq!(count.get(), 1);
}

#[test]
fn a_listener_that_leaves_drops_its_waker_and_its_place() {
    let board = Board::new();
    let count = Arc::new(Count::default());
    let place = board.listen(1);
    let _ = board.poll(place, &Waker::from(Arc::clone(&count)));
    assert_eq!(Arc::strong_count(&count), 2);
    board.leave(place);
    assert_eq!(Arc::strong_count(&count), 1);
    assert!(board.listeners.is_empty());
}

#[derive(Debug, Clone)]
enum Step {
    Listen(i32),
    Note(i32),
    Deliver,
    Poll(usize),
    Leave(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (1..4).prop_map(Step::Listen),
        (1..4).prop_map(Step::Note),
        Just(Step::Deliver),
        (0..6usize).prop_map(Step::Poll),
        (0..6usize).prop_map(Step::Leave),
    ];
    prop::collection::vec(step, 0..60)
}

proptest! {
    #[test]
    fn fault_079_it_agrees_with_a_set_of_signals_and_a_mark_a_listener(steps in steps()) {
        let board = Board::new();
        let mut noted = std::collections::BTreeSet::new();
        let mut marks: BTreeMap<_, bool> = BTreeMap::new();
        for step in steps {
            let nth = |at: usize, marks: &BTreeMap<_, bool>| marks.keys().nth(at).copied();
            match step {
                Step::Listen(signal) => {
                    marks.insert(board.listen(signal), false);
                }
                Step::Note(signal) => {
                    let (word, _) = super::bit(signal);
                    let is_first = noted.iter().all(|other| super::bit(*other).0 != word);
                    prop_assert_eq!(board.note(signal), is_first);
                    noted.insert(signal);
                }
                Step::Deliver => {
                    board.deliver();
                    for (place, mark) in &mut marks {
                        *mark |= noted.contains(&place.signal());
                    }
                    noted.clear();
                }
                Step::Poll(at) => {
                    if let Some(place) = nth(at, &marks) {
                        let mark = marks.insert(place, false).expect("it listens");
                        prop_assert_eq!(board.poll(place, Waker::noop()).is_ready(), mark);
                    }
                }
                Step::Leave(at) => {
                    if let Some(place) = nth(at, &marks) {
                        marks.remove(&place);
                        board.leave(place);
                    }
                }
            }
        }
    }
}
