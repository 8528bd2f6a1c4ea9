//! Channels of all kinds.

use std::time::Duration;

use runtime::sync::{broadcast, mpsc, oneshot, watch};

use super::Case;
use super::drive::{case, lossless, nothing};
use super::places::place_lost;

const BOUNDED: &str = "core: sync/mpsc/bounded";
const UNBOUNDED: &str = "core: sync/mpsc/unbounded";
const WATCH: &str = "core: sync/watch";

pub(crate) const CASES: &[Case] = &[
    (BOUNDED, "Receiver::recv", bounded_recv),
    (BOUNDED, "Receiver::recv_many", bounded_recv_many),
    (BOUNDED, "Sender::send", || {
        send(async |tx, value| tx.send(value).await.is_ok())
    }),
    (BOUNDED, "Sender::reserve", reserve),
    (BOUNDED, "Sender::reserve_many", reserve_many),
    (BOUNDED, "Sender::reserve_owned", reserve_owned),
    (BOUNDED, "Sender::closed", bounded_closed),
    (UNBOUNDED, "UnboundedReceiver::recv", unbounded_recv),
    (
        UNBOUNDED,
        "UnboundedReceiver::recv_many",
        unbounded_recv_many,
    ),
    (UNBOUNDED, "UnboundedSender::closed", unbounded_closed),
    ("core: time/send_timeout", "Sender::send_timeout", || {
        send(async |tx, value| {
            tx.send_timeout(value, Duration::from_secs(60))
                .await
                .is_ok()
        });
    }),
    ("core: sync/oneshot", "Receiver", oneshot_receiver),
    ("core: sync/oneshot", "Sender::closed", oneshot_closed),
    ("core: sync/broadcast", "Sender::closed", broadcast_closed),
    ("core: sync/broadcast", "Receiver::recv", broadcast_recv),
    (WATCH, "Sender::closed", watch_closed),
    (WATCH, "Receiver::changed", watch_changed),
    (WATCH, "Receiver::wait_for", watch_wait_for),
];

fn bounded_recv() {
    lossless(
        async || {
            let (tx, rx) = mpsc::channel(2);
            (rx, tx)
        },
        &[
            |tx: &mut mpsc::Sender<u8>| tx.try_send(1).expect("room"),
            |tx| tx.try_send(2).expect("room"),
        ],
        async |rx: &mut mpsc::Receiver<u8>| rx.recv().await,
        Some(1),
        |rx, _| {
            assert_eq!(rx.try_recv(), Ok(2));
            assert!(rx.try_recv().is_err());
        },
    );
}

fn bounded_recv_many() {
    case(
        async || {
            let (tx, rx) = mpsc::channel(4);
            ((rx, Vec::new()), Some(tx))
        },
        &[
            |tx: &mut Option<mpsc::Sender<u8>>| {
                tx.as_ref().expect("open").try_send(1).expect("room");
                tx.as_ref().expect("open").try_send(2).expect("room");
            },
            |tx| tx.take().expect("open").try_send(3).expect("room"),
        ],
        async |(rx, values): &mut (mpsc::Receiver<u8>, Vec<u8>)| rx.recv_many(values, 2).await,
        async |(rx, values), _, _| {
            while rx.recv_many(values, 2).await > 0 {}
            assert_eq!(*values, [1, 2, 3]);
        },
    );
}

/// The value of a send that was given up is gone, and only that: others' come in their order.
fn send(op: impl AsyncFn(&mpsc::Sender<u8>, u8) -> bool) {
    case(
        async || {
            let (tx, rx) = mpsc::channel(1);
            tx.try_send(1).expect("room");
            (tx, (rx, Vec::new()))
        },
        &[|(rx, seen): &mut (mpsc::Receiver<u8>, Vec<u8>)| seen.extend(rx.try_recv())],
        async |tx: &mut mpsc::Sender<u8>| op(tx, 2).await,
        async |tx, (rx, seen), dropped| {
            let sent = dropped.output.is_some_and(|sent| sent);
            if !sent {
                assert!(op(tx, 3).await, "it is open");
            }
            seen.extend(rx.try_recv());
            assert_eq!(*seen, [1, if sent { 2 } else { 3 }]);
            assert!(rx.try_recv().is_err());
        },
    );
}

/// A channel of one place that is taken; receiving gives it back.
fn full() -> (mpsc::Sender<u8>, std::cell::RefCell<mpsc::Receiver<u8>>) {
    let (tx, rx) = mpsc::channel(1);
    tx.try_send(1).expect("room");
    (tx, rx.into())
}

fn reserve() {
    place_lost(
        full,
        |(_, rx)| assert!(rx.borrow_mut().try_recv().is_ok()),
        async |(tx, _)| tx.reserve().await.expect("open").send(2),
    );
}

fn reserve_many() {
    place_lost(
        full,
        |(_, rx)| assert!(rx.borrow_mut().try_recv().is_ok()),
        async |(tx, _)| {
            let mut permits = tx.reserve_many(1).await.expect("open");
            permits.next().expect("one").send(2);
        },
    );
}

