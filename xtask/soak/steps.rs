//! What a hand may do: each step works alone, checks what comes of it, and leaves nothing behind,
//! also when it is dropped half-way.

mod system;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use runtime::runtime::Builder;
use runtime::sync::{Barrier, Mutex, Notify, RwLock, Semaphore, broadcast, mpsc, oneshot, watch};
use runtime::task::{JoinSet, LocalSet, spawn_blocking, spawn_local, yield_now};
use runtime::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use crate::random::Random;

type Step = fn(Random) -> Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

pub(super) const STEPS: [(&str, Step); 15] = [
    ("tasks", |random| Box::pin(tasks(random))),
    ("timers", |random| Box::pin(timers(random))),
    ("mpsc", |random| Box::pin(queue(random))),
    ("news", |random| Box::pin(news(random))),
    ("locks", |random| Box::pin(locks(random))),
    ("meetings", |_| Box::pin(meetings())),
    ("closures", |random| Box::pin(closures(random))),
    ("locals", |random| Box::pin(locals(random))),
    ("runtimes", |random| Box::pin(runtimes(random))),
    ("tcp", |random| Box::pin(system::tcp(random))),
    ("udp", |random| Box::pin(system::udp(random))),
    ("unix", |random| Box::pin(system::unix(random))),
    ("files", |random| Box::pin(system::files(random))),
    ("processes", |random| Box::pin(system::processes(random))),
    ("signals", |random| Box::pin(system::signals(random))),
];

fn same<T: PartialEq + std::fmt::Debug>(came: T, expected: T) -> io::Result<()> {
    if came == expected {
        return Ok(());
    }
    Err(io::Error::other(format!("{came:?}, not {expected:?}")))
}

fn micros(random: &mut Random, below: u64) -> Duration {
    Duration::from_micros(random.below(below))
}

async fn tasks(mut random: Random) -> io::Result<()> {
    let mut set = JoinSet::new();
    for number in 0..random.below(20) {
        let pause = micros(&mut random, 3000);
        set.spawn(async move {
            yield_now().await;
            sleep(pause).await;
            number
        });
    }
    // Detached ones end by themselves.
    drop(runtime::spawn(sleep(micros(&mut random, 2000))));
    let kept = runtime::spawn(std::future::pending::<()>());
    kept.abort();
    same(kept.await.is_err_and(|error| error.is_cancelled()), true)?;
    match random.below(3) {
        0 => set.shutdown().await,
        1 => drop(set),
        _ => while set.join_next().await.is_some() {},
    }
    Ok(())
}

