//! `Idempotency-Key`: the key under which a request may be repeated, and the hash by which a repetition is told from
//! another request.

use domain::limit::IDEMPOTENCY_KEY_BYTES_MAX;
use http::HeaderMap;
use sha2::{Digest, Sha256};

use crate::problem::{Kind, Problem};

const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The key a request names; none without one.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let key = value.to_str().unwrap_or_default();
    if values.next().is_some() || key.is_empty() || key.len() > IDEMPOTENCY_KEY_BYTES_MAX {
        let words = format!("Idempotency-Key: give one, of 1 to {IDEMPOTENCY_KEY_BYTES_MAX} visible ASCII characters");
        return Err(Problem::new(Kind::Header, words));
    }
    Ok(Some(key.to_owned()))
}

/// A hash of the fields of a request; other fields, or a field that is missing, give another hash.
pub(crate) fn fingerprint(fields: &[Option<&[u8]>]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for field in fields {
        // The length goes first, so that no two lists of fields give the same bytes.
        let length = field.map_or(u64::MAX, |bytes| bytes.len() as u64);
        hash.update(length.to_be_bytes());
        hash.update(field.unwrap_or_default());
    }
    let mut fingerprint = [0; 16];
    fingerprint.copy_from_slice(&hash.finalize()[..16]);
    fingerprint
}
