//! A program as a process in a group of its own.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::patience::{LIMIT, until};

/// What a process wrote, line by line.
type Lines = Arc<Mutex<Vec<String>>>;

#[derive(Debug)]
pub struct Process {
    child: Child,
    name: String,
    out: Lines,
    err: Lines,
    readers: Vec<JoinHandle<()>>,
}

/// What a process left behind.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub out: String,
    pub err: String,
}

impl Process {
    /// Starts a program; the kernel kills it if the thread that called this is gone.
    #[track_caller]
    pub fn start<A: AsRef<str>>(program: &str, arguments: &[A]) -> Process {
        Process::start_as(None, program, arguments)
    }

    /// As this user, for who refuses to run as root.
    #[track_caller]
    pub fn start_as<A: AsRef<str>>(user: Option<&str>, program: &str, arguments: &[A]) -> Process {
        let mut command = Command::new("setpriv");
        if let Some(user) = user {
            command.args(["--reuid", user, "--regid", user, "--clear-groups"]);
        }
        command.args(["--pdeathsig", "KILL", "--", program]);
        command.args(arguments.iter().map(AsRef::as_ref));
        command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("setpriv, of util-linux, is there");
        let (out, err) = (Lines::default(), Lines::default());
        let readers = vec![
            keep(child.stdout.take().expect("it is piped"), out.clone()),
            keep(child.stderr.take().expect("it is piped"), err.clone()),
        ];
        Process {
            child,
            name: program.rsplit('/').next().unwrap_or_default().to_owned(),
            out,
            err,
            readers,
        }
    }

    /// What stands behind these words in a line that it writes, sooner or later.
    #[track_caller]
    pub fn says(&mut self, words: &str) -> String {
        let what = format!("{} says {words:?}", self.name);
        until(&what, || {
            let behind = |line: &String| Some(line.split_once(words)?.1.trim().to_owned());
            let lines = [self.out.clone(), self.err.clone()];
            let found = lines
                .iter()
                .find_map(|lines| lines.lock().expect("no panic").iter().find_map(behind));
            let gone = found.is_none() && self.child.try_wait().expect("it is ours").is_some();
            assert!(!gone, "{} ends: {:?}", self.name, self.err);
            found
        })
    }

    /// Lines on its standard output so far.
    pub fn lines(&self) -> Vec<String> {
        self.out.lock().expect("no panic").clone()
    }

    /// How many tasks one of the applications has, as it says when it is asked.
    #[track_caller]
    pub fn tasks(&self) -> usize {
        let told = || {
            let lines = self.lines();
            let counts = lines.iter().filter_map(|line| line.strip_prefix("tasks: "));
            counts
                .map(|count| count.parse().expect("a number"))
                .collect::<Vec<usize>>()
        };
        let before = told().len();
        self.signal(Signal::USR1);
        until("it counts its tasks", || told().get(before).copied())
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        // An error: it has ended.
        let _ = kill_process_group(id.expect("a process has an id"), signal);
    }

    /// Whether it goes on.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().expect("it is ours").is_none()
    }

    /// Waits for its end.
    #[track_caller]
    pub fn end(self) -> Ended {
        self.end_within(LIMIT)
    }

    #[track_caller]
    pub fn end_within(mut self, limit: Duration) -> Ended {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it is ours") {
                break status;
            }
            let late = begun.elapsed() > limit;
            assert!(
                !late,
                "{} does not end within {limit:?}: {:?}",
                self.name, self.err
            );
            thread::sleep(Duration::from_millis(5));
        };
        // Of its group nobody is left who could keep the pipes open.
        self.signal(Signal::KILL);
        self.readers
            .drain(..)
            .for_each(|reader| reader.join().expect("no panic"));
        let text = |lines: &Lines| lines.lock().expect("no panic").join("\n");
        let ended = Ended {
            status,
            out: text(&self.out),
            err: text(&self.err),
        };
        assert!(
            !ended.err.contains("panicked"),
            "{}: {}",
            self.name,
            ended.err
        );
        ended
    }

    /// Told to end by SIGTERM: it ends well, within this time.
    #[track_caller]
    pub fn terminate(self, limit: Duration) -> Ended {
        self.signal(Signal::TERM);
        let name = self.name.clone();
        let ended = self.end_within(limit);
        assert!(
            ended.status.success(),
            "{name}: {:?}: {}",
            ended.status,
            ended.err
        );
        ended
    }

    /// Without a chance to say good-bye.
    pub fn kill(mut self) {
        self.signal(Signal::KILL);
        drop(self.child.wait());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        drop(self.child.wait());
    }
}

fn keep(pipe: impl Read + Send + 'static, lines: Lines) -> JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n') {
            let Ok(line) = line else { return };
            let line = String::from_utf8_lossy(&line).into_owned();
            lines.lock().expect("no panic").push(line);
        }
    })
}
