//! The room and its guests.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::sync::Arc;

use runtime::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy, stdin, stdout};
use runtime::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use runtime::net::{UnixListener, UnixStream};
use runtime::signal::ctrl_c;
use runtime::sync::broadcast::{self, error::RecvError};

/// How many messages are kept for a reader that is behind.
const BACKLOG: usize = 64;

/// The longest line, with its newline.
const LINE_BYTES_MAX: u64 = 1024;

const USAGE: &str = "usage: unix_chat [--join] PATH";

/// Something for all but who caused it.
#[derive(Clone)]
struct Message {
    from: u64,
    text: Arc<str>,
}

/// What the command line asks for.
pub(super) async fn run() -> Result<(), String> {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    match arguments
        .iter()
        .map(OsString::as_os_str)
        .collect::<Vec<_>>()[..]
    {
        [flag, path] if flag == "--join" => join(path).await,
        [path] if !path.as_encoded_bytes().starts_with(b"-") => hold(Path::new(path)).await,
        _ => Err(USAGE.to_string()),
    }
}

/// The room, until ctrl-c.
async fn hold(path: &Path) -> Result<(), String> {
    let shown = path.display();
    let listener = listen(path)
        .await
        .map_err(|error| format!("cannot listen on {shown}: {error}"))?;
    let ended = runtime::select! {
        // Listens before it says so: from then on Ctrl-C removes the file.
        biased;
        ended = ctrl_c() => ended.map_err(|error| format!("cannot wait for ctrl-c: {error}")),
        failed = async {
            writeln!(io::stdout(), "listening on {shown}")?;
            admit(&listener).await
        } => failed.map_err(|error| format!("cannot go on: {error}")),
    };
    // Who comes now finds no room, rather than one that does not answer.
    let removed = fs::remove_file(path).map_err(|error| format!("cannot remove {shown}: {error}"));
    ended.and(removed)
}

/// Binds, also where a room that was killed left its file.
async fn listen(path: &Path) -> io::Result<UnixListener> {
    match UnixListener::bind(path) {
        Err(error) if error.kind() == ErrorKind::AddrInUse && is_abandoned(path).await => {
            fs::remove_file(path)?;
            UnixListener::bind(path)
        }
        outcome => outcome,
    }
}

/// A socket at which nobody listens.
async fn is_abandoned(path: &Path) -> bool {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    let refused = |error: io::Error| error.kind() == ErrorKind::ConnectionRefused;
    is_socket && UnixStream::connect(path).await.is_err_and(refused)
}

/// Goes on until accepting fails.
async fn admit(listener: &UnixListener) -> io::Result<()> {
    let (room, _) = broadcast::channel(BACKLOG);
    for guest in 1.. {
        let (stream, _address) = listener.accept().await?;
        // A connection that fails ends its own task and nothing else.
        runtime::spawn(attend(stream, guest, room.clone()));
    }
    Ok(())
}

/// One guest, to the end of the connection.
async fn attend(stream: UnixStream, from: u64, room: broadcast::Sender<Message>) -> io::Result<()> {
    let name = match stream.peer_cred()?.pid() {
        Some(pid) => format!("process {pid}"),
        None => format!("guest {from}"),
    };
    let tell = |text: String| {
        let text = text.into();
        // Fails only if nobody listens; this guest's own receiver always does.
        let _ = room.send(Message { from, text });
    };
    let others = room.subscribe();
    let (reader, mut writer) = stream.into_split();
    // Before the welcome: a friend who comes once that was read hears nothing of it.
    tell(format!("* {name} is here\n"));
    let welcome = format!("* welcome, {name}\n");
    let welcomed = writer.write_all(welcome.as_bytes()).await;
    let ended = match welcomed {
        Err(error) => Err(error),
        Ok(()) => runtime::select! {
            ended = hear(reader, |line| tell(format!("{name}: {line}\n"))) => ended,
            ended = pass_on(writer, others, from) => ended,
        },
    };
    tell(format!("* {name} has left\n"));
    ended
}

/// Each line of a guest, to the last.
async fn hear(reader: OwnedReadHalf, say: impl Fn(&str)) -> io::Result<()> {
    let mut reader = BufReader::new(reader);
    let mut line = String::new();
    while (&mut reader)
        .take(LINE_BYTES_MAX)
        .read_line(&mut line)
        .await?
        > 0
    {
        if line.len() as u64 == LINE_BYTES_MAX && !line.ends_with('\n') {
            return Err(io::Error::new(ErrorKind::InvalidData, "too long a line"));
        }
        say(line.trim_end_matches(['\r', '\n']));
        line.clear();
    }
    Ok(())
}

/// What the others say, to a guest, until it is gone.
async fn pass_on(
    mut writer: OwnedWriteHalf,
    mut others: broadcast::Receiver<Message>,
    to: u64,
) -> io::Result<()> {
    loop {
        let text: Arc<str> = match others.recv().await {
            Ok(message) if message.from == to => continue,
            Ok(message) => message.text,
            Err(RecvError::Lagged(missed)) => format!("* {missed} missed\n").into(),
            Err(RecvError::Closed) => return Ok(()),
        };
        writer.write_all(text.as_bytes()).await?;
    }
}

/// A guest at a terminal, until its input or the room ends.
async fn join(path: &OsStr) -> Result<(), String> {
    let shown = Path::new(path).display();
    let room = UnixStream::connect(path)
        .await
        .map_err(|error| format!("cannot join {shown}: {error}"))?;
    let (mut from_room, mut to_room) = room.into_split();
    let (mut input, mut output) = (stdin(), stdout());
    runtime::select! {
        ended = copy(&mut from_room, &mut output) => match ended {
            Ok(_) => Err(format!("the room at {shown} is closed")),
            Err(error) => Err(format!("cannot go on in {shown}: {error}")),
        },
        ended = copy(&mut input, &mut to_room) => match ended {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("cannot send: {error}")),
        },
    }
}
