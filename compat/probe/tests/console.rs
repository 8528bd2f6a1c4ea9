//! console-subscriber's server on the bridge, asked as tokio-console does: it knows each task with its place, its polls
//! and its wakes, and when it has ended.

#[path = "support/within.rs"]
mod within;

use std::path::{Path, PathBuf};
use std::time::Duration;

use console_api::instrument::instrument_client::InstrumentClient;
use console_api::instrument::{InstrumentRequest, Update};
use console_api::tasks::{Stats, Task};
use console_subscriber::ConsoleLayer;
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tonic::Streaming;
use within::within;

const YIELDS: u64 = 9;

/// What the console is told from now on; its server is a thread that has just been started.
async fn watch(socket: &Path) -> Streaming<Update> {
    let address = format!("unix:{}", socket.display());
    let mut client = loop {
        match InstrumentClient::connect(address.clone()).await {
            Ok(client) => break client,
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    };
    let watching = client.watch_updates(InstrumentRequest {}).await;
    watching.expect("it serves").into_inner()
}

fn is_from(task: &Task, line: u32) -> bool {
    let location = task.location.as_ref();
    location.is_some_and(|it| it.file() == file!() && it.line() == line)
}

/// Goes on until the console's view of the task that was spawned in this line is such.
async fn seen(
    updates: &mut Streaming<Update>,
    id: &mut Option<u64>,
    line: u32,
    such: impl Fn(&Stats) -> bool,
) {
    loop {
        let update = updates.message().await.expect("it is well");
        let tasks = update.and_then(|update| update.task_update);
        let tasks = tasks.expect("it goes on, and speaks of tasks");
        let found = tasks.new_tasks.iter().find(|task| is_from(task, line));
        *id = id.or(found.and_then(|task| task.id.as_ref()).map(|id| id.id));
        if id
            .and_then(|id| tasks.stats_update.get(&id))
            .is_some_and(&such)
        {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_console_sees_a_task_with_its_place_its_polls_and_its_end() {
    let name = format!("probe-console-{}", std::process::id());
    let socket: PathBuf = std::env::temp_dir().join(name);
    let builder = ConsoleLayer::builder().publish_interval(Duration::from_millis(20));
    builder.server_addr(socket.clone()).init();
    let (end, ends) = oneshot::channel::<()>();
    let line = line!() + 1;
    let task = tokio::spawn(async {
        for _ in 0..YIELDS {
            yield_now().await;
        }
        ends.await
    });
    let mut updates = within(watch(&socket)).await;
    let mut id = None;
    let waits = |stats: &Stats| {
        let polls = stats.poll_stats.as_ref().map_or(0, |it| it.polls);
        polls > YIELDS && stats.wakes >= YIELDS && stats.dropped_at.is_none()
    };
    within(seen(&mut updates, &mut id, line, waits)).await;
    end.send(()).expect("it waits");
    within(task).await.expect("no panic").expect("it was told");
    let ended = |stats: &Stats| stats.dropped_at.is_some();
    within(seen(&mut updates, &mut id, line, ended)).await;
    std::fs::remove_file(socket).expect("it is there");
}
