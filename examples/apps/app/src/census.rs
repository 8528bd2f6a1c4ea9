//! How many tasks there are, for who asks by SIGUSR1: a line on standard output each time.

use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};

use crate::{Failure, Trying, say};

/// Heard from now on. Who counts and who listens for the end are tasks, too.
pub fn count_tasks_when_asked() -> Result<(), Failure> {
    let mut asked = signal(SignalKind::user_defined1()).trying("listening to SIGUSR1")?;
    tokio::spawn(async move {
        while asked.recv().await.is_some() {
            let alive = Handle::current().metrics().num_alive_tasks();
            // Nobody may be reading any more.
            drop(say(format!("tasks: {alive}")));
        }
    });
    Ok(())
}
