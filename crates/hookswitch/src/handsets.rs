//! The simulated operator's handsets, offered to the console.

use api::phones::{PhoneReceived, PhoneText, Phones};
use channels::simulator::Operator;
use tokio::runtime::Handle;
use tokio::sync::broadcast;

/// Texts that a slow watcher may lag behind.
const WATCHED_TEXTS: usize = 256;

/// Handsets of one simulated operator.
pub(crate) struct Handsets {
    operator: Operator,
    runtime: Handle,
    texts: broadcast::Sender<PhoneReceived>,
}

impl Handsets {
    /// To be called inside the runtime.
    pub(crate) fn new(operator: Operator) -> Handsets {
        let runtime = Handle::current();
        let texts = broadcast::Sender::new(WATCHED_TEXTS);
        let (mut arriving, out) = (operator.subscribe(), texts.clone());
        runtime.spawn(async move {
            loop {
                match arriving.recv().await {
                    Ok(text) => {
                        let phone = text.phone.clone();
                        // Nobody watching is no error.
                        let _watchers = out.send(PhoneReceived { phone, text: shown(text) });
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return,
                }
            }
        });
        Handsets { operator, runtime, texts }
    }
}

fn shown(text: channels::simulator::PhoneText) -> PhoneText {
    PhoneText { seq: text.seq, from: text.from, text: text.text, at: text.at }
}

impl Phones for Handsets {
    fn send(&self, phone: &str, service_address: &str, text: &str) -> Result<(), String> {
        let (operator, phone, to, text) =
            (self.operator.clone(), phone.to_owned(), service_address.to_owned(), text.to_owned());
        // The console sees the text arrive in the timeline; what cannot be delivered now is delivered later.
        self.runtime.spawn(async move {
            if let Err(error) = operator.send_from_phone(&phone, &to, &text).await {
                tracing::warn!(%error, "a text of a simulated phone was not delivered");
            }
        });
        Ok(())
    }

    fn received(&self, phone: &str, after: u64) -> Vec<PhoneText> {
        self.operator.received(phone, after).into_iter().map(shown).collect()
    }

    fn subscribe(&self) -> broadcast::Receiver<PhoneReceived> {
        self.texts.subscribe()
    }
}
