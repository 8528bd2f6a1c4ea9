//! Waiting for a descriptor, and operations that wait.

use std::io;
use std::os::fd::AsRawFd;

use super::{AsyncFd, AsyncFdReadyGuard, AsyncFdReadyMutGuard, PRESENT};
use crate::driver::evented::budget;
use crate::driver::readiness::ReadyEvent;
use crate::io::Interest;

/// An example, after lines that make `near`, an `AsyncFd` of a stream, and `far`, its other end.
macro_rules! example {
    ($body:literal) => {
        concat!(
            "```
# use runtime::io::unix::AsyncFd;
# use std::io::{Read, Write};
# use std::os::unix::net::UnixStream;
# runtime::Runtime::new()?.block_on(async {
# let (near, mut far) = UnixStream::pair()?;
# near.set_nonblocking(true)?;
# // SAFETY: the stream keeps its descriptor open, and the same one.
# let mut near = unsafe { AsyncFd::register(near) }?;
# near.get_mut().flush()?;
",
            $body,
            "# Ok::<(), std::io::Error>(())\n# })?;\n# Ok::<(), std::io::Error>(())\n```"
        )
    };
}

impl<T: AsRawFd> AsyncFd<T> {
    /// Waits until one of `interest` is ready. Any number of tasks may wait.
    ///
    /// # Errors
    /// After a shutdown of the runtime.
    ///
    /// # Cancel safety
    /// Lossless: readiness stays until it is cleared.
    ///
    #[doc = example!("use runtime::io::Interest;

let guard = near.ready(Interest::READABLE | Interest::WRITABLE).await?;
assert!(guard.ready().is_writable());
")]
    pub async fn ready(&self, interest: Interest) -> io::Result<AsyncFdReadyGuard<'_, T>> {
        let event = self.wait(interest).await?;
        Ok(AsyncFdReadyGuard::new(self, event))
    }

    /// The same with the right to change the value.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// Lossless.
    ///
    #[doc = example!("use runtime::io::Interest;

let mut guard = near.ready_mut(Interest::WRITABLE).await?;
guard.get_inner_mut().write_all(b\"note\")?;
")]
    pub async fn ready_mut(
        &mut self,
        interest: Interest,
    ) -> io::Result<AsyncFdReadyMutGuard<'_, T>> {
        // Not by `wait`: a future that keeps a shared reference to the value could only be sent if
        // the value were `Sync`.
        let waiting = self.registration.ready(self.get_ref(), interest)?;
        let event = waiting.await?;
        Ok(AsyncFdReadyMutGuard::new(self, Some(event)))
    }

    async fn wait(&self, interest: Interest) -> io::Result<Option<ReadyEvent>> {
        let event = self.registration.ready(self.get_ref(), interest)?.await?;
        Ok(Some(event))
    }

    /// Waits until there is something to read. Any number of tasks may wait.
    ///
    /// # Errors
    /// After a shutdown of the runtime.
    ///
    /// # Cancel safety
    /// Lossless.
    ///
    #[doc = example!("far.write_all(b\"note\")?;
let mut guard = near.readable().await?;
let mut buf = [0; 8];
let count = guard.try_io(|near| near.get_ref().read(&mut buf)).expect(\"there is some\")?;
assert_eq!(count, 4);
")]
    pub async fn readable<'a>(&'a self) -> io::Result<AsyncFdReadyGuard<'a, T>> {
        self.ready(Interest::READABLE).await
    }

    /// The same with the right to change the value.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// Lossless.
    ///
    #[doc = example!("far.write_all(b\"note\")?;
