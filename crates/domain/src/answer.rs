//! An answer: what an application's HTTP response was understood to ask for.

/// One thing an answer asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// Send a text back to the phone.
    Reply {
        /// The text.
        text: String,
    },
    /// Close the session between the phone and the application.
    CloseSession,
    /// Process a text as if the phone had just sent it.
    Reprocess {
        /// The text.
        text: String,
    },
}

/// The understood response of an application: what to do, in order, and what was odd about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// In the order in which they take effect.
    pub instructions: Vec<Instruction>,
    /// What was not understood, in words for the timeline. Complaints never fail the callback.
    pub complaints: Vec<String>,
}
