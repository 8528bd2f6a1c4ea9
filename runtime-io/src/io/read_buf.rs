//! A buffer that is filled step by step and need not be initialised before.
//!
//! ```text
//! [  filled  |  initialised, not filled  |  not initialised  ]
//! 0        filled                   initialized          capacity
//! ```
//!
//! **Invariants.** 1. `filled <= initialized <= buf.len()`. 2. The first `initialized` bytes are
//! initialised. What is initialised stays so: bytes are overwritten by initialised ones only, by
//! contract of the unsafe methods.
#![allow(unsafe_code, reason = "views of the initialised part")]

use std::fmt;
use std::mem::MaybeUninit;
use std::ptr;

use bytes::BufMut;
use bytes::buf::UninitSlice;

/// A byte buffer that a reader fills, which keeps track of what is filled and what is initialised.
///
/// ```
/// use runtime::io::ReadBuf;
///
/// let mut bytes = [0; 8];
/// let mut buf = ReadBuf::new(&mut bytes);
/// buf.put_slice(b"abc");
/// assert_eq!((buf.filled(), buf.remaining()), (&b"abc"[..], 5));
/// ```
pub struct ReadBuf<'a> {
    buf: &'a mut [MaybeUninit<u8>],
    filled: usize,
    initialized: usize,
}

impl<'a> ReadBuf<'a> {
    /// An empty buffer over initialised bytes.
    #[inline]
    pub fn new(buf: &'a mut [u8]) -> ReadBuf<'a> {
        let initialized = buf.len();
        let bytes = ptr::from_mut(buf) as *mut [MaybeUninit<u8>];
        // SAFETY: the same bytes, borrowed for as long. None of the methods writes an uninitialised
        // byte (invariant 2).
        let buf = unsafe { &mut *bytes };
        ReadBuf {
            buf,
            filled: 0,
            initialized,
        }
    }

    /// An empty buffer over bytes that may be uninitialised.
    #[inline]
    pub fn uninit(buf: &'a mut [MaybeUninit<u8>]) -> ReadBuf<'a> {
        ReadBuf {
            buf,
            filled: 0,
            initialized: 0,
        }
    }

    /// How many bytes it holds at most.
    #[inline]
    pub fn capacity(&self) -> usize {
        self.buf.len()
    }

    /// What has been filled.
    #[inline]
    pub fn filled(&self) -> &[u8] {
        let filled = &self.buf[..self.filled];
        // SAFETY: initialised, by invariants 1 and 2.
        unsafe { assume_init(filled) }
    }

    /// What has been filled, to be changed.
    #[inline]
    pub fn filled_mut(&mut self) -> &mut [u8] {
        let filled = &mut self.buf[..self.filled];
        // SAFETY: initialised, by invariants 1 and 2.
        unsafe { assume_init_mut(filled) }
    }

    /// A buffer of its own over the next `n` unfilled bytes, or all if there are fewer.
    ///
    /// What is filled there counts here only after [`ReadBuf::assume_init`] and
    /// [`ReadBuf::advance`].
    #[inline]
    pub fn take(&mut self, n: usize) -> ReadBuf<'_> {
        let max = self.remaining().min(n);
        let initialized = (self.initialized - self.filled).min(max);
        let buf = &mut self.buf[self.filled..][..max];
        ReadBuf {
            buf,
            filled: 0,
            initialized,
        }
    }

    /// What is initialised: the filled part and maybe more.
    #[inline]
    pub fn initialized(&self) -> &[u8] {
        let initialized = &self.buf[..self.initialized];
        // SAFETY: initialised, by invariant 2.
        unsafe { assume_init(initialized) }
    }

    /// What is initialised, to be changed.
    #[inline]
    pub fn initialized_mut(&mut self) -> &mut [u8] {
        let initialized = &mut self.buf[..self.initialized];
        // SAFETY: initialised, by invariant 2.
        unsafe { assume_init_mut(initialized) }
    }

    /// The whole buffer, filled or not.
    ///
    /// # Safety
    /// The caller writes no uninitialised byte over an initialised one.
    #[inline]
    pub unsafe fn inner_mut(&mut self) -> &mut [MaybeUninit<u8>] {
        self.buf
    }

    /// The part that is not filled.
    ///
    /// # Safety
    /// The caller writes no uninitialised byte over an initialised one.
    #[inline]
    pub unsafe fn unfilled_mut(&mut self) -> &mut [MaybeUninit<u8>] {
        &mut self.buf[self.filled..]
    }

    /// The part that is not filled, all of it initialised.
    #[inline]
    pub fn initialize_unfilled(&mut self) -> &mut [u8] {
        self.initialize_unfilled_to(self.remaining())
    }

    /// The next `n` unfilled bytes, initialised.
    ///
    /// # Panics
    /// If fewer remain.
    #[inline]
    #[track_caller]
    pub fn initialize_unfilled_to(&mut self, n: usize) -> &mut [u8] {
        assert!(self.remaining() >= n, "n overflows remaining");
        let end = self.filled + n;
        if self.initialized < end {
            self.buf[self.initialized..end].fill(MaybeUninit::new(0));
            self.initialized = end;
        }
        let unfilled = &mut self.buf[self.filled..end];
        // SAFETY: initialised up to `end`, by the lines above.
        unsafe { assume_init_mut(unfilled) }
    }

    /// How many bytes are not filled.
    #[inline]
    pub fn remaining(&self) -> usize {
        self.capacity() - self.filled
    }

    /// Nothing is filled any more; what is initialised stays so.
    #[inline]
    pub fn clear(&mut self) {
        self.filled = 0;
    }

    /// Counts `n` more initialised bytes as filled.
    ///
    /// # Panics
    /// If they are not initialised.
    #[inline]
    #[track_caller]
    pub fn advance(&mut self, n: usize) {
        let filled = self.filled.checked_add(n).expect("filled overflow");
        self.set_filled(filled);
    }

    /// Sets how many bytes are filled; may also be fewer than before.
    ///
    /// # Panics
    /// If they are not initialised.
    #[inline]
    #[track_caller]
    pub fn set_filled(&mut self, n: usize) {
        assert!(
            n <= self.initialized,
            "filled must not become larger than initialized"
        );
        self.filled = n;
    }

    /// Counts the first `n` unfilled bytes as initialised.
    ///
    /// # Safety
    /// They are.
    #[inline]
    pub unsafe fn assume_init(&mut self, n: usize) {
        let end = self.filled + n;
        self.initialized = self.initialized.max(end);
    }

    /// Appends `bytes`.
    ///
    /// # Panics
    /// If fewer bytes remain.
    #[inline]
    #[track_caller]
    pub fn put_slice(&mut self, bytes: &[u8]) {
        assert!(
            self.remaining() >= bytes.len(),
            "buf.len() must fit in remaining(); buf.len() = {}, remaining() = {}",
            bytes.len(),
            self.remaining()
        );
        let end = self.filled + bytes.len();
        let target = self.buf[self.filled..end].as_mut_ptr().cast::<u8>();
        // SAFETY: both are `bytes.len()` long, and apart: the target is borrowed mutably.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), target, bytes.len()) };
        self.initialized = self.initialized.max(end);
        self.filled = end;
    }
}

/// # Safety
/// All of it is initialised.
#[inline]
unsafe fn assume_init(bytes: &[MaybeUninit<u8>]) -> &[u8] {
    let bytes = ptr::from_ref(bytes) as *const [u8];
    // SAFETY: same place, length and lifetime; initialised, says the caller.
    unsafe { &*bytes }
}

/// # Safety
/// All of it is initialised.
#[inline]
unsafe fn assume_init_mut(bytes: &mut [MaybeUninit<u8>]) -> &mut [u8] {
    let bytes = ptr::from_mut(bytes) as *mut [u8];
    // SAFETY: same place, length and lifetime; initialised, says the caller.
    unsafe { &mut *bytes }
}

// SAFETY: `chunk_mut` is the unfilled part, `remaining_mut` its length, and advancing moves its
// start.
unsafe impl BufMut for ReadBuf<'_> {
    fn remaining_mut(&self) -> usize {
        self.remaining()
    }

