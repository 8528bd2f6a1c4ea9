//! Children in great number, without descriptors, without pidfds, and with parents that fail them.
#![allow(
    unsafe_code,
    reason = "asks for children, and forks them with closures that panic"
)]

use std::cell::Cell;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::process::{Child, Command};
use runtime::runtime::Runtime;
use runtime::time::timeout;

use crate::refusal::refuse;
use crate::runtimes;
use crate::support::{DescriptorLimit, Watchdog, descriptors, in_own_process};

/// After the end of a child, for whose remains nobody asks.
const REAPED_WITHIN: Duration = Duration::from_secs(1);

fn quick() -> Command {
    let mut command = Command::new("true");
    command.stdin(Stdio::null());
    command
}

/// The states, as one letter each, of this process's children.
fn children() -> Vec<char> {
    let own = std::process::id().to_string();
    let processes = std::fs::read_dir("/proc").expect("/proc");
    let states = processes.filter_map(|entry| {
        let stat = std::fs::read_to_string(entry.ok()?.path().join("stat")).ok()?;
        // The name before it may contain anything but is in parentheses.
        let mut fields = stat.rsplit_once(") ")?.1.split(' ');
        let (state, parent) = (fields.next()?, fields.next()?);
        (parent == own).then(|| state.chars().next().expect("a letter"))
    });
    states.collect()
}

/// None is left, be it only its remains, soon after the last has ended.
#[track_caller]
fn assert_no_children() {
    let mut since: Option<Instant> = None;
    loop {
        let children = children();
        if children.is_empty() {
            return;
        }
        if children.iter().all(|state| *state == 'Z') {
            let late = since.get_or_insert_with(Instant::now).elapsed();
            // Five times the promise: the machine may be busy, and looks take their time.
            assert!(late < REAPED_WITHIN * 5, "zombies for {late:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What becomes of a child, by its number.
async fn follow(number: usize) {
    let kills = number % 5 == 4;
    let mut child = quick().kill_on_drop(kills).spawn().expect("a child");
    match number % 5 {
        0 => assert!(child.wait().await.expect("its end").success()),
        1 => drop(child),
        2 => {
            runtime::time::sleep(Duration::from_millis(2)).await;
            drop(child);
        }
        3 => {
            // Given up, perhaps in the middle.
            let _ = timeout(Duration::from_micros(100), child.wait()).await;
        }
        _ => drop(child),
    }
}

#[test]
fn fault_069_ten_thousand_children_leave_no_zombie() {
    const CHILDREN: usize = 10_000;
    const AT_ONCE: usize = 16;
    const NAME: &str = "children::fault_069_ten_thousand_children_leave_no_zombie";
    in_own_process(NAME, || {
        let _longer = Watchdog::with_limit(Duration::from_secs(60));
        let runtime = Runtime::new().expect("a runtime");
        let open = descriptors();
        runtime.block_on(async {
            let following = (0..AT_ONCE).map(|first| async move {
                for number in (first..CHILDREN).step_by(AT_ONCE) {
                    follow(number).await;
                }
            });
            futures::future::join_all(following.map(runtime::spawn)).await;
        });
        assert_no_children();
        drop(runtime);
        assert_eq!(descriptors(), open);
    });
}

/// The child has started; nothing can be opened to wait for it.
#[test]
fn fault_070_a_child_that_cannot_be_watched_is_an_error_and_not_lost() {
    const NAME: &str =
        "children::fault_070_a_child_that_cannot_be_watched_is_an_error_and_not_lost";
    in_own_process(NAME, || {
        let refused = Cell::new(0);
        for more in 0..5 {
            for runtime in runtimes() {
                let open = descriptors();
                runtime.block_on(async {
                    let mut command = Command::new("cat");
                    let mut child = command.stdin(Stdio::piped()).spawn().expect("a child");
                    let stdin = child.stdin.take();
                    let limit = DescriptorLimit::room_for(more);
                    let waiting = timeout(Duration::from_millis(20), child.wait()).await;
                    drop(limit);
                    if let Ok(ended) = waiting {
                        let error = ended.expect_err("it lives");
                        assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
                        refused.set(refused.get() + 1);
                    }
                    // It is the caller's as before, who may wait on.
                    assert!(child.id().is_some());
                    drop(stdin);
                    assert!(child.wait().await.expect("its end").success());

                    let mut command = Command::new("cat");
                    let child = command.stdin(Stdio::piped()).kill_on_drop(true);
                    let mut child = child.spawn().expect("a child");
                    let limit = DescriptorLimit::room_for(0);
                    let _ = timeout(Duration::from_millis(1), child.wait()).await;
                    drop(child);
                    drop(limit);
                });
                assert_no_children();
                drop(runtime);
                // The bell of signals stays, once it is made.
                assert!(descriptors() <= open + 2);
            }
        }
        assert!(refused.get() > 0);
    });
}

/// Whoever drops it is told nothing of the child: the reaper, who asks without such a filter, is.
#[test]
fn fault_069_a_look_that_fails_forgets_no_child() {
    const NAME: &str = "children::fault_069_a_look_that_fails_forgets_no_child";
    in_own_process(NAME, || {
        for error in [libc::EINTR, libc::EPERM] {
            let runtime = Runtime::new().expect("a runtime");
            let _in = runtime.enter();
            let mut lives_on = Command::new("cat");
            let mut lives_on = lives_on.stdin(Stdio::piped()).spawn().expect("a child");
            let stdin = lives_on.stdin.take();
            // From here on there is a reaper's thread.
            drop(lives_on);
            let child = quick().spawn().expect("a child");
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    refuse(&[(libc::SYS_wait4, error)]);
                    drop(child);
                });
            });
            let begun = Instant::now();
            while children().len() > 1 {
                assert!(begun.elapsed() < REAPED_WITHIN * 5, "a zombie");
                std::thread::sleep(Duration::from_millis(5));
            }
            drop(stdin);
            assert_no_children();
        }
    });
}

