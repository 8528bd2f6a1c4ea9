use super::{Guard, Helper, Idle};

/// A thread for the post is refused while slots are held: nobody believes that one stands there, and
/// who takes a slot next asks again.
#[test]
fn fault_090_a_post_that_was_refused_is_asked_for_by_who_takes_a_slot_next() {
    let idle = Idle::new(3, false);
    let (first, guard) = idle.take().expect("a free slot");
    assert_eq!(guard, Guard::StartPost);
    idle.post_refused();
    // None of these can start a thread.
    assert!(idle.start_searching());
    assert!(idle.stop_searching());
    assert!(!idle.snapshot().sentinel_is_on());
    let (helper, guard) = idle.claim_helper();
    assert!(matches!(helper, Helper::Start));
    assert_eq!(guard, Guard::StartPost);
    idle.post_refused();
    idle.cancel_reservation();
    assert!(!idle.snapshot().sentinel_is_on());
    assert_eq!(idle.guest_polls(), Guard::StartPost);
    idle.post_refused();
    idle.guest_stops();
    idle.give(first);
    assert!(!idle.snapshot().sentinel_is_on());
    let (_, guard) = idle.take().expect("a free slot");
    assert_eq!(guard, Guard::StartPost);
    let (_, guard) = idle.take().expect("a free slot");
    assert_eq!(guard, Guard::Stands, "it is on its way");
}
