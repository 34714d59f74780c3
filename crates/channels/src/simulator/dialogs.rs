//! USSD dialogs of the simulated phones, as the network between a phone and the gateway keeps them: one dialog a phone,
//! whose turn it is, and for how long the network waits. PDUs are in `messages.rs`, clocks and sockets elsewhere.

use std::collections::{BTreeMap, HashMap};

use domain::address::{Address, AddressKey};

/// Most phones whose dialog is remembered; beyond, the one that was opened first is forgotten.
pub const DIALOGS_MAX: usize = 1000;

/// Whose turn it is in a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialogState {
    /// The phone waits for the gateway.
    Waiting,
    /// The phone may answer.
    Asking,
    /// It is over.
    Ended(Ending),
}

/// Why a dialog is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The gateway said its last word.
    LastWord,
    /// The gateway took too long, and the network gave up.
    NoAnswer,
    /// The person took too long, and the network gave up.
    Idle,
    /// The person hung up, or dialled again.
    HungUp,
    /// No gateway took what the phone said.
    NotTaken,
}

/// What a phone shows of its latest dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    /// What was dialled.
    pub code: String,
    /// The latest text of the gateway; empty before the first one.
    pub text: String,
    /// Whose turn it is.
    pub state: DialogState,
    /// Counts up over all dialogs with everything that happens in them.
    pub seq: u64,
}

/// A dialog of a phone.
#[derive(Clone, Debug)]
pub(super) struct Dialog {
    /// The network's number of it (SMPP 3.4 §5.3.2.43, the first octet).
    pub(super) number: u8,
    pub(super) phone: Address,
    pub(super) service_address: Address,
    pub(super) screen: Screen,
}

/// Why a text of the gateway was not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misdirected {
    /// The phone has no dialog, or it is over, or it has another number.
    NoDialog,
    /// It is not the gateway's turn.
    NotYourTurn,
}

/// The latest dialog of each phone.
#[derive(Default)]
pub(super) struct Dialogs {
    dialogs: HashMap<AddressKey, Dialog>,
    /// When each was opened, as a number that counts up.
    by_age: BTreeMap<u64, AddressKey>,
    last_number: u8,
    seq: u64,
}

impl Dialogs {
    /// A phone dials. Gives the dialog that was open before, which this ends, and the new one.
    pub(super) fn dial(&mut self, phone: Address, service_address: Address, code: &str) -> (Option<Dialog>, Dialog) {
        let key = phone.key();
        let before = self.end(&key, Ending::HungUp);
        self.last_number = self.last_number.wrapping_add(1);
        self.seq += 1;
        let screen = Screen { code: code.to_owned(), text: String::new(), state: DialogState::Waiting, seq: self.seq };
        let dialog = Dialog { number: self.last_number, phone, service_address, screen };
        self.by_age.retain(|_, other| *other != key);
        if self.by_age.len() >= DIALOGS_MAX
            && let Some((_, oldest)) = self.by_age.pop_first()
        {
            self.dialogs.remove(&oldest);
        }
        self.by_age.insert(self.seq, key.clone());
        self.dialogs.insert(key, dialog.clone());
        (before, dialog)
    }

    /// A phone answers; nothing when it was not asked.
    pub(super) fn answer(&mut self, key: &AddressKey) -> Option<Dialog> {
        let dialog = self.dialogs.get_mut(key).filter(|dialog| dialog.screen.state == DialogState::Asking)?;
        self.seq += 1;
        (dialog.screen.state, dialog.screen.seq) = (DialogState::Waiting, self.seq);
        Some(dialog.clone())
    }

    /// The gateway says something; `number` is that of its dialog, if it says one.
    pub(super) fn show(
        &mut self,
        key: &AddressKey,
        number: Option<u8>,
        text: &str,
        is_last: bool,
    ) -> Result<Dialog, Misdirected> {
        let is_it = |dialog: &&mut Dialog| number.is_none_or(|number| number == dialog.number);
        let dialog = self.dialogs.get_mut(key).filter(is_it).ok_or(Misdirected::NoDialog)?;
        match dialog.screen.state {
            DialogState::Waiting => {}
            DialogState::Asking => return Err(Misdirected::NotYourTurn),
            DialogState::Ended(_) => return Err(Misdirected::NoDialog),
        }
        self.seq += 1;
        let state = if is_last { DialogState::Ended(Ending::LastWord) } else { DialogState::Asking };
        dialog.screen = Screen { code: dialog.screen.code.clone(), text: text.to_owned(), state, seq: self.seq };
        Ok(dialog.clone())
    }

