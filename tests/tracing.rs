//! What is told of tasks to who listens by `tracing`: one listener hears of all, and each test asks
//! it for its own task.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Poll, Waker};
use std::thread;

use runtime::runtime::{Builder, Runtime};
use runtime::task::{LocalSet, spawn_blocking, spawn_local, yield_now};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

type Fields = BTreeMap<&'static str, String>;

/// A span, and what has happened to it.
#[derive(Clone, Debug, Default)]
struct Heard {
    target: &'static str,
    fields: Fields,
    story: Vec<String>,
}

#[derive(Debug, Default)]
struct Listener {
    /// A span's number is its place, from 1.
    spans: Mutex<Vec<Heard>>,
    /// Entering this task's span panics.
    fails_for: Mutex<Option<String>>,
}

/// The one that hears of all.
fn listener() -> &'static Listener {
    static LISTENER: OnceLock<&'static Listener> = OnceLock::new();
    LISTENER.get_or_init(|| {
        let listener: &Listener = Box::leak(Box::default());
        tracing::subscriber::set_global_default(listener).expect("it is the first");
        listener
    })
}

/// Of a panicking listener, too.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Listener {
    fn adds(&self, span: u64, word: impl Display) {
        let mut spans = locked(&self.spans);
        spans[span as usize - 1].story.push(word.to_string());
    }

    /// The one span with this value in this field.
    fn only(&self, field: &'static str, value: impl Display) -> Heard {
        let value = value.to_string();
        let spans = locked(&self.spans);
        let mut found = spans
            .iter()
            .filter(|one| one.fields.get(field) == Some(&value));
        let one = found.next().expect("there is such a span");
        assert!(found.next().is_none(), "there is another span");
        one.clone()
    }
}

#[derive(Default)]
struct Reader(Fields);

impl Visit for Reader {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl Subscriber for &'static Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        assert_eq!(attributes.metadata().name(), "runtime.spawn");
        assert!(attributes.is_root(), "a task outlives who spawned it");
        let mut reader = Reader::default();
        attributes.record(&mut reader);
        let mut spans = locked(&self.spans);
        spans.push(Heard {
            target: attributes.metadata().target(),
            fields: reader.0,
            story: Vec::new(),
        });
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        assert_eq!(event.metadata().target(), "tokio::task::waker");
        let mut reader = Reader::default();
        event.record(&mut reader);
        let span = reader.0["task.id"].parse().expect("a number");
        self.adds(span, &reader.0["op"]);
    }

    fn enter(&self, span: &Id) {
        self.adds(span.into_u64(), "enter");
        let spans = locked(&self.spans);
        let task = spans[span.into_u64() as usize - 1].fields["task.id"].clone();
        drop(spans);
        let fails = *locked(&self.fails_for) == Some(task);
        assert!(!fails, "the listener fails");
    }

    fn exit(&self, span: &Id) {
        self.adds(span.into_u64(), "exit");
    }

    fn try_close(&self, span: Id) -> bool {
        self.adds(span.into_u64(), "close");
        true
    }
}

fn current_thread() -> Runtime {
    listener();
    Builder::new_current_thread().build().expect("a runtime")
}

#[test]
fn a_task_is_a_span_from_spawn_to_free_entered_around_each_poll() {
    let (id, line) = current_thread().block_on(async {
        let (task, line) = (runtime::spawn(yield_now()), line!());
        let id = task.id();
        task.await.expect("it ends well");
        (id, line)
    });
    let heard = listener().only("task.id", id);
    assert_eq!(heard.target, "tokio::task");
    let story = [
        "enter",
        "waker.wake_by_ref",
        "exit",
        "enter",
        "exit",
        "close",
    ];
    assert_eq!(heard.story, story);
    assert_eq!(heard.fields["kind"], "task");
    assert_eq!(heard.fields["loc.file"], file!());
    assert_eq!(heard.fields["loc.line"], line.to_string());
    assert!(heard.fields.contains_key("loc.col"));
    assert!(heard.fields.contains_key("size.bytes"));
}

