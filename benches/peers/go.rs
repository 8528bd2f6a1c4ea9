//! Go, where it is installed: the program in `go/`, built beside this binary.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::child::{self, Child, Role};
use crate::row::{Divisor, Entry, Figure, Work};

/// A row, and how it is measured.
type Named = (&'static str, fn(&str, Divisor) -> Vec<Figure>);

const ROWS: [Named; 18] = [
    ("spawn_join", row),
    ("chained_spawn", row),
    ("ping_pong", row),
    ("fork_join", row),
    ("yield_many", row),
    ("mutex", row),
    ("mpsc_bounded_1x1", row),
    ("mpsc_5x1000_roomy", row),
    ("mpsc_5x1000_full", row),
    ("oneshot", row),
    ("request_reply_task", row),
    ("brigade_switch_pipes", row),
    ("brigade_switch_channels", row),
    ("echo_rtt", |name, divisor| {
        echo(name, Role::RoundTrips, divisor)
    }),
    ("echo_load_64", |name, divisor| load(name, 64, divisor)),
    ("echo_load_1000", |name, divisor| load(name, 1_000, divisor)),
    ("echo_inside_1", row),
    ("echo_inside_100", row),
];

/// Nothing where there is no Go.
pub(super) fn rows() -> Vec<Entry> {
    if !installed() {
        return Vec::new();
    }
    let entry = |(name, measure)| Entry {
        names: vec![name],
        work: Work::Apart(measure),
    };
    ROWS.into_iter().map(entry).collect()
}

/// Whether there is a Go to build with.
pub(crate) fn installed() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join("go").is_file())
}

fn row(name: &str, divisor: Divisor) -> Vec<Figure> {
    let mut command = Command::new(program());
    command.args([name, &divisor.to_string()]);
    Child::spawn(command).figures()
}

fn load(name: &str, connections: usize, divisor: Divisor) -> Vec<Figure> {
    let bytes = 64;
    echo(name, Role::Load { connections, bytes }, divisor)
}

/// The server is Go's, the client that of the other peers.
fn echo(name: &str, role: Role, divisor: Divisor) -> Vec<Figure> {
    let trips = (20_000 / divisor).max(1);
    let mut command = Command::new(program());
    command.arg("serve");
    let mut server = Child::spawn(command);
    let address = server.line();
    let mut client = Child::start(role, &address);
    client.run(trips.div_ceil(5));
    let before = used(&mut server);
    let time = client.run(trips);
    let after = used(&mut server);
    let trips = trips as f64;
    let mut figure = Figure::new(name, "ns", time.as_nanos() as f64 / trips);
    figure.cpu = Some((after[0] - before[0]) / trips);
    figure.switches = Some((after[1] - before[1]) / trips);
    // The server ends with its input; the client before it, so that no connection breaks.
    drop(client);
    vec![figure]
}

/// CPU nanoseconds and switches so far.
fn used(server: &mut Child) -> [f64; 2] {
    let line = server.ask("used");
    let (cpu, switches) = line.split_once(' ').expect("two figures");
    [child::number(cpu), child::number(switches)]
}

/// The program, built anew if a source is younger.
fn program() -> PathBuf {
    let binary = std::env::current_exe().expect("the binary has a path");
    let program = binary.with_file_name("runtime-benches-go");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("go");
    let files = fs::read_dir(folder).expect("the sources are there");
    let sources: Vec<PathBuf> = files
        .map(|file| file.expect("a folder can be read").path())
        .collect();
    let built = changed(&program);
    if sources.iter().any(|source| changed(source) >= built) {
        let mut command = Command::new("go");
        command.arg("build").arg("-o").arg(&program).args(sources);
        let status = command.status().expect("go is installed");
        assert!(status.success(), "the program in Go cannot be built");
    }
    program
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}