#[test]
fn fault_069_where_the_reapers_thread_was_refused_the_next_wait_or_drop_starts_it() {
    const NAME: &str =
        "children::fault_069_where_the_reapers_thread_was_refused_the_next_wait_or_drop_starts_it";
    in_own_process(NAME, || {
        let runtime = Runtime::new().expect("a runtime");
        let waits = |mut child: Child| drop(runtime.block_on(child.wait()));
        let drops = |child: Child| {
            while children().iter().any(|state| *state != 'Z') {
                std::thread::sleep(Duration::from_millis(1));
            }
            drop(child);
        };
        let next: [&dyn Fn(Child); 2] = [&waits, &drops];
        for next in next {
            let _in = runtime.enter();
            let mut orphan = Command::new("cat");
            let mut orphan = orphan.stdin(Stdio::piped()).spawn().expect("a child");
            let stdin = orphan.stdin.take();
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    refuse(&[
                        (libc::SYS_clone3, libc::EAGAIN),
                        (libc::SYS_clone, libc::EAGAIN),
                    ]);
                    drop(orphan);
                });
            });
            drop(stdin);
            next(quick().spawn().expect("a child"));
            assert_no_children();
        }
    });
}

/// As in a sandbox, or before Linux 5.3.
#[test]
fn fault_073_without_pidfds_children_are_awaited_by_signal_and_not_by_looking() {
    const CHILDREN: usize = 40;
    const NAME: &str =
        "children::fault_073_without_pidfds_children_are_awaited_by_signal_and_not_by_looking";
    in_own_process(NAME, || {
        refuse(&[(libc::SYS_pidfd_open, libc::ENOSYS)]);
        for runtime in runtimes() {
            let begun = Instant::now();
            runtime.block_on(async {
                for number in 0..CHILDREN {
                    let mut child = Command::new("sh");
                    let child = child.arg("-c").arg(format!("read line; exit {number}"));
                    let mut child = child.stdin(Stdio::piped()).spawn().expect("a child");
                    let mut stdin = child.stdin.take().expect("a pipe");
                    let (end, ()) = futures::join!(child.wait(), async {
                        runtime::task::yield_now().await;
                        stdin.write_all(b"\n").await.expect("written");
                    });
                    let expected = i32::try_from(number).expect("small");
                    assert_eq!(end.expect("its end").code(), Some(expected));
                }
            });
            // Who only looks twice a second needs half a second for each.
            let took = begun.elapsed();
            assert!(
                took < Duration::from_millis(500) * CHILDREN as u32 / 2,
                "{took:?}"
            );
        }
        assert_no_children();
    });
}

#[test]
fn fault_074_a_panic_before_exec_ends_the_child_only() {
    const NAME: &str = "children::fault_074_a_panic_before_exec_ends_the_child_only";
    in_own_process(NAME, || {
        for runtime in runtimes() {
            let open = descriptors();
            runtime.block_on(async {
                let mut command = quick();
                // SAFETY: it panics, which ends the child.
                unsafe { command.pre_exec(|| panic!("the test's own")) };
                match command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() {
                    Ok(mut child) => {
                        let end = child.wait().await.expect("its end");
                        assert_eq!(end.signal(), Some(libc::SIGABRT), "{end:?}");
                    }
                    Err(error) => println!("told at once: {error}"),
                }
            });
            assert_no_children();
            drop(runtime);
            assert_eq!(descriptors(), open);
        }
    });
}

/// Each given up at another place.
#[test]
fn fault_074_waiting_given_up_at_any_time_leaves_nothing() {
    const NAME: &str = "children::fault_074_waiting_given_up_at_any_time_leaves_nothing";
    in_own_process(NAME, || {
        for runtime in runtimes() {
            let open = descriptors();
            runtime.block_on(async {
                for micros in (0..4000).step_by(100) {
                    let mut command = Command::new("sh");
                    let command = command.arg("-c").arg("echo out; echo error >&2");
                    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
                    if let Ok(output) = timeout(Duration::from_micros(micros), output).await {
                        assert_eq!(output.expect("its end").stdout, b"out\n");
                    }
                }
            });
            assert_no_children();
            drop(runtime);
            assert_eq!(descriptors(), open);
        }
    });
}

/// The runtime goes while children and those who read from them are in mid-way.
#[test]
fn fault_069_children_whose_runtime_ends_leave_no_zombie_and_no_descriptor() {
    const NAME: &str =
        "children::fault_069_children_whose_runtime_ends_leave_no_zombie_and_no_descriptor";
    in_own_process(NAME, || {
        for runtime in runtimes() {
            let open = descriptors();
            let started: Vec<_> = (0..40)
                .map(|number| {
                    runtime.spawn(async move {
                        let mut command = Command::new("cat");
                        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
                        let mut child: Child = command.kill_on_drop(number % 2 == 0).spawn()?;
                        let mut stdout = child.stdout.take().expect("a pipe");
                        stdout.read_u8().await?;
                        child.wait().await.map(drop)
                    })
                })
                .collect();
            runtime.block_on(async { runtime::time::sleep(Duration::from_millis(20)).await });
            assert!(started.iter().all(|task| !task.is_finished()));
            drop(runtime);
            for task in started {
                let end: Result<io::Result<()>, _> = futures::executor::block_on(task);
                assert!(end.is_err_and(|error| error.is_cancelled()));
            }
            assert_no_children();
            assert_eq!(descriptors(), open);
        }
    });
}
