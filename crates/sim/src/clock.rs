//! Virtual clocks: the monotonic one moves only when the world says so; the wall clock also ticks a microsecond each
//! time somebody looks, and may step.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use domain::time::At;
use engine::port::Clock;

/// 2026-11-22T00:00:00Z in milliseconds.
const START_MS: i64 = 1_795_305_600_000;

#[derive(Clone)]
pub(crate) struct VirtualClock {
    wall_us: Arc<AtomicI64>,
    monotonic_ms: Arc<AtomicU64>,
}

impl VirtualClock {
    pub(crate) fn new() -> VirtualClock {
        VirtualClock { wall_us: Arc::new(AtomicI64::new(START_MS * 1000)), monotonic_ms: Arc::default() }
    }

    pub(crate) fn advance_to(&self, ms: u64) {
        let before = self.monotonic_ms.fetch_max(ms, Ordering::Relaxed);
        let by = ms.saturating_sub(before);
        self.wall_us.fetch_add(by as i64 * 1000, Ordering::Relaxed);
    }

    pub(crate) fn step(&self, ms: i64) {
        self.wall_us.fetch_add(ms * 1000, Ordering::Relaxed);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> At {
        At(self.wall_us.fetch_add(1, Ordering::Relaxed))
    }

    fn monotonic_ms(&self) -> u64 {
        self.monotonic_ms.load(Ordering::Relaxed)
    }
}
