//! Paths: the same outcomes as the standard library's, step by step, and links that are exchanged
//! while a tree is removed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::everything::scratch;
use crate::runtimes;
use crate::support::Watchdog;

/// Names that steps meet at: files, folders and links of the same few names.
const NAMES: [&str; 7] = ["a", "b", "c", "a/b", "a/c", "b/a", "a/b/c"];

#[derive(Clone, Copy, Debug)]
enum Step {
    Write(usize, u8),
    Read(usize),
    ReadToString(usize),
    CreateDir(usize),
    CreateDirAll(usize),
    RemoveFile(usize),
    RemoveDir(usize),
    RemoveDirAll(usize),
    Rename(usize, usize),
    Copy(usize, usize),
    HardLink(usize, usize),
    Symlink(usize, usize),
    ReadLink(usize),
    Metadata(usize),
    SymlinkMetadata(usize),
    SetReadOnly(usize, bool),
    Canonicalize(usize),
    Exists(usize),
    List(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let name = || 0..NAMES.len();
    let two = || (0..NAMES.len(), 0..NAMES.len());
    prop_oneof![
        3 => (name(), any::<u8>()).prop_map(|(at, byte)| Step::Write(at, byte)),
        1 => name().prop_map(Step::Read),
        1 => name().prop_map(Step::ReadToString),
        3 => name().prop_map(Step::CreateDir),
        1 => name().prop_map(Step::CreateDirAll),
        1 => name().prop_map(Step::RemoveFile),
        1 => name().prop_map(Step::RemoveDir),
        1 => name().prop_map(Step::RemoveDirAll),
        2 => two().prop_map(|(from, to)| Step::Rename(from, to)),
        2 => two().prop_map(|(from, to)| Step::Copy(from, to)),
        1 => two().prop_map(|(from, to)| Step::HardLink(from, to)),
        2 => two().prop_map(|(from, to)| Step::Symlink(from, to)),
        1 => name().prop_map(Step::ReadLink),
        1 => name().prop_map(Step::Metadata),
        1 => name().prop_map(Step::SymlinkMetadata),
        1 => (name(), any::<bool>()).prop_map(|(at, only)| Step::SetReadOnly(at, only)),
        1 => name().prop_map(Step::Canonicalize),
        1 => name().prop_map(Step::Exists),
        2 => name().prop_map(Step::List),
    ]
}

/// What a step said, without what differs between two folders.
type Outcome = Result<String, Option<i32>>;

fn outcome<T>(result: io::Result<T>, show: impl FnOnce(T) -> String) -> Outcome {
    result.map(show).map_err(|error| error.raw_os_error())
}

fn nothing(_: ()) -> String {
    String::new()
}

fn described(metadata: &fs::Metadata) -> String {
    let length = metadata.is_file().then_some(metadata.len());
    let only = metadata.permissions().readonly();
    format!("{:?} {length:?} {only}", metadata.file_type())
}

fn below(root: &Path, path: PathBuf) -> String {
    path.strip_prefix(root)
        .map_or_else(|_| format!("{path:?}"), |rest| format!("{rest:?}"))
}

fn sorted(mut names: Vec<String>) -> String {
    names.sort();
    names.join(" ")
}

async fn ours(root: &Path, step: Step) -> Outcome {
    use runtime::fs as ours;

    let at = |name: usize| root.join(NAMES[name]);
    match step {
        Step::Write(to, byte) => outcome(ours::write(at(to), [byte; 9]).await, nothing),
        Step::Read(from) => outcome(ours::read(at(from)).await, |bytes| format!("{bytes:?}")),
        Step::ReadToString(from) => {
            let text = ours::read_to_string(at(from)).await;
            text.map_err(|error| error.raw_os_error())
        }
        Step::CreateDir(to) => outcome(ours::create_dir(at(to)).await, nothing),
        Step::CreateDirAll(to) => outcome(ours::create_dir_all(at(to)).await, nothing),
        Step::RemoveFile(which) => outcome(ours::remove_file(at(which)).await, nothing),
        Step::RemoveDir(which) => outcome(ours::remove_dir(at(which)).await, nothing),
        Step::RemoveDirAll(which) => outcome(ours::remove_dir_all(at(which)).await, nothing),
        Step::Rename(from, to) => outcome(ours::rename(at(from), at(to)).await, nothing),
        Step::Copy(from, to) => outcome(ours::copy(at(from), at(to)).await, |n| n.to_string()),
        Step::HardLink(from, to) => outcome(ours::hard_link(at(from), at(to)).await, nothing),
        Step::Symlink(from, to) => outcome(ours::symlink(NAMES[from], at(to)).await, nothing),
        Step::ReadLink(of) => outcome(ours::read_link(at(of)).await, |to| format!("{to:?}")),
        Step::Metadata(of) => outcome(ours::metadata(at(of)).await, |one| described(&one)),
        Step::SymlinkMetadata(of) => {
            outcome(ours::symlink_metadata(at(of)).await, |one| described(&one))
        }
        Step::SetReadOnly(which, only) => match ours::metadata(at(which)).await {
            Ok(metadata) => {
                let mut permissions = metadata.permissions();
                permissions.set_readonly(only && metadata.is_file());
                outcome(ours::set_permissions(at(which), permissions).await, nothing)
            }
            Err(error) => Err(error.raw_os_error()),
        },
        Step::Canonicalize(which) => outcome(ours::canonicalize(at(which)).await, |path| {
            below(root, path)
        }),
        Step::Exists(which) => outcome(ours::try_exists(at(which)).await, |is| is.to_string()),
        Step::List(which) => match ours::read_dir(at(which)).await {
            Ok(mut entries) => {
                let mut names = Vec::new();
                while let Some(entry) = entries.next_entry().await.expect("listed") {
                    let kind = entry.file_type().await.expect("known");
                    names.push(format!("{:?}{kind:?}", entry.file_name()));
                }
                Ok(sorted(names))
            }
            Err(error) => Err(error.raw_os_error()),
        },
    }
}

fn theirs(root: &Path, step: Step) -> Outcome {
    let at = |name: usize| root.join(NAMES[name]);
    match step {
        Step::Write(to, byte) => outcome(fs::write(at(to), [byte; 9]), nothing),
        Step::Read(from) => outcome(fs::read(at(from)), |bytes| format!("{bytes:?}")),
        Step::ReadToString(from) => {
            fs::read_to_string(at(from)).map_err(|error| error.raw_os_error())
        }
        Step::CreateDir(to) => outcome(fs::create_dir(at(to)), nothing),
        Step::CreateDirAll(to) => outcome(fs::create_dir_all(at(to)), nothing),
        Step::RemoveFile(which) => outcome(fs::remove_file(at(which)), nothing),
        Step::RemoveDir(which) => outcome(fs::remove_dir(at(which)), nothing),
        Step::RemoveDirAll(which) => outcome(fs::remove_dir_all(at(which)), nothing),
        Step::Rename(from, to) => outcome(fs::rename(at(from), at(to)), nothing),
        Step::Copy(from, to) => outcome(fs::copy(at(from), at(to)), |n| n.to_string()),
        Step::HardLink(from, to) => outcome(fs::hard_link(at(from), at(to)), nothing),
        Step::Symlink(from, to) => {
            outcome(std::os::unix::fs::symlink(NAMES[from], at(to)), nothing)
        }
        Step::ReadLink(of) => outcome(fs::read_link(at(of)), |to| format!("{to:?}")),
        Step::Metadata(of) => outcome(fs::metadata(at(of)), |one| described(&one)),
        Step::SymlinkMetadata(of) => outcome(fs::symlink_metadata(at(of)), |one| described(&one)),
        Step::SetReadOnly(which, only) => {
            let set = fs::metadata(at(which)).and_then(|metadata| {
                let mut permissions = metadata.permissions();
                permissions.set_readonly(only && metadata.is_file());
                fs::set_permissions(at(which), permissions)
            });
            outcome(set, nothing)
        }
        Step::Canonicalize(which) => outcome(fs::canonicalize(at(which)), |path| below(root, path)),
        Step::Exists(which) => outcome(fs::exists(at(which)), |is| is.to_string()),
        Step::List(which) => outcome(fs::read_dir(at(which)), |entries| {
            let names = entries.map(|entry| {
                let entry = entry.expect("listed");
                format!(
                    "{:?}{:?}",
                    entry.file_name(),
                    entry.file_type().expect("known")
                )
            });
            sorted(names.collect())
        }),
    }
}

/// All that is below, with contents.
fn tree(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("listed") {
            let path = entry.expect("listed").path();
            let metadata = fs::symlink_metadata(&path).expect("known");
            let contents = metadata.is_file().then(|| fs::read(&path).expect("read"));
            let place = below(root, path.clone());
            found.push(format!("{place} {} {contents:?}", described(&metadata)));
            if metadata.is_dir() {
                folders.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn fault_068_steps_on_paths_end_as_in_the_standard_library() {
    let _watchdog = Watchdog::new();
    let runtime = runtimes().next().expect("one");
    let config = Config {
        cases: 60,
        failure_persistence: None,
        ..Config::default()
    };
    let steps = proptest::collection::vec(step(), 1..40);
    let agreed = TestRunner::new(config).run(&steps, |steps| {
        let roots = [scratch("ours"), scratch("theirs")];
        roots
            .iter()
            .for_each(|root| fs::create_dir(root).expect("made"));
        for step in steps {
            let one = runtime.block_on(ours(&roots[0], step));
            prop_assert_eq!(one, theirs(&roots[1], step), "{:?}", step);
        }
        prop_assert_eq!(tree(&roots[0]), tree(&roots[1]));
        roots
            .iter()
            .for_each(|root| fs::remove_dir_all(root).expect("removed"));
        Ok(())
    });
    agreed.expect("alike");
}

/// A folder in the tree is exchanged for a link to somebody else's folder, again and again, while the
/// tree is removed: what is behind the link stays.
#[test]
fn fault_067_a_link_put_into_a_tree_that_is_removed_is_not_followed() {
    let _watchdog = Watchdog::new();
    let runtime = runtimes().nth(1).expect("the second");
    let [outside, tree, aside] = ["outside", "tree", "aside"].map(scratch);
    fs::create_dir(&outside).expect("made");
    for name in 0..20 {
        fs::write(outside.join(name.to_string()), b"precious").expect("written");
    }
    let stop = Arc::new(AtomicBool::new(false));
    let swapping = {
        let (stop, tree, aside, outside) = (
            Arc::clone(&stop),
            tree.clone(),
            aside.clone(),
            outside.clone(),
        );
        thread::spawn(move || {
            // Relaxed: a request.
            while !stop.load(Ordering::Relaxed) {
                let inner = tree.join("folder");
                if fs::rename(&inner, &aside).is_ok() {
                    let _ = std::os::unix::fs::symlink(&outside, &inner);
                    let _ = fs::remove_file(&inner);
                    let _ = fs::remove_dir_all(&aside);
                }
            }
        })
    };
    for _ in 0..300 {
        let inner = tree.join("folder");
        let _ = fs::create_dir_all(&inner);
        for name in 0..5 {
            let _ = fs::write(inner.join(name.to_string()), b"rubbish");
        }
        // It may fail: somebody is at it too.
        let _ = runtime.block_on(runtime::fs::remove_dir_all(&tree));
    }
    // Relaxed: as above.
    stop.store(true, Ordering::Relaxed);
    swapping.join().expect("no panic");
    assert_eq!(fs::read_dir(&outside).expect("it is there").count(), 20);
    for path in [outside, tree, aside] {
        let _ = fs::remove_dir_all(path);
    }
}
