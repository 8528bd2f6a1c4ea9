//! Synchronisation: channels and locks that never block a thread.