let mut guard = near.readable_mut().await?;
let mut buf = [0; 8];
let count = guard.try_io(|near| near.get_mut().read(&mut buf)).expect(\"there is some\")?;
assert_eq!(count, 4);
")]
    pub async fn readable_mut<'a>(&'a mut self) -> io::Result<AsyncFdReadyMutGuard<'a, T>> {
        self.ready_mut(Interest::READABLE).await
    }

    /// Waits until there is room to write. Any number of tasks may wait.
    ///
    /// # Errors
    /// After a shutdown of the runtime.
    ///
    /// # Cancel safety
    /// Lossless.
    ///
    #[doc = example!("let mut guard = near.writable().await?;
let count = guard.try_io(|near| near.get_ref().write(b\"note\")).expect(\"there is room\")?;
assert_eq!(count, 4);
")]
    pub async fn writable<'a>(&'a self) -> io::Result<AsyncFdReadyGuard<'a, T>> {
        self.ready(Interest::WRITABLE).await
    }

    /// The same with the right to change the value.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// Lossless.
    ///
    #[doc = example!("let mut guard = near.writable_mut().await?;
let count = guard.try_io(|near| near.get_mut().write(b\"note\")).expect(\"there is room\")?;
assert_eq!(count, 4);
")]
    pub async fn writable_mut<'a>(&'a mut self) -> io::Result<AsyncFdReadyMutGuard<'a, T>> {
        self.ready_mut(Interest::WRITABLE).await
    }

    /// Calls `f` whenever one of `interest` is ready, until it does not say `WouldBlock`.
    ///
    /// # Errors
    /// What `f` says; after a shutdown of the runtime.
    ///
    /// # Cancel safety
    /// Lossless: it waits only before `f`, and after it has said `WouldBlock`.
    ///
    #[doc = example!("use runtime::io::Interest;

near.async_io(Interest::WRITABLE, |mut near| near.write_all(b\"note\")).await?;
")]
    pub async fn async_io<R>(
        &self,
        interest: Interest,
        mut f: impl FnMut(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        loop {
            // As in `evented.rs`.
            budget().await;
            let mut guard = self.ready(interest).await?;
            if let Ok(outcome) = guard.try_io(|this| f(this.get_ref())) {
                return outcome;
            }
        }
    }

    /// The same with the right to change the value.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// Lossless: as there.
    ///
    #[doc = example!("use runtime::io::Interest;

near.async_io_mut(Interest::WRITABLE, |near| near.write_all(b\"note\")).await?;
")]
    pub async fn async_io_mut<R>(
        &mut self,
        interest: Interest,
        mut f: impl FnMut(&mut T) -> io::Result<R>,
    ) -> io::Result<R> {
        loop {
            // As in `evented.rs`.
            budget().await;
            let mut guard = self.ready_mut(interest).await?;
            if let Ok(outcome) = guard.try_io(|this| f(this.get_mut())) {
                return outcome;
            }
        }
    }

    /// Calls `f` if one of `interest` is ready.
    ///
    /// If it says `WouldBlock`, the readiness is used up; so it must say so only if the descriptor
    /// did.
    ///
    /// # Errors
    /// `WouldBlock` if nothing of `interest` is ready; what `f` says.
    pub fn try_io<R>(
        &self,
        interest: Interest,
        f: impl FnOnce(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        let event = self.registration.readiness(interest)?;
        let outcome = f(self.get_ref());
        self.after(event, outcome)
    }

    /// The same with the right to change the value.
    ///
    /// # Errors
    /// As there.
    pub fn try_io_mut<R>(
        &mut self,
        interest: Interest,
        f: impl FnOnce(&mut T) -> io::Result<R>,
    ) -> io::Result<R> {
        let event = self.registration.readiness(interest)?;
        let outcome = f(self.inner.as_mut().expect(PRESENT));
        self.after(event, outcome)
    }

    /// Clears the readiness of an operation that would block.
    fn after<R>(&self, event: Option<ReadyEvent>, outcome: io::Result<R>) -> io::Result<R> {
        if let Err(error) = &outcome {
            if error.kind() == io::ErrorKind::WouldBlock {
                self.registration.clear(event.map(ReadyEvent::disproved));
            }
        }
        outcome
    }
}