    unsafe fn advance_mut(&mut self, n: usize) {
        // SAFETY: the caller of `advance_mut` has initialised them.
        unsafe { self.assume_init(n) };
        self.advance(n);
    }

    fn chunk_mut(&mut self) -> &mut UninitSlice {
        UninitSlice::uninit(&mut self.buf[self.filled..])
    }
}

impl fmt::Debug for ReadBuf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadBuf")
            .field("filled", &self.filled)
            .field("initialized", &self.initialized)
            .field("capacity", &self.capacity())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::ReadBuf;
    use bytes::BufMut;
    use std::mem::MaybeUninit;

    #[test]
    fn what_is_initialised_stays_so() {
        let mut bytes = [MaybeUninit::uninit(); 8];
        let mut buf = ReadBuf::uninit(&mut bytes);
        buf.put_slice(b"abc");
        assert_eq!(buf.initialize_unfilled_to(2), [0, 0]);
        assert_eq!((buf.filled().len(), buf.initialized().len()), (3, 5));
        buf.clear();
        assert_eq!(buf.initialized(), b"abc\0\0");
        buf.set_filled(2);
        assert_eq!(buf.filled(), b"ab");
        assert_eq!(buf.remaining(), 6);
    }

    #[test]
    fn a_taken_part_counts_only_when_it_is_said_so() {
        let mut bytes = *b"........";
        let mut buf = ReadBuf::new(&mut bytes);
        buf.put_slice(b"x");
        let mut part = buf.take(3);
        assert_eq!((part.capacity(), part.initialized().len()), (3, 3));
        part.put_slice(b"yz");
        assert_eq!(buf.filled(), b"x");
        buf.advance(2);
        assert_eq!(buf.filled(), b"xyz");
        assert_eq!(buf.take(100).capacity(), 5);
    }

    #[test]
    fn buf_mut_fills_it() {
        let mut bytes = [MaybeUninit::uninit(); 4];
        let mut buf = ReadBuf::uninit(&mut bytes);
        buf.put_u16(0x4142);
        assert_eq!(buf.filled(), b"AB");
        assert_eq!(buf.remaining_mut(), 2);
    }

    #[test]
    #[should_panic = "filled must not become larger than initialized"]
    fn uninitialised_bytes_cannot_be_filled() {
        ReadBuf::uninit(&mut [MaybeUninit::uninit(); 4]).advance(1);
    }

    #[test]
    #[should_panic = "must fit in remaining"]
    fn more_than_fits_is_refused() {
        ReadBuf::new(&mut [0; 2]).put_slice(b"abc");
    }
}
