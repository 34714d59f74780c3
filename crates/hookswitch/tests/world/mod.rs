//! The world around a real gateway process: a network that repeats what was not acknowledged, an application that
//! answers, and the process itself, killed and started again. What they saw is plain data for a checker.

pub mod application;
pub mod network;
pub mod process;
