//! The crate as its owner and its peers see it.

mod corpus;
mod golden;
mod machine;
mod malformed;
mod numbers;
mod pair;
mod splits;
mod storms;
mod table;