async fn timers(mut random: Random) -> io::Result<()> {
    let mut ticks = interval(Duration::from_micros(1 + random.below(500)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for _ in 0..random.below(5) {
        ticks.tick().await;
    }
    let far = sleep(Duration::from_secs(86_400));
    let mut far = std::pin::pin!(far);
    same(
        timeout(micros(&mut random, 1000), far.as_mut())
            .await
            .is_err(),
        true,
    )?;
    let due = Instant::now() + micros(&mut random, 1000);
    far.as_mut().reset(due);
    far.await;
    same(Instant::now() >= due, true)
}

async fn queue(mut random: Random) -> io::Result<()> {
    let (sender, mut receiver) = mpsc::channel(1 + random.below(4) as usize);
    let count = random.below(50);
    let sends = runtime::spawn(async move {
        for number in 0..count {
            if sender.send(Box::new(number)).await.is_err() {
                return;
            }
        }
    });
    let until = random.below(2 * count + 1);
    for number in 0..count.min(until) {
        same(receiver.recv().await.as_deref(), Some(&number))?;
    }
    // What lies there is dropped with the channel.
    drop(receiver);
    sends.await.map_err(io::Error::other)
}

async fn news(mut random: Random) -> io::Result<()> {
    let (all, mut hears) = broadcast::channel(16);
    let (last, mut sees) = watch::channel(0);
    let (once, comes) = oneshot::channel();
    let count = random.below(10);
    let tells = runtime::spawn(async move {
        for number in 1..=count {
            let _ = all.send(Box::new(number));
            let _ = last.send(number);
            yield_now().await;
        }
        once.send(count)
    });
    for number in 1..=count {
        same(hears.recv().await.ok().as_deref(), Some(&number))?;
    }
    let seen = sees.wait_for(|number| *number == count).await;
    same(seen.is_ok_and(|number| *number == count), true)?;
    same(comes.await.ok(), Some(count))?;
    tells.await.map(drop).map_err(io::Error::other)
}

async fn locks(mut random: Random) -> io::Result<()> {
    let (lock, shared) = (Arc::new(Mutex::new(0_u64)), Arc::new(RwLock::new(0_u64)));
    let permits = Arc::new(Semaphore::new(2));
    let mut set = JoinSet::new();
    let count = random.below(8);
    for _ in 0..count {
        let (lock, shared, permits) = (lock.clone(), shared.clone(), permits.clone());
        set.spawn(async move {
            let _permit = permits.acquire().await;
            *lock.lock().await += 1;
            yield_now().await;
            *shared.write().await += 1;
            *shared.read().await
        });
    }
    while set.join_next().await.is_some() {}
    same(*lock.lock().await, count)?;
    same(*shared.read().await, count)?;
    same(permits.available_permits(), 2)
}

async fn meetings() -> io::Result<()> {
    let (barrier, notify) = (Arc::new(Barrier::new(3)), Arc::new(Notify::new()));
    let mut set = JoinSet::new();
    for _ in 0..2 {
        let (barrier, notify) = (barrier.clone(), notify.clone());
        set.spawn(async move {
            barrier.wait().await;
            notify.notify_one();
        });
    }
    barrier.wait().await;
    notify.notified().await;
    while set.join_next().await.is_some() {}
    Ok(())
}

async fn closures(mut random: Random) -> io::Result<()> {
    let pause = micros(&mut random, 500);
    let slept = spawn_blocking(move || {
        std::thread::sleep(pause);
        vec![7; 1000].len()
    });
    same(slept.await.map_err(io::Error::other)?, 1000)?;
    let in_place = runtime::spawn(async move {
        runtime::task::block_in_place(|| std::thread::sleep(pause));
    });
    in_place.await.map_err(io::Error::other)
}

/// On a runtime of one thread of its own, which is made and dropped with it.
async fn locals(mut random: Random) -> io::Result<()> {
    let count = random.below(10);
    let ran = spawn_blocking(move || {
        let runtime = Builder::new_current_thread().build()?;
        let set = LocalSet::new();
        let ran = std::rc::Rc::new(std::cell::Cell::new(0));
        for _ in 0..count {
            let ran = ran.clone();
            set.spawn_local(async move {
                yield_now().await;
                ran.set(ran.get() + 1);
            });
        }
        set.spawn_local(std::future::pending::<()>());
        set.block_on(&runtime, async {
            let last = spawn_local(sleep(Duration::from_micros(300)));
            let _ = last.await;
        });
        Ok::<_, io::Error>(ran.get())
    });
    same(ran.await.map_err(io::Error::other)??, count)
}

async fn runtimes(mut random: Random) -> io::Result<()> {
    let (tasks, ends) = (random.below(20), random.below(3));
    let made = spawn_blocking(move || {
        let runtime = Builder::new_multi_thread().worker_threads(2).build()?;
        for number in 0..tasks {
            runtime.spawn(sleep(Duration::from_millis(number * 500)));
        }
        runtime.spawn_blocking(|| ());
        match ends {
            0 => drop(runtime),
            1 => runtime.shutdown_timeout(Duration::from_secs(10)),
            _ => runtime.shutdown_background(),
        }
        Ok(())
    });
    made.await.map_err(io::Error::other)?
}
