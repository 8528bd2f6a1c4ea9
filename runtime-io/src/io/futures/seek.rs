//! Moving the position.

use std::future::Future;
use std::io::{self, SeekFrom};
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::io::AsyncSeek;

pin_project! {
    /// Future of [`AsyncSeekExt::seek`](crate::io::AsyncSeekExt::seek).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Seek<'a, S: ?Sized> {
        pub(in crate::io) stream: &'a mut S,
        pub(in crate::io) position: Option<SeekFrom>,
        #[pin]
        pub(in crate::io) pinned: PhantomPinned,
    }
}

impl<S: AsyncSeek + Unpin + ?Sized> Future for Seek<'_, S> {
    type Output = io::Result<u64>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let this = self.project();
        if let Some(position) = *this.position {
            // Whatever was begun before comes to its end first.
            ready!(Pin::new(&mut **this.stream).poll_complete(cx))?;
            Pin::new(&mut **this.stream).start_seek(position)?;
            *this.position = None;
        }
        Pin::new(&mut **this.stream).poll_complete(cx)
    }
}
