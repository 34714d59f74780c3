//! The two clocks an adapter reads: wall time for records, monotonic milliseconds for the bind machine.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::time::At;
use tokio::time::Instant;

/// Wall time.
pub(crate) fn wall() -> At {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    At(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Milliseconds of a clock that never goes back, since its first use.
pub(crate) fn now_ms() -> u64 {
    u64::try_from(origin().elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The instant of a time that [`now_ms`] will give.
pub(crate) fn instant_of(ms: u64) -> Instant {
    origin() + Duration::from_millis(ms)
}

fn origin() -> Instant {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    *ORIGIN.get_or_init(Instant::now)
}