    /// Ends the dialog of a phone; gives it as it was before, if it was open.
    pub(super) fn end(&mut self, key: &AddressKey, ending: Ending) -> Option<Dialog> {
        let dialog = self.dialogs.get_mut(key)?;
        if matches!(dialog.screen.state, DialogState::Ended(_)) {
            return None;
        }
        let before = dialog.clone();
        self.seq += 1;
        (dialog.screen.state, dialog.screen.seq) = (DialogState::Ended(ending), self.seq);
        Some(before)
    }

    /// Ends it if nothing has happened in it since `seq`.
    pub(super) fn end_unless_changed(&mut self, key: &AddressKey, seq: u64, ending: Ending) -> Option<Dialog> {
        match self.dialogs.get(key).is_some_and(|dialog| dialog.screen.seq == seq) {
            true => self.end(key, ending),
            false => None,
        }
    }

    /// What a phone shows.
    pub(super) fn screen(&self, key: &AddressKey) -> Option<Screen> {
        self.dialogs.get(key).map(|dialog| dialog.screen.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn a_dialog_takes_turns_until_its_last_word() {
        let (mut dialogs, key) = (Dialogs::default(), address("41790000100").key());
        let (before, dialog) = dialogs.dial(address("41790000100"), address("*120#"), "*120*5#");
        assert!(before.is_none());
        assert!(dialogs.answer(&key).is_none(), "nobody asked");
        let wrong = dialogs.show(&key, Some(dialog.number + 1), "x", false);
        assert_eq!(wrong.map(|_| ()), Err(Misdirected::NoDialog));
        dialogs.show(&key, Some(dialog.number), "1 or 2?", false).unwrap();
        assert_eq!(dialogs.show(&key, None, "x", false).map(|_| ()), Err(Misdirected::NotYourTurn));
        assert_eq!(dialogs.screen(&key).map(|s| (s.text, s.state)), Some(("1 or 2?".into(), DialogState::Asking)));
        let answered = dialogs.answer(&key).unwrap();
        assert_eq!(answered.number, dialog.number);
        dialogs.show(&key, None, "bye", true).unwrap();
        let over = dialogs.screen(&key).unwrap();
        assert_eq!((&*over.code, over.state), ("*120*5#", DialogState::Ended(Ending::LastWord)));
        assert_eq!(dialogs.show(&key, None, "late", true).map(|_| ()), Err(Misdirected::NoDialog));
        assert!(dialogs.end(&key, Ending::HungUp).is_none());
    }

    #[test]
    fn a_wait_ends_only_the_turn_it_was_for() {
        let (mut dialogs, key) = (Dialogs::default(), address("41790000100").key());
        let (_, dialog) = dialogs.dial(address("41790000100"), address("*120#"), "*120#");
        let asked = dialogs.show(&key, None, "?", false).unwrap();
        assert!(dialogs.end_unless_changed(&key, dialog.screen.seq, Ending::NoAnswer).is_none());
        assert!(dialogs.end_unless_changed(&key, asked.screen.seq, Ending::Idle).is_some());
        assert_eq!(dialogs.screen(&key).unwrap().state, DialogState::Ended(Ending::Idle));
    }

    #[test]
    fn dialling_again_hangs_up_and_memory_is_bounded() {
        let mut dialogs = Dialogs::default();
        let phone = |number: usize| address(&format!("4179{number:07}"));
        dialogs.dial(phone(0), address("*120#"), "*120#");
        let (before, _) = dialogs.dial(phone(0), address("*120#"), "*120#");
        assert!(before.is_some());
        for number in 1..=DIALOGS_MAX {
            dialogs.dial(phone(number), address("*120#"), "*120#");
        }
        assert_eq!((dialogs.dialogs.len(), dialogs.by_age.len()), (DIALOGS_MAX, DIALOGS_MAX));
        assert!(dialogs.screen(&phone(0).key()).is_none());
    }
}