/// As [`reserve`], with a clone: the sender itself goes with the future.
fn reserve_owned() {
    place_lost(
        full,
        |(_, rx)| assert!(rx.borrow_mut().try_recv().is_ok()),
        async |(tx, _)| drop(tx.clone().reserve_owned().await.expect("open").send(2)),
    );
    case(
        async || {
            let (tx, rx) = mpsc::channel::<u8>(1);
            tx.try_send(1).expect("room");
            (Some(tx), rx)
        },
        &[|rx: &mut mpsc::Receiver<u8>| assert_eq!(rx.try_recv(), Ok(1))],
        async |tx: &mut Option<mpsc::Sender<u8>>| {
            let permit = tx
                .take()
                .expect("there")
                .reserve_owned()
                .await
                .expect("open");
            drop(permit.send(2));
        },
        async |tx, rx, dropped| {
            let expected = dropped.output.map(|()| 2);
            // One that was never polled has still taken nothing.
            assert_eq!(tx.take().is_some(), dropped.polls == 0);
            assert_eq!(rx.recv().await, expected);
            assert_eq!(rx.recv().await, None, "no sender is left");
        },
    );
}

fn bounded_closed() {
    lossless(
        async || mpsc::channel::<u8>(1),
        &[|rx: &mut mpsc::Receiver<u8>| rx.close()],
        async |tx: &mut mpsc::Sender<u8>| tx.closed().await,
        (),
        nothing,
    );
}

fn unbounded_recv() {
    lossless(
        async || {
            let (tx, rx) = mpsc::unbounded_channel();
            (rx, tx)
        },
        &[
            |tx: &mut mpsc::UnboundedSender<u8>| tx.send(1).expect("open"),
            |tx| tx.send(2).expect("open"),
        ],
        async |rx: &mut mpsc::UnboundedReceiver<u8>| rx.recv().await,
        Some(1),
        |rx, _| {
            assert_eq!(rx.try_recv(), Ok(2));
            assert!(rx.try_recv().is_err());
        },
    );
}

fn unbounded_recv_many() {
    case(
        async || {
            let (tx, rx) = mpsc::unbounded_channel();
            ((rx, Vec::new()), Some(tx))
        },
        &[
            |tx: &mut Option<mpsc::UnboundedSender<u8>>| {
                tx.as_ref().expect("there").send(1).expect("open");
                tx.as_ref().expect("there").send(2).expect("open");
            },
            |tx| tx.take().expect("there").send(3).expect("open"),
        ],
        async |(rx, values): &mut (mpsc::UnboundedReceiver<u8>, Vec<u8>)| {
            rx.recv_many(values, 2).await
        },
        async |(rx, values), _, _| {
            while rx.recv_many(values, 2).await > 0 {}
            assert_eq!(*values, [1, 2, 3]);
        },
    );
}

fn unbounded_closed() {
    lossless(
        async || mpsc::unbounded_channel::<u8>(),
        &[|rx: &mut mpsc::UnboundedReceiver<u8>| rx.close()],
        async |tx: &mut mpsc::UnboundedSender<u8>| tx.closed().await,
        (),
        nothing,
    );
}

fn oneshot_receiver() {
    lossless(
        async || {
            let (tx, rx) = oneshot::channel();
            (rx, Some(tx))
        },
        &[|tx: &mut Option<oneshot::Sender<u8>>| {
            tx.take().expect("one step").send(7).expect("open")
        }],
        async |rx: &mut oneshot::Receiver<u8>| rx.await,
        Ok(7),
        nothing,
    );
}

fn oneshot_closed() {
    lossless(
        async || oneshot::channel::<u8>(),
        &[|rx: &mut oneshot::Receiver<u8>| rx.close()],
        async |tx: &mut oneshot::Sender<u8>| tx.closed().await,
        (),
        nothing,
    );
}

fn broadcast_closed() {
    lossless(
        async || {
            let (tx, rx) = broadcast::channel::<u8>(2);
            (tx, Some(rx))
        },
        &[|rx: &mut Option<broadcast::Receiver<u8>>| *rx = None],
        async |tx: &mut broadcast::Sender<u8>| tx.closed().await,
        (),
        nothing,
    );
}

fn broadcast_recv() {
    lossless(
        async || {
            let (tx, rx) = broadcast::channel(4);
            (rx, tx)
        },
        &[
            |tx: &mut broadcast::Sender<u8>| assert_eq!(tx.send(1).ok(), Some(1)),
            |tx| assert_eq!(tx.send(2).ok(), Some(1)),
        ],
        async |rx: &mut broadcast::Receiver<u8>| rx.recv().await,
        Ok(1),
        |rx, _| {
            assert_eq!(rx.try_recv(), Ok(2));
            assert!(rx.try_recv().is_err());
        },
    );
}

fn watch_closed() {
    lossless(
        async || {
            let (tx, rx) = watch::channel(0_u8);
            (tx, Some(rx))
        },
        &[|rx: &mut Option<watch::Receiver<u8>>| *rx = None],
        async |tx: &mut watch::Sender<u8>| tx.closed().await,
        (),
        nothing,
    );
}

fn watch_changed() {
    lossless(
        async || {
            let (tx, rx) = watch::channel(0);
            (rx, tx)
        },
        &[|tx: &mut watch::Sender<u8>| tx.send(1).expect("a receiver")],
        async |rx: &mut watch::Receiver<u8>| rx.changed().await.is_ok(),
        true,
        |rx, _| {
            assert_eq!(*rx.borrow(), 1);
            assert_eq!(rx.has_changed().ok(), Some(false), "seen once");
        },
    );
}

fn watch_wait_for() {
    lossless(
        async || {
            let (tx, rx) = watch::channel(0);
            (rx, tx)
        },
        &[
            |tx: &mut watch::Sender<u8>| tx.send(1).expect("a receiver"),
            |tx| tx.send(2).expect("a receiver"),
        ],
        async |rx: &mut watch::Receiver<u8>| {
            rx.wait_for(|value| *value == 2).await.map(|it| *it).ok()
        },
        Some(2),
        |rx, _| assert_eq!(*rx.borrow(), 2),
    );
}
