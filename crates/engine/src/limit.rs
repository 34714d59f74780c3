//! Every limit of the engine, named in one place, with its unit last.

/// Lines of a stream that are read from the store at a time.
pub const STREAM_PAGE_LINES: usize = 256;
/// Most events of one batch.
pub const BATCH_EVENTS_MAX: usize = 2048;
/// Most bytes of one batch, counted by the texts and bodies in it.
pub const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most bytes of callback bodies and message texts kept in memory for their first attempt or submit; what does not
/// fit is read from the store when its turn comes.
pub const WORK_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most phones whose record is kept in memory, in each of two generations.
pub const PHONES_CACHED_MAX: usize = 16 * 1024;
/// Tables of lanes and of what waits in them keep room for so many when they are empty; more is given back.
pub const LANES_KEPT: usize = 4096;
/// Failed attempts in a row after which an application's breaker opens.
pub const BREAKER_FAILURES: u32 = 5;
/// First wait of an open breaker before its canary, in milliseconds; doubles up to [`BREAKER_WAIT_MS_MAX`].
pub const BREAKER_WAIT_MS: u64 = 1_000;
/// Longest wait of an open breaker, in milliseconds.
pub const BREAKER_WAIT_MS_MAX: u64 = 60_000;
/// How long a link pauses when the network asks to slow down, in milliseconds.
pub const THROTTLE_PAUSE_MS: u64 = 1_000;
/// Segments refused for now in a row after which the whole link pauses: then it is not about the phones.
pub const REFUSALS_IN_A_ROW_MAX: u32 = 10;
/// How long the engine waits before it tries again what a full store refused, in milliseconds.
pub const STORE_PAUSE_MS: u64 = 250;
/// How far the clock may step back without the order of callbacks following it, in milliseconds.
pub const STEP_BACK_MS_MAX: u64 = 3_600_000;
/// How long a drain waits for work under way, in milliseconds.
pub const DRAIN_MS: u64 = 20_000;
/// Longest sleep of the engine when nothing is due, in milliseconds.
pub const SLEEP_MS_MAX: u64 = 1_000;
/// How often old days and outlived rows are looked for, in milliseconds.
pub const SWEEP_EVERY_MS: u64 = 600_000;
/// How many records one look for overdue MTs reads.
pub const OVERDUE_SCAN_ROWS: usize = 5_000;
/// Pause between two rounds of looking for overdue MTs, in milliseconds.
pub const OVERDUE_EVERY_MS: u64 = 60_000;
