//! Every limit of the decisions, named in one place, with its unit last.

use crate::metric::Resolution;

/// Longest address we take, in characters; SMPP 3.4 §4.4.1 allows 20, names on other channels are longer.
pub const ADDRESS_CHARS_MAX: usize = 64;
/// Longest text of one message, in bytes of UTF-8; 255 segments of GSM-7 are 39,015 characters.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Most segments of one MT (3GPP TS 23.040 §9.2.3.24.1: the total is one octet).
pub use crate::text::segment::SEGMENTS_MAX;
/// Most recipients of one send.
pub const RECIPIENTS_MAX: usize = 1000;
/// How often an answer may have a text processed again before the loop is cut.
pub const REPROCESS_HOPS_MAX: u8 = 8;
/// Most open sessions of one phone; the oldest is closed first.
pub const SESSIONS_MAX: usize = 32;
/// Most open USSD dialogs of one phone; the oldest is forgotten first.
pub const DIALOGS_MAX: usize = 4;
/// How long a USSD dialog is remembered without a message, in milliseconds: 10 minutes. Networks end theirs sooner.
pub const DIALOG_MS: u64 = 600_000;
/// Most septets of GSM-7 that a USSD screen takes: 160 octets (3GPP TS 23.038 §6.1.2.3.1).
pub const USSD_SEPTETS_MAX: usize = 182;
/// Most characters of UCS-2 that a USSD screen takes: 160 octets.
pub const USSD_UCS2_MAX: usize = 80;
/// Most applications one phone may be subscribed to.
pub const SUBSCRIPTIONS_MAX: usize = 256;
/// Most network ids remembered for one phone to recognise duplicates; the oldest is forgotten first.
pub const SEEN_MAX: usize = 64;
/// Most long MOs of one phone that may wait for segments at a time; the oldest is flushed first.
pub use crate::text::reassembly::REASSEMBLIES_PER_PHONE_MAX as REASSEMBLIES_MAX;
/// Longest recorded reason, request or answer body in a timeline, in bytes.
pub const RECORDED_BYTES_MAX: usize = 4 * 1024;
/// How far ahead a send may be scheduled, in milliseconds: 366 days.
pub const SCHEDULE_MS_MAX: u64 = 366 * 86_400_000;
/// Longest `Retry-After` that is obeyed, in milliseconds.
pub const RETRY_AFTER_MS_MAX: u64 = 3_600_000;
/// Most replies of one answer.
pub const REPLIES_MAX: usize = 16;
/// Longest text an answer's reply may have, in characters, before it is refused.
pub const REPLY_CHARS_MAX: usize = 10_000;
/// How long an idempotency key is remembered, in milliseconds: 24 h.
pub const IDEMPOTENCY_MS: u64 = 86_400_000;
/// Longest idempotency key, in bytes.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;
/// How long a session that a send opens lives without a message, in milliseconds: 30 minutes.
pub const SENT_SESSION_MS: u64 = 1_800_000;
/// Most series of one account.
pub const SERIES_MAX: usize = 10_000;
/// Longest whole name of a series, in bytes.
pub const SERIES_BYTES_MAX: usize = 512;
/// Most values fired at once.
pub const POINTS_MAX: usize = 10_000;
/// In what steps the values of series are kept, the finest first; each width divides the next one.
pub const RESOLUTIONS: [Resolution; 4] = [
    Resolution { width_s: 10, kept_s: 2 * 86_400 },
    Resolution { width_s: 300, kept_s: 60 * 86_400 },
    Resolution { width_s: 3600, kept_s: 3 * 365 * 86_400 },
    Resolution { width_s: 86_400, kept_s: 3 * 365 * 86_400 },
];
/// Most dashboards of one account.
pub const DASHBOARDS_MAX: usize = 50;
/// Most charts of one dashboard.
pub const CHARTS_MAX: usize = 24;
/// Most series of one chart.
pub const CHART_SERIES_MAX: usize = 6;
/// Most steps of a line on a chart: about two for each of its pixels.
pub const CHART_STEPS_MAX: i64 = 1500;
/// Longest name of a dashboard or title of a chart, in characters.
pub const DASHBOARD_NAME_CHARS_MAX: usize = 80;
