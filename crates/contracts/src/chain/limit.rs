//! Every limit of chains, with its unit last (`docs/build/chains.md §6`).

/// Most requests in a row: the one the application's answer asked for is the first.
pub const DEPTH_MAX: u8 = 12;
/// Most requests of one answer.
pub const FAN_OUT_MAX: usize = 8;
/// Most requests of one chain, all branches together.
pub const REQUESTS_MAX: u16 = 64;
/// How long a chain may take, from the commit of the answer that began it, in milliseconds: 10 minutes.
pub const CHAIN_MS_MAX: u64 = 600_000;
/// Largest body of a request, in bytes.
pub const BODY_BYTES_MAX: usize = 128 * 1024;
/// Longest URL, in bytes, also once it is written in ASCII.
pub const URL_BYTES_MAX: usize = 2048;
/// Most headers of a request, those that are dropped among them.
pub const HEADERS_MAX: usize = 32;
/// Longest name of a header, in bytes.
pub const HEADER_NAME_BYTES_MAX: usize = 64;
/// Longest value of a header, in bytes.
pub const HEADER_VALUE_BYTES_MAX: usize = 4096;
/// Most bytes of all names and values together.
pub const HEADERS_BYTES_MAX: usize = 16 * 1024;
/// Longest host name, in bytes (RFC 1035 §2.3.4, without the root's dot).
pub const HOST_BYTES_MAX: usize = 253;
/// Longest label of a host name, in bytes (RFC 1035 §2.3.4).
pub const LABEL_BYTES_MAX: usize = 63;
/// What was given is repeated in a sentence up to this many characters.
pub(super) const CHARS_SHOWN: usize = 40;
