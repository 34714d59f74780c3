//! USSD of the simulated operator: what people do on their phones, what the network tells the gateway of it, and when
//! it gives up waiting. Whose turn it is, is in `dialogs.rs`.

use std::sync::Arc;
use std::time::Duration;

use domain::address::Address;
use smpp::pdu::UssdServiceOp;
use tokio::sync::{broadcast, oneshot};

use super::dialogs::{Dialog, Ending, Screen};
use super::{Operator, Shared, Undelivered, messages, parcel};

impl Operator {
    /// A phone dials a code, which goes to a service address; a dialog that was open ends. Returns at once: what becomes
    /// of it is on the phone's screen ([`Operator::screen`]). Unlike texts, turns of a dialog are never delivered again.
    ///
    /// # Errors
    /// [`Undelivered::Address`] and [`Undelivered::TooLongForUssd`].
    pub fn dial(&self, phone: &str, service_address: &str, code: &str) -> Result<(), Undelivered> {
        let phone = Address::parse(phone).map_err(Undelivered::Address)?;
        let service_address = Address::parse(service_address).map_err(Undelivered::Address)?;
        messages::ussd_octets(code)?;
        let (before, dialog) = self.shared.desk().dialogs.dial(phone, service_address, code);
        if let Some(before) = before {
            self.shared.tell_end(&before);
        }
        self.shared.tell_turn(&dialog, UssdServiceOp::PSSR_INDICATION, code);
        Ok(())
    }

    /// A phone answers what its dialog asks. Returns at once, as [`Operator::dial`] does.
    ///
    /// # Errors
    /// [`Undelivered::NotAsked`], [`Undelivered::Address`] and [`Undelivered::TooLongForUssd`].
    pub fn answer(&self, phone: &str, text: &str) -> Result<(), Undelivered> {
        let phone = Address::parse(phone).map_err(Undelivered::Address)?;
        messages::ussd_octets(text)?;
        let dialog = self.shared.desk().dialogs.answer(&phone.key()).ok_or(Undelivered::NotAsked)?;
        self.shared.tell_turn(&dialog, UssdServiceOp::USSR_CONFIRM, text);
        Ok(())
    }

    /// A phone hangs up. Does nothing when it has no dialog.
    pub fn hang_up(&self, phone: &str) {
        let Ok(phone) = Address::parse(phone) else { return };
        let ended = self.shared.desk().dialogs.end(&phone.key(), Ending::HungUp);
        if let Some(dialog) = ended {
            self.shared.tell_end(&dialog);
        }
    }

    /// What a phone shows of its latest dialog.
    pub fn screen(&self, phone: &str) -> Option<Screen> {
        let phone = Address::parse(phone).ok()?;
        self.shared.desk().dialogs.screen(&phone.key())
    }

    /// Phones on whose screen something changes from now on, as they were written.
    pub fn watch_screens(&self) -> broadcast::Receiver<String> {
        self.shared.screens.subscribe()
    }
}

impl Shared {
    /// Tells the gateway what a phone said, and gives up when it is not taken or not answered in time.
    fn tell_turn(self: &Arc<Shared>, dialog: &Dialog, op: UssdServiceOp, text: &str) {
        let taken = self.deliver_turn(dialog, op, text, false);
        self.show_screen(dialog);
        let (shared, dialog) = (self.clone(), dialog.clone());
        let patience = Duration::from_millis(self.options.ussd_answer_ms);
        self.runtime.spawn(async move {
            let begun = tokio::time::Instant::now();
            let is_taken = match taken {
                // A gateway that hears it too late is as good as none.
                Some(taken) => match tokio::time::timeout(patience, taken).await {
                    Ok(status) => status.is_ok_and(smpp::Status::is_ok),
                    Err(_) => true,
                },
                None => false,
            };
            if is_taken {
                tokio::time::sleep_until(begun + patience).await;
                shared.give_up(&dialog, Ending::NoAnswer, true);
            } else {
                shared.give_up(&dialog, Ending::NotTaken, false);
            }
        });
    }

    /// Waits for the person to answer what the gateway has just asked.
    pub(super) fn await_person(self: &Arc<Shared>, dialog: &Dialog) {
        let (shared, dialog) = (self.clone(), dialog.clone());
        let patience = Duration::from_millis(self.options.ussd_person_ms);
        self.runtime.spawn(async move {
            tokio::time::sleep(patience).await;
            shared.give_up(&dialog, Ending::Idle, true);
        });
    }

    /// Ends a dialog unless something has happened in it meanwhile.
    fn give_up(&self, dialog: &Dialog, ending: Ending, tells: bool) {
        let key = dialog.phone.key();
        let ended = self.desk().dialogs.end_unless_changed(&key, dialog.screen.seq, ending);
        if let Some(ended) = ended {
            match tells {
                true => self.tell_end(&ended),
                false => self.show_screen(&ended),
            }
        }
    }

    /// Tells the gateway that a dialog is over; whether it hears it does not matter to the phone.
    fn tell_end(&self, dialog: &Dialog) {
        self.deliver_turn(dialog, UssdServiceOp::USSR_CONFIRM, "", true);
        self.show_screen(dialog);
    }

    /// Something changed on a phone's screen.
    pub(super) fn show_screen(&self, dialog: &Dialog) {
        // Nobody may be watching.
        let _ = self.screens.send(dialog.phone.as_str().to_owned());
    }

    /// Puts a turn into the outbox; gives where its answer comes, if a gateway is there to take it.
    fn deliver_turn(
        &self,
        dialog: &Dialog,
        op: UssdServiceOp,
        text: &str,
        ends: bool,
    ) -> Option<oneshot::Receiver<smpp::Status>> {
        let deliver = messages::ussd_turn(dialog, op, text, ends).ok()?;
        let (parcel, taken) = parcel(deliver, false);
        let mut desk = self.desk();
        if desk.receivers == 0 || desk.outbox.put_all(vec![parcel]).is_err() {
            return None;
        }
        drop(desk);
        self.stir();
        Some(taken)
    }
}
