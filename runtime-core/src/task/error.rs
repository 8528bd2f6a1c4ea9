//! Why a task gave no output.

use std::any::Any;
use std::fmt;
use std::io;

use super::id::Id;
use crate::loom::Mutex;

/// Why a task gave no output: it was cancelled, or it panicked.
///
/// Two words: each task keeps room for one.
pub struct JoinError {
    id: Id,
    /// `None`: the task was cancelled.
    panic: Option<Box<Payload>>,
}

/// Behind a lock only to be `Sync`: a payload need not be.
type Payload = Mutex<Option<Box<dyn Any + Send>>>;

impl JoinError {
    pub(crate) fn cancelled(id: Id) -> JoinError {
        JoinError { id, panic: None }
    }

    pub(crate) fn panic(id: Id, payload: Box<dyn Any + Send>) -> JoinError {
        JoinError {
            id,
            panic: Some(Box::new(Mutex::new(Some(payload)))),
        }
    }

    /// Whether the task was cancelled: by `abort`, or because its runtime shut down.
    pub fn is_cancelled(&self) -> bool {
        self.panic.is_none()
    }

    /// Whether the task panicked.
    pub fn is_panic(&self) -> bool {
        self.panic.is_some()
    }

    /// The payload of the panic, for [`std::panic::resume_unwind`].
    ///
    /// # Panics
    /// If the task did not panic; see [`JoinError::try_into_panic`].
    #[track_caller]
    pub fn into_panic(self) -> Box<dyn Any + Send + 'static> {
        match self.try_into_panic() {
            Ok(payload) => payload,
            Err(error) => panic!("the task did not panic: {error}"),
        }
    }

    /// The payload of the panic.
    ///
    /// # Errors
    /// The error itself, if the task did not panic.
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send + 'static>, JoinError> {
        let taken = self
            .panic
            .as_ref()
            .and_then(|payload| payload.lock().take());
        taken.ok_or(self)
    }

    /// The id of the task.
    pub fn id(&self) -> Id {
        self.id
    }

    /// The text of a panic whose payload is a string, as `panic!` makes them.
    fn with_message<R>(&self, use_it: impl FnOnce(Option<&str>) -> R) -> R {
        let Some(payload) = &self.panic else {
            return use_it(None);
        };
        let payload = payload.lock();
        let payload = payload.as_deref();
        let text = payload.and_then(|payload| match payload.downcast_ref::<&'static str>() {
            Some(text) => Some(*text),
            None => payload.downcast_ref::<String>().map(String::as_str),
        });
        use_it(text)
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_cancelled() {
            return write!(f, "task {} was cancelled", self.id);
        }
        self.with_message(|message| match message {
            Some(message) => write!(f, "task {} panicked with message {message:?}", self.id),
            None => write!(f, "task {} panicked", self.id),
        })
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_cancelled() {
            return write!(f, "JoinError::Cancelled({:?})", self.id);
        }
        self.with_message(|message| match message {
            Some(message) => write!(f, "JoinError::Panic({:?}, {message:?}, ...)", self.id),
            None => write!(f, "JoinError::Panic({:?}, ...)", self.id),
        })
    }
}

impl std::error::Error for JoinError {}

impl From<JoinError> for io::Error {
    fn from(error: JoinError) -> io::Error {
        let text = if error.is_cancelled() {
            "task was cancelled"
        } else {
            "task panicked"
        };
        io::Error::other(text)
    }
}
