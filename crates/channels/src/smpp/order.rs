//! Orders and the one answer each of them is owed. The answer is owed by a value that answers when it is dropped: no
//! way out of a worker, not even its end, leaves an order unanswered or answers it twice.

use std::sync::Arc;

use domain::directory::Name;
use domain::id::MessageId;
use engine::inlet::Inlet;
use engine::port::{Signal, SubmitAnswer, SubmitOrder};

/// Where answers go.
pub(super) struct Ledger {
    pub(super) channel: Name,
    pub(super) inlet: Inlet,
}

/// An order on its way to a worker.
pub(super) struct Order {
    pub(super) order: SubmitOrder,
    pub(super) debt: Debt,
}

impl Order {
    pub(super) fn new(order: SubmitOrder, ledger: Arc<Ledger>) -> Order {
        let debt = Debt {
            message: order.message,
            link: order.link,
            segment: order.segment,
            written: false,
            paid: false,
            ledger,
        };
        Order { order, debt }
    }
}

/// An order that was told as in doubt because its answer did not come in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Overdue {
    pub(super) message: MessageId,
    pub(super) segment: u8,
}

/// The answer an order is owed.
pub(super) struct Debt {
    message: MessageId,
    link: u16,
    segment: u8,
    /// The machine took it: the network may have it.
    written: bool,
    paid: bool,
    ledger: Arc<Ledger>,
}

impl Debt {
    /// From now on a loss leaves the order in doubt.
    pub(super) fn written(mut self) -> Debt {
        self.written = true;
        self
    }

    /// Answers.
    pub(super) fn answer(mut self, answer: SubmitAnswer) {
        self.pay(answer);
    }

    /// Answers as a lost connection asks for: in doubt if it was written.
    pub(super) fn lost(mut self, reason: &str) {
        let reason = reason.to_owned();
        let answer = if self.written { SubmitAnswer::Unknown { reason } } else { SubmitAnswer::NotSent { reason } };
        self.pay(answer);
    }

    /// Answers as a silent network asks for, and gives what is needed to understand an answer that comes late.
    pub(super) fn overdue(mut self, reason: String) -> Overdue {
        self.pay(SubmitAnswer::Unknown { reason });
        Overdue { message: self.message, segment: self.segment }
    }

    fn pay(&mut self, answer: SubmitAnswer) {
        if std::mem::replace(&mut self.paid, true) {
            return;
        }
        self.ledger.inlet.signal(Signal::SubmitEnded {
            channel: self.ledger.channel.clone(),
            link: self.link,
            message: self.message,
            segment: self.segment,
            answer,
        });
    }
}

impl Drop for Debt {
    fn drop(&mut self) {
        let reason = "the link's worker has ended".to_owned();
        match (self.paid, self.written) {
            (true, _) => {}
            (false, true) => self.pay(SubmitAnswer::Unknown { reason }),
            (false, false) => self.pay(SubmitAnswer::NotSent { reason }),
        }
    }
}
