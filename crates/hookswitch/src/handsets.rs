//! The handsets of the simulated operators, offered to the console. Any number is a handset of every operator; which one
//! carries what it says goes by the service address.

use std::collections::BTreeMap;

use api::phones::{Dialog, DialogState, PhoneText, Phones};
use channels::simulator::{self, Ending, Operator, Undelivered};
use domain::address::{Address, AddressKey};
use domain::directory::{Directory, Name};
use tokio::runtime::Handle;
use tokio::sync::broadcast;

/// Changes that a slow watcher may lag behind.
const WATCHED_CHANGES: usize = 256;

/// Handsets of all simulated operators.
pub(crate) struct Handsets {
    operators: Vec<Operator>,
    /// Which of them serves a service address.
    serving: BTreeMap<AddressKey, usize>,
    runtime: Handle,
    changes: broadcast::Sender<String>,
}

impl Handsets {
    /// Of the operators by channel; none without any. To be called inside the runtime.
    pub(crate) fn new(operators: &BTreeMap<Name, Operator>, directory: &Directory) -> Option<Handsets> {
        let served = |id: &Name| directory.channels.get(id).into_iter().flat_map(|channel| &channel.addresses);
        let serving = operators.keys().enumerate();
        let serving = serving.flat_map(|(index, id)| served(id).map(move |address| (address.key(), index))).collect();
        let runtime = Handle::current();
        let changes = broadcast::Sender::new(WATCHED_CHANGES);
        for operator in operators.values() {
            pass_on(&runtime, operator.subscribe(), changes.clone(), |text| text.phone);
            pass_on(&runtime, operator.watch_screens(), changes.clone(), |phone| phone);
        }
        let operators: Vec<Operator> = operators.values().cloned().collect();
        (!operators.is_empty()).then_some(Handsets { operators, serving, runtime, changes })
    }

    /// The operator that serves an address; the first one takes what nobody serves, as networks do.
    fn operator(&self, service_address: &str) -> &Operator {
        let key = Address::parse(service_address).ok().map(|address| address.key());
        let index = key.and_then(|key| self.serving.get(&key).copied()).unwrap_or(0);
        &self.operators[index]
    }
}

/// Tells watchers of the handsets what one operator tells.
fn pass_on<T: Clone + Send + 'static>(
    runtime: &Handle,
    mut arriving: broadcast::Receiver<T>,
    out: broadcast::Sender<String>,
    phone: fn(T) -> String,
) {
    runtime.spawn(async move {
        loop {
            match arriving.recv().await {
                // Nobody watching is no error.
                Ok(change) => drop(out.send(phone(change))),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    });
}

fn shown(text: simulator::PhoneText) -> PhoneText {
    PhoneText { seq: text.seq, from: text.from, text: text.text, at: text.at }
}

fn state(state: simulator::DialogState) -> DialogState {
    match state {
        simulator::DialogState::Waiting => DialogState::Waiting,
        simulator::DialogState::Asking => DialogState::Asking,
        simulator::DialogState::Ended(ending) => DialogState::Ended(match ending {
            Ending::LastWord => "The service ended the dialog",
            Ending::NoAnswer => "The network gave up waiting for the service",
            Ending::Idle => "The network gave up waiting for an answer",
            Ending::HungUp => "You hung up",
            Ending::NotTaken => "The service cannot be reached",
        }),
    }
}

impl Phones for Handsets {
    fn send(&self, phone: &str, service_address: &str, text: &str) -> Result<(), String> {
        let operator = self.operator(service_address).clone();
        let (phone, to, text) = (phone.to_owned(), service_address.to_owned(), text.to_owned());
        // The console sees the text arrive in the timeline; what cannot be delivered now is delivered later.
        self.runtime.spawn(async move {
            if let Err(error) = operator.send_from_phone(&phone, &to, &text).await {
                tracing::warn!(%error, "a text of a simulated phone was not delivered");
            }
        });
        Ok(())
    }

    fn received(&self, phone: &str, after: u64) -> Vec<PhoneText> {
        let mut received: Vec<PhoneText> =
            self.operators.iter().flat_map(|operator| operator.received(phone, after)).map(shown).collect();
        received.sort_by_key(|text| text.at);
        received
    }

    fn enter(&self, phone: &str, service_address: &str, text: &str) -> Result<(), String> {
        let operator = self.operator(service_address);
        let entered = match operator.screen(phone).map(|screen| screen.state) {
            Some(simulator::DialogState::Asking) => operator.answer(phone, text),
            Some(simulator::DialogState::Waiting) => {
                return Err("The phone waits for the service. Wait too, or hang up.".to_owned());
            }
            Some(simulator::DialogState::Ended(_)) | None => operator.dial(phone, service_address, text),
        };
        entered.map_err(|error| match error {
            Undelivered::NotAsked => "The dialog is over. Dial again.".to_owned(),
            error => format!("This cannot be typed: {error}."),
        })
    }

    fn hang_up(&self, phone: &str, service_address: &str) {
        self.operator(service_address).hang_up(phone);
    }

    fn dialog(&self, phone: &str, service_address: &str) -> Option<Dialog> {
        let screen = self.operator(service_address).screen(phone)?;
        Some(Dialog { seq: screen.seq, code: screen.code, text: screen.text, state: state(screen.state) })
    }

    fn subscribe(&self) -> broadcast::Receiver<String> {
        self.changes.subscribe()
    }
}
