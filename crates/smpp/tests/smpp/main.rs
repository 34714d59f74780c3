//! The crate as its owner and its peers see it.

mod golden;
mod machine;
mod malformed;
mod pair;
