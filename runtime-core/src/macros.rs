//! What `select!`, `join!` and `try_join!` expand to: a few lines at the place of use, and the rest
//! here, where it is compiled once and needs no `unsafe` in the user's crate.
//!
//! Each of the three pins one tuple of futures on the stack of its caller and polls the fields in
//! place. `tuples` turns a pinned tuple into its pinned fields; `join` drives the two joins;
//! `select` is the little that a `select!` asks for at run time. The facade re-exports what its
//! macros name.
//!
//! **Rejected**: a future that owns the tuple (`join!` would be a function, and smaller by the
//! pointer, but whoever measures the futures of the vocabulary finds them of another size); nested
//! pairs instead of tuples (any length, but each level pads on its own, and the types of a long
//! `select!` come near the compiler's recursion limit).

mod join;

mod select;

mod tuples;

pub use join::{Branch, Fallible, InOrder, InTurn, Turn};
pub use join::{Join, JoinFutures, TryJoin, TryJoinFutures};
pub use join::{branch, join, join_in_order, try_join, try_join_in_order};
pub use select::{all_disabled, first_branch, poll_budget, unmatched};
pub use tuples::Futures;
