//! The handsets of a simulated operator, as the console's phone types on them. The simulated operator itself is
//! elsewhere; this is only what it offers to HTTP.

use domain::time::At;
use tokio::sync::broadcast;

/// A text that arrived on a handset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneText {
    /// Grows with every text, over all handsets; the cursor of [`Phones::received`].
    pub seq: u64,
    /// The service address it came from.
    pub from: String,
    /// What it says, its segments joined.
    pub text: String,
    /// When it arrived.
    pub at: At,
}

/// A text and the handset it arrived on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneReceived {
    /// The handset's number.
    pub phone: String,
    /// The text.
    pub text: PhoneText,
}

/// Simulated handsets: any number is one.
pub trait Phones: Send + Sync {
    /// Sends a text from a handset to a service address. The error is a sentence for a person, for example that the
    /// gateway is not bound.
    fn send(&self, phone: &str, service_address: &str, text: &str) -> Result<(), String>;

    /// What arrived on a handset after this `seq`, oldest first. How far back it reaches is bounded.
    fn received(&self, phone: &str, after: u64) -> Vec<PhoneText>;

    /// Everything that arrives from now on, on any handset. Bounded: who lags asks [`Phones::received`] again.
    fn subscribe(&self) -> broadcast::Receiver<PhoneReceived>;
}
