//! Secrets, redacted by type: nothing prints them, and comparing them takes the same time wherever they differ.

use std::fmt;

/// A secret text. `Debug` and `Display` show `•••`; only [`Secret::expose`] gives it away.
#[derive(Clone, Default)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret text.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The secret itself; call it only where it goes onto the wire.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// True when nothing was configured.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Compares with what a peer presented. The time depends on the presented length alone.
    pub fn matches(&self, presented: &str) -> bool {
        let mine = self.0.as_bytes();
        let theirs = presented.as_bytes();
        let mut differences = u8::from(mine.len() != theirs.len());
        for (i, byte) in theirs.iter().enumerate() {
            let own = if mine.is_empty() { 0 } else { mine[i % mine.len()] };
            differences |= own ^ byte;
        }
        std::hint::black_box(differences) == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Secret) -> bool {
        self.matches(&other.0)
    }
}

impl Eq for Secret {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_matches_only_itself_and_never_prints() {
        let secret = Secret::new("s3cret");
        assert!(secret.matches("s3cret"));
        for wrong in ["", "s3cre", "s3cret1", "S3cret", "s3crets3cret"] {
            assert!(!secret.matches(wrong), "{wrong}");
        }
        assert!(Secret::new("").matches(""));
        assert!(!Secret::new("").matches("a"));
        assert_eq!(format!("{secret:?} {secret}"), "••• •••");
    }
}
