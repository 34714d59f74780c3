//! The clocks and the chance of a real process.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use domain::time::At;
use engine::port::Clock;

/// Wall and monotonic time of this machine.
#[derive(Clone, Copy)]
pub(crate) struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    pub(crate) fn new() -> SystemClock {
        SystemClock { origin: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> At {
        wall()
    }

    fn monotonic_ms(&self) -> u64 {
        self.origin.elapsed().as_millis() as u64
    }
}

/// Wall time; a clock before 1970 counts as 1970.
pub(crate) fn wall() -> At {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    At(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// 64 random bits of the operating system; without them (never seen) the time has to do.
pub(crate) fn seed() -> u64 {
    getrandom::u64().unwrap_or_else(|_| wall().0 as u64)
}