#[test]
fn what_is_done_to_wakers_is_told() {
    let id = current_thread().block_on(async {
        let mut polls = 0;
        let task = runtime::spawn(poll_fn(move |cx| {
            polls += 1;
            let waker = cx.waker().clone();
            match polls {
                1 => drop(waker),
                2 => return Poll::Ready(()),
                _ => unreachable!("it has ended"),
            }
            let waker: Waker = cx.waker().clone();
            drop(thread::spawn(move || waker.wake()).join());
            Poll::Pending
        }));
        let id = task.id();
        task.await.expect("it ends well");
        id
    });
    let first = [
        "enter",
        "waker.clone",
        "waker.drop",
        "waker.clone",
        "waker.wake",
        "exit",
    ];
    let second = ["enter", "waker.clone", "waker.drop", "exit", "close"];
    let story = listener().only("task.id", id).story;
    assert_eq!(story, [first.as_slice(), &second].concat());
}

#[test]
fn each_kind_of_task_says_what_it_is() {
    let runtime = current_thread();
    let (local, blocking) = LocalSet::new().block_on(&runtime, async {
        let (local, blocking) = (spawn_local(async {}), spawn_blocking(|| {}));
        let ids = (local.id(), blocking.id());
        local.await.expect("it ends well");
        blocking.await.expect("it ends well");
        ids
    });
    let line = line!() + 1;
    runtime.block_on(yield_now());
    // The last thread of the pool has given the task up.
    drop(runtime);
    let of = |heard: Heard| (heard.fields["kind"].clone(), heard.story);
    let once = ["enter", "exit", "close"].map(str::to_owned).to_vec();
    let listener = listener();
    assert_eq!(
        of(listener.only("task.id", local)),
        ("local".to_owned(), once.clone())
    );
    assert_eq!(
        of(listener.only("task.id", blocking)),
        ("blocking".to_owned(), once)
    );
    let twice = ["enter", "exit", "enter", "exit", "close"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!(
        of(listener.only("loc.line", line)),
        ("block_on".to_owned(), twice)
    );
}

#[test]
fn a_task_that_is_aborted_or_fails_is_told_of_to_its_end() {
    let (aborted, failed) = current_thread().block_on(async {
        let aborted = runtime::spawn(std::future::pending::<()>());
        let failed = runtime::spawn(async { panic!("on purpose") });
        let ids = (aborted.id(), failed.id());
        yield_now().await;
        aborted.abort();
        assert!(aborted.await.expect_err("it is").is_cancelled());
        assert!(failed.await.expect_err("it is").is_panic());
        ids
    });
    for id in [aborted, failed] {
        let story = listener().only("task.id", id).story;
        assert_eq!(story, ["enter", "exit", "close"]);
    }
}

#[test]
fn a_listener_that_panics_fails_the_task_and_nothing_else() {
    current_thread().block_on(async {
        let (unlucky, other) = (runtime::spawn(async { 1 }), runtime::spawn(async { 2 }));
        *locked(&listener().fails_for) = Some(unlucky.id().to_string());
        assert!(unlucky.await.expect_err("it fails").is_panic());
        assert_eq!(other.await.expect("it ends well"), 2);
    });
}

#[test]
fn on_many_threads_each_poll_is_entered_and_left_once() {
    listener();
    let runtime = Builder::new_multi_thread().worker_threads(2).build();
    let runtime = runtime.expect("a runtime");
    let ids = runtime.block_on(async {
        let tasks: Vec<_> = (0..100).map(|_| runtime::spawn(yield_now())).collect();
        let mut ids = Vec::new();
        for task in tasks {
            ids.push(task.id());
            task.await.expect("it ends well");
        }
        ids
    });
    drop(runtime);
    for id in ids {
        let story = listener().only("task.id", id).story;
        let polls = [
            "enter",
            "waker.wake_by_ref",
            "exit",
            "enter",
            "exit",
            "close",
        ];
        assert_eq!(story, polls);
    }
}
