//! Nothing of its own: what has to build are the dependencies.
