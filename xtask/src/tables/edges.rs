//! What happens before what, each with the models that would fail if it did not.

use super::{File, functions};

/// What is promised: where, what comes first, what sees it, and the models without `loom_`.
const EDGES: &[(&str, &str, &str, &[&str])] = &[
    (
        "spawn",
        "the call",
        "the first poll",
        &["slot_each_entry_runs_once", "idle_push_vs_sleep"],
    ),
    (
        "task",
        "a wake",
        "the next poll",
        &["task_wake_vs_poll", "task_two_wakes"],
    ),
    (
        "task",
        "its end",
        "the join",
        &["task_abort_vs_poll_vs_join", "task_drop_join_vs_complete"],
    ),
    (
        "`JoinSet`",
        "a task's end",
        "`join_next`",
        &["join_set_complete_vs_join_next"],
    ),
    (
        "`LocalSet`",
        "a wake elsewhere",
        "the next poll",
        &["local_wake_vs_poll"],
    ),
    (
        "`LocalSet`",
        "an abort elsewhere",
        "the drop, at home",
        &["local_abort_vs_close"],
    ),
    (
        "`spawn_blocking`",
        "the call",
        "the closure",
        &["blocking_idle_thread_vs_submit"],
    ),
    (
        "runtime",
        "each task's last poll",
        "the end of `drop`",
        &["shutdown_somebody_finishes"],
    ),
    (
        "`mpsc`",
        "a send",
        "its receive",
        &[
            "mpsc_unbounded_values_cross_block_boundaries",
            "mpsc_try_recv_never_misses_a_finished_send",
        ],
    ),
    (
        "`mpsc`",
        "a receive",
        "the send that gets its place",
        &[
            "mpsc_two_senders_wait_for_one_place",
            "mpsc_recv_many_gives_room_back",
        ],
    ),
    (
        "`mpsc`",
        "the last sender's drop",
        "`None`",
        &["mpsc_last_sender_dropped_against_recv"],
    ),
    (
        "`mpsc`",
        "the receiver's drop",
        "`closed`",
        &["mpsc_closed_against_dropped_receiver"],
    ),
    (
        "`oneshot`",
        "the send",
        "the receive",
        &["oneshot_send_against_recv"],
    ),
    (
        "`oneshot`",
        "the receiver's drop",
        "`closed`",
        &["oneshot_closed_against_dropped_receiver"],
    ),
    (
        "`watch`",
        "a send",
        "`changed`, `borrow`",
        &[
            "watch_send_against_changed",
            "watch_send_against_two_receivers",
        ],
    ),
    (
        "`watch`",
        "the last sender's drop",
        "the error",
        &["watch_close_against_changed"],
    ),
    (
        "`broadcast`",
        "a send",
        "each receive",
        &[
            "broadcast_send_against_recv",
            "broadcast_two_senders_against_recv",
        ],
    ),
    (
        "`Mutex`",
        "an unlock",
        "the next lock",
        &["mutex_excludes", "mutex_cancelled_waiter_hands_over"],
    ),
    (
        "`RwLock`",
        "a writer's unlock",
        "the next lock",
        &[
            "rwlock_readers_against_a_writer",
            "rwlock_two_writers_exclude",
        ],
    ),
    (
        "`RwLock`",
        "each reader's unlock",
        "the writer's lock",
        &["rwlock_a_writer_waits_for_readers_that_leave"],
    ),
    (
        "`RwLock`",
        "a downgrade",
        "the readers' locks",
        &["rwlock_downgrade_against_a_reader_and_a_writer"],
    ),
    (
        "`Semaphore`",
        "a permit's release",
        "the acquire that gets it",
        &[
            "semaphore_of_one_excludes_and_hands_over",
            "semaphore_cancelled_waiter_passes_the_permit_on",
        ],
    ),
    (
        "`Semaphore`",
        "the close",
        "each error",
        &["semaphore_close_ends_waiters_and_keeps_the_count"],
    ),
    (
        "`Notify`",
        "`notify_one`",
        "the end of the `notified` that gets it",
        &[
            "notify_one_against_notified",
            "notify_dropped_notified_passes_it_on",
        ],
    ),
    (
        "`Notify`",
        "`notify_waiters`",
        "the end of each `notified` made before",
        &["notify_waiters_against_enable"],
    ),
    (
        "`Barrier`",
        "each arrival",
        "each leave",
        &["barrier_two_for_two_generations"],
    ),
    (
        "`OnceCell`",
        "the initialiser's end",
        "each `get`",
        &[
            "once_cell_get_sees_the_whole_value",
            "once_cell_two_initialisers",
        ],
    ),
    (
        "`SetOnce`",
        "the `set`",
        "each `wait`, `get`",
        &["set_once_set_against_two_waits"],
    ),
    (
        "timer",
        "the fire",
        "the poll that is ready",
        &["timer_poll_and_drop_vs_fire"],
    ),
    (
        "socket",
        "an event",
        "the readiness that is seen",
        &[
            "readiness_wakes_reader_and_writer",
            "readiness_event_between_eagain_and_clear",
        ],
    ),
    (
        "split halves",
        "one half's poll",
        "the other's",
        &["turn_one_at_a_time_and_nobody_forgotten"],
    ),
];

const HEAD: &str = "\
# What happens before what

Written by `cargo xtask tables`; the rows stand in `xtask/src/tables/edges.rs`.

What a thread did before the first is seen by whoever is at the second, wherever either runs. The
models run both sides in every order that their bound allows; where a value travels, it does so in a
cell whose races the checker reports. `cargo xtask loom` runs them.

| at | first | then | models |
|---|---|---|---|
";

/// The page, unless a model is missing.
pub(super) fn page(files: &[File]) -> Result<String, String> {
    let texts = files.iter().map(|file| file.text.as_str());
    let known: Vec<&str> = texts.flat_map(|text| functions(text, "loom_")).collect();
    let mut page = HEAD.to_owned();
    for (at, first, then, models) in EDGES {
        let models: Vec<String> = models.iter().map(|model| format!("loom_{model}")).collect();
        if let Some(missing) = models.iter().find(|model| !known.contains(&model.as_str())) {
            return Err(format!("{at}: there is no model {missing}"));
        }
        let models = models.join("`, `");
        page.push_str(&format!("| {at} | {first} | {then} | `{models}` |\n"));
    }
    Ok(page)
}
