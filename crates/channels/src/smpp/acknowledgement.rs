//! The answer that a message from the network is owed, held by the engine's ticket until the message is durable.

use domain::decision::Outcome;
use engine::inlet::NotTaken;
use smpp::{Handle, Status};
use tokio::sync::mpsc;

/// Goes with the event; answers once, also when it is dropped without a word. Giving never blocks.
pub(super) struct Acknowledgement {
    handle: Handle,
    /// What the channel says instead of the usual temporary statuses.
    temporary: Option<Status>,
    verdicts: mpsc::UnboundedSender<(Handle, Status)>,
    given: bool,
}

impl Acknowledgement {
    pub(super) fn new(
        handle: Handle,
        temporary: Option<Status>,
        verdicts: mpsc::UnboundedSender<(Handle, Status)>,
    ) -> Acknowledgement {
        Acknowledgement { handle, temporary, verdicts, given: false }
    }

    /// Says what the engine said.
    pub(super) fn give(mut self, result: &Result<Outcome, NotTaken>) {
        self.say(status(result, self.temporary));
    }

    fn say(&mut self, status: Status) {
        self.given = true;
        // The connection may be gone, and with it the one who asked: the network delivers again.
        let _ = self.verdicts.send((self.handle, status));
    }
}

impl Drop for Acknowledgement {
    fn drop(&mut self) {
        if !self.given {
            self.say(self.temporary.unwrap_or(Status::RX_T_APPN));
        }
    }
}

/// Success only for what is durable.
fn status(result: &Result<Outcome, NotTaken>, temporary: Option<Status>) -> Status {
    match result {
        // Nothing was stored and nothing will be: delivering again would not help.
        Ok(Outcome::Refused(_)) => Status::RX_R_APPN,
        Ok(_) => Status::ROK,
        Err(NotTaken::Busy | NotTaken::NotCommitted(_)) => temporary.unwrap_or(Status::RMSGQFUL),
        Err(NotTaken::Stopping) => temporary.unwrap_or(Status::RX_T_APPN),
    }
}

#[cfg(test)]
mod tests {
    use domain::decision::Refusal;
    use domain::id::{MessageId, Stamp};

    use super::*;

    #[test]
    fn statuses() {
        let other = Some(Status(0x400));
        let message = MessageId::new(Stamp::new(1, 0), 1);
        let check = |result: Result<Outcome, NotTaken>, usual, chosen| {
            assert_eq!(status(&result, None), usual, "{result:?}");
            assert_eq!(status(&result, other), chosen, "{result:?}");
        };
        check(Ok(Outcome::Accepted { message }), Status::ROK, Status::ROK);
        check(Ok(Outcome::Done), Status::ROK, Status::ROK);
        check(Ok(Outcome::Refused(Refusal::EmptyText)), Status::RX_R_APPN, Status::RX_R_APPN);
        check(Err(NotTaken::Busy), Status::RMSGQFUL, Status(0x400));
        check(Err(NotTaken::NotCommitted("full".into())), Status::RMSGQFUL, Status(0x400));
        check(Err(NotTaken::Stopping), Status::RX_T_APPN, Status(0x400));
    }
}
