//! The handsets of simulated operators, as the console's phone types on them. The simulated operators themselves are
//! elsewhere; this is only what they offer to HTTP.

use domain::time::At;
use tokio::sync::broadcast;

/// A text that arrived on a handset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneText {
    /// Grows with every text of one operator; the cursor of [`Phones::received`].
    pub seq: u64,
    /// The service address it came from.
    pub from: String,
    /// What it says, its segments joined.
    pub text: String,
    /// When it arrived.
    pub at: At,
}

/// The latest USSD dialog of a handset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialog {
    /// Another number whenever something has happened in it.
    pub seq: u64,
    /// What was dialled.
    pub code: String,
    /// The text on the screen; empty before the first one.
    pub text: String,
    /// Whose turn it is.
    pub state: DialogState,
}

/// Whose turn it is in a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialogState {
    /// The handset waits for the service.
    Waiting,
    /// The handset may answer.
    Asking,
    /// It is over, with the reason in words for a person.
    Ended(&'static str),
}

/// Simulated handsets: any number is one.
pub trait Phones: Send + Sync {
    /// Sends a text from a handset to a service address. The error is a sentence for a person, for example that the
    /// gateway is not bound.
    fn send(&self, phone: &str, service_address: &str, text: &str) -> Result<(), String>;

    /// What arrived on a handset after this `seq`, oldest first. How far back it reaches is bounded.
    fn received(&self, phone: &str, after: u64) -> Vec<PhoneText>;

    /// Types on a handset that dials: an answer when its dialog waits for one, else a code that begins a dialog with a
    /// service address. The error is a sentence for a person.
    fn enter(&self, phone: &str, service_address: &str, text: &str) -> Result<(), String>;

    /// Ends the dialog of a handset with a service address, if it has one.
    fn hang_up(&self, phone: &str, service_address: &str);

    /// The latest dialog of a handset with a service address.
    fn dialog(&self, phone: &str, service_address: &str) -> Option<Dialog>;

    /// The number of every handset on which a text arrives or a dialog changes, from now on. Bounded: who lags asks
    /// again for everything.
    fn subscribe(&self) -> broadcast::Receiver<String>;
}
