//! Whatever can grow, and what bounds it.

use super::File;

const SLOT: &str = "runtime-core/src/scheduler/slot.rs";
const LOOKUPS: &str = "runtime-io/src/driver/lookups.rs";

/// What queues where, what bounds it, and the constant or type that says so, with its file.
const QUEUES: &[(&str, &str, &str, &str)] = &[
    (
        "a slot's tasks",
        "then the older half goes to the shared queue",
        SLOT,
        "LOCAL_LIMIT",
    ),
    (
        "one theft",
        "half of what is there, at most so many",
        SLOT,
        "STEAL_LIMIT",
    ),
    (
        "the shared queue",
        "one entry a live task; as unbounded as spawning is",
        "runtime-core/src/scheduler/inject.rs",
        "Inject",
    ),
    (
        "slots",
        "worker threads and their spares",
        "runtime-core/src/scheduler/idle.rs",
        "MAX_SLOTS",
    ),
    (
        "threads in `block_on` with a deque",
        "more of them use the shared queue",
        "runtime-core/src/scheduler/idle.rs",
        "MAX_GUESTS",
    ),
    (
        "threads in `block_on`",
        "one place a thread, as long as it is inside",
        "runtime-core/src/scheduler/guest.rs",
        "Guests",
    ),
    (
        "live tasks",
        "one place a task",
        "runtime-core/src/task/owned.rs",
        "OwnedTasks",
    ),
    (
        "local tasks' entries",
        "one a live task",
        "runtime-core/src/local.rs",
        "Core",
    ),
    (
        "local tasks' entries from elsewhere",
        "one a live task",
        "runtime-core/src/local/mailbox.rs",
        "Mailbox",
    ),
    (
        "a join set's ended tasks",
        "one place a task",
        "runtime-core/src/join_set/finished.rs",
        "Finished",
    ),
    (
        "blocking closures",
        "none: `max_blocking_threads` (512) run, all others wait",
        "runtime-core/src/blocking/desk.rs",
        "Desk",
    ),
    (
        "timers",
        "one entry a timer that waits",
        "runtime-core/src/timer/wheel.rs",
        "Wheel",
    ),
    (
        "places whose stalls were told on standard error",
        "then no more are told",
        "runtime-core/src/scheduler/notice.rs",
        "PLACES_MAX",
    ),
    (
        "who waits for a primitive",
        "one waiter a future, inside of it",
        "runtime-core/src/sync/wait_list.rs",
        "WaitList",
    ),
    (
        "wakers collected under a lock",
        "where more may wait, they are woken in batches of so many",
        "runtime-core/src/util/wake_list.rs",
        "CAPACITY",
    ),
    (
        "`mpsc::channel`",
        "its capacity, `Semaphore::MAX_PERMITS` at most",
        "runtime-core/src/sync/raw_semaphore.rs",
        "MAX_PERMITS",
    ),
    (
        "`mpsc::unbounded_channel`",
        "none",
        "runtime-core/src/sync/mpsc/queue.rs",
        "Queue",
    ),
    (
        "`oneshot`",
        "one value",
        "runtime-core/src/sync/oneshot/shared.rs",
        "Inner",
    ),
    (
        "`watch`",
        "one value",
        "runtime-core/src/sync/watch.rs",
        "Shared",
    ),
    (
        "`broadcast`",
        "its capacity, rounded up to a power of two; the oldest value goes",
        "runtime-core/src/sync/broadcast/shared.rs",
        "Shared",
    ),
    (
        "sources of one reactor",
        "then `Err`",
        "runtime-io/src/driver/table.rs",
        "SOURCES_MAX",
    ),
    (
        "events of one turn of the driver",
        "the rest stays with the system",
        "runtime-core/src/park/driver.rs",
        "EVENTS_PER_POLL",
    ),
    (
        "who waits for a socket",
        "one place a future, and one waker a direction",
        "runtime-io/src/driver/readiness.rs",
        "List",
    ),
    (
        "name lookups",
        "one a future that waits",
        LOOKUPS,
        "Lookups",
    ),
    (
        "threads of name lookups",
        "more lookups wait",
        LOOKUPS,
        "THREADS_MAX",
    ),
    (
        "connections not yet accepted",
        "the system's queue",
        "runtime-io/src/net/tcp/listener.rs",
        "BACKLOG",
    ),
    (
        "`io::duplex`, `io::simplex`",
        "`max_buf_size` bytes",
        "runtime-io/src/io/memory.rs",
        "SimplexStream",
    ),
    (
        "`BufReader`, `BufWriter`",
        "bytes, or as its maker says",
        "runtime-io/src/io/buf_reader.rs",
        "CAPACITY",
    ),
    (
        "`io::copy`",
        "bytes on their way",
        "runtime-io/src/io/copy.rs",
        "CAPACITY",
    ),
];

const HEAD: &str = "\
# What can grow, and what bounds it

Written by `cargo xtask tables`; the rows stand in `xtask/src/tables/queues.rs`. A number is the
constant's, read from the file.

| what | number | bound | where |
|---|---|---|---|
";

/// The page, unless a constant or type is missing.
pub(super) fn page(files: &[File]) -> Result<String, String> {
    let mut page = HEAD.to_owned();
    for (what, bound, path, name) in QUEUES {
        let file = files.iter().find(|file| file.path == *path);
        let found = file.and_then(|file| find(&file.text, name));
        let number = found.ok_or_else(|| format!("{what}: there is no {name} in {path}"))?;
        page.push_str(&format!(
            "| {what} | {number} | {bound} | `{name}` in `{path}` |\n"
        ));
    }
    Ok(page)
}

/// What the constant says, if that fits on its line; `–` for a type.
fn find(text: &str, name: &str) -> Option<String> {
    let declares = |line: &str, kind: &str| {
        let (_, rest) = line.split_once(&format!("{kind} {name}"))?;
        let ends = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        ends.then(|| rest.to_owned())
    };
    if text.lines().any(|line| declares(line, "struct").is_some()) {
        return Some("–".to_owned());
    }
    let rest = text.lines().find_map(|line| declares(line, "const"))?;
    let value = rest
        .split_once("= ")
        .and_then(|(_, value)| value.strip_suffix(';'));
    Some(value.map_or("–".to_owned(), |value| format!("`{value}`")))
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn constants_have_values_and_types_a_dash() {
        let text = "const MAX_A: usize = 8 * 2;\npub struct List<T> {\nconst LONG: usize = {\n";
        assert_eq!(find(text, "MAX_A").as_deref(), Some("`8 * 2`"));
        assert_eq!(find(text, "List").as_deref(), Some("–"));
        assert_eq!(find(text, "LONG").as_deref(), Some("–"));
        assert_eq!(find(text, "MAX"), None);
    }
}
