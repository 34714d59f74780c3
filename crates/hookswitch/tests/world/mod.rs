//! The world around a real gateway process: a network that repeats what was not acknowledged, an application that
//! answers, and the process itself, killed and started again. What they saw is plain data for a checker.
#![allow(dead_code, unreachable_pub, reason = "each test is a program of its own and uses its part of the world")]

pub mod able;
pub mod application;
pub mod browser;
pub mod chance;
pub mod cold;
pub mod conversation;
pub mod facts;
pub mod ledger;
pub mod network;
pub mod process;
pub mod program;
pub mod raw_smsc;
pub mod volume;
