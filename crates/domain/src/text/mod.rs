//! Text as short messages carry it: alphabets, splitting into segments, joining them again, matching words.
//!
//! Pure functions over strings and bytes. User data headers and PDUs are not read here: the `smpp` crate takes the
//! header apart and hands over the numbers it found.

pub mod coding;
pub mod fold;
pub mod gsm7;
pub mod reassembly;
pub mod segment;
