//! Options that several kinds of sockets have.

/// A getter and a setter for each option of what `self.socket()` gives.
macro_rules! options {
    ($(
        $(#[$only:meta])*
        $what:literal: $get:ident, $set:ident -> $value:ty, $inner_get:ident, $inner_set:ident;
    )+) => {$(
        #[doc = concat!("Sets ", $what, ".")]
        ///
        /// # Errors
        /// What the operating system says.
        $(#[$only])*
        pub fn $set(&self, value: $value) -> io::Result<()> {
            self.socket().$inner_set(value)
        }

        #[doc = concat!("Tells ", $what, ".")]
        ///
        /// # Errors
        /// What the operating system says.
        $(#[$only])*
        pub fn $get(&self) -> io::Result<$value> {
            self.socket().$inner_get()
        }
    )+};
}

pub(super) use options;
