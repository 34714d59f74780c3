//! Streams: callbacks of applications that read instead of being called. Each stream hands out its lines in the order of
//! their places, to the readers in turn; what a reader did not write goes back to its place.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::callback::Callback;
use domain::directory::Name;
use domain::id::CallbackId;
use domain::stream::StreamKind;
use domain::time::At;

use crate::port::StreamReader;

pub(crate) type StreamKey = (Name, StreamKind);

struct Reader {
    number: u64,
    to: Arc<dyn StreamReader>,
    /// It is being given again what others, or it in an earlier life, had after this place.
    again_after: Option<At>,
    /// Not in the turn in which it came: what older readers wrote until they were sent away is decided first, so that a
    /// line is either delivered, and comes again, or waits.
    is_new: bool,
}

#[derive(Default)]
struct Stream {
    waiting: BTreeMap<At, CallbackId>,
    readers: Vec<Reader>,
    /// Whose turn it is.
    next: usize,
}

struct Given {
    key: StreamKey,
    at: At,
    reader: u64,
}

/// What a reader is to be given now.
pub(crate) struct Offer {
    pub(crate) key: StreamKey,
    pub(crate) reader: u64,
    pub(crate) to: Arc<dyn StreamReader>,
    pub(crate) what: What,
}

pub(crate) enum What {
    /// At most so many lines after a place again; not those from `until` on, which still wait.
    Again { after: At, until: Option<At>, limit: usize },
    /// These, for the first time.
    Next(Vec<CallbackId>),
}

/// All streams of an owner.
#[derive(Default)]
pub(crate) struct Streams {
    streams: BTreeMap<StreamKey, Stream>,
    /// Lines that a reader has and has not written.
    given: HashMap<CallbackId, Given>,
    readers: HashMap<u64, StreamKey>,
}

impl Streams {
    /// A line waits at its place.
    pub(crate) fn owe(&mut self, callback: &Callback) {
        self.owe_at(&callback.application, StreamKind::of(callback.kind), callback.created_at, callback.id);
    }

    fn owe_at(&mut self, application: &Name, kind: StreamKind, at: At, callback: CallbackId) {
        self.streams.entry((application.clone(), kind)).or_default().waiting.insert(at, callback);
    }

    /// A line was delivered, or is not wanted any more.
    pub(crate) fn ended(&mut self, id: CallbackId, callback: Option<&Callback>) {
        self.given.remove(&id);
        if let Some(callback) = callback {
            let key = (callback.application.clone(), StreamKind::of(callback.kind));
            if let Some(stream) = self.streams.get_mut(&key)
                && stream.waiting.get(&callback.created_at) == Some(&id)
            {
                stream.waiting.remove(&callback.created_at);
            }
        }
    }

    /// Somebody reads. With a place: it has everything up to there, which is returned and no longer waits, and it is the
    /// only reader from now on.
    pub(crate) fn opened(
        &mut self,
        key: StreamKey,
        number: u64,
        after: Option<At>,
        to: Arc<dyn StreamReader>,
    ) -> Vec<CallbackId> {
        let stream = self.streams.entry(key.clone()).or_default();
        self.readers.insert(number, key.clone());
        let others = std::mem::take(&mut stream.readers);
        stream.readers.push(Reader { number, to, again_after: after, is_new: true });
        let Some(after) = after else {
            stream.readers.splice(0..0, others);
            return Vec::new();
        };
        // A place means something to one reader only. An earlier life of the same one may not have been found dead yet:
        // what it was given and perhaps never had goes to this one.
        for other in others {
            self.readers.remove(&other.number);
            other.to.leave();
        }
        for (id, given) in self.given.iter().filter(|(_, given)| given.key == key) {
            stream.waiting.insert(given.at, *id);
        }
        self.given.retain(|_, given| given.key != key);
        let left = stream.waiting.split_off(&At(after.0.saturating_add(1)));
        let had = std::mem::replace(&mut stream.waiting, left);
        for (at, id) in &had {
            self.given.insert(*id, Given { key: key.clone(), at: *at, reader: number });
        }
        had.into_values().collect()
    }

    /// A reader is gone; what it has not written waits again.
    pub(crate) fn closed(&mut self, number: u64) {
        let Some(key) = self.readers.remove(&number) else { return };
        let Some(stream) = self.streams.get_mut(&key) else { return };
        stream.readers.retain(|reader| reader.number != number);
        let waiting = &mut stream.waiting;
        self.given.retain(|id, given| {
            let is_its = given.reader == number;
            if is_its {
                waiting.insert(given.at, *id);
            }
            !is_its
        });
    }

    /// What may be handed out now, one reader after the other.
    pub(crate) fn offers(&mut self) -> Vec<Offer> {
        let mut offers = Vec::new();
        for (key, stream) in &mut self.streams {
            for turn in 0..stream.readers.len() {
                let position = (stream.next + turn) % stream.readers.len();
                let reader = &mut stream.readers[position];
                let room = reader.to.room();
                if std::mem::take(&mut reader.is_new) || room == 0 {
                    continue;
                }
                let what = match reader.again_after {
                    Some(after) => What::Again { after, until: stream.waiting.keys().next().copied(), limit: room },
                    None => {
                        let mut next = Vec::new();
                        while next.len() < room
                            && let Some((at, id)) = stream.waiting.pop_first()
                        {
                            self.given.insert(id, Given { key: key.clone(), at, reader: reader.number });
                            next.push(id);
                        }
                        if next.is_empty() {
                            break;
                        }
                        What::Next(next)
                    }
                };
                offers.push(Offer { key: key.clone(), reader: reader.number, to: reader.to.clone(), what });
            }
            stream.next = if stream.readers.is_empty() { 0 } else { (stream.next + 1) % stream.readers.len() };
        }
        offers
    }

    /// How far a reader has been given again what it asked for; none = it has all of it.
    pub(crate) fn repeated(&mut self, key: &StreamKey, number: u64, after: Option<At>) {
        let readers = self.streams.get_mut(key).map(|stream| &mut stream.readers).into_iter().flatten();
        for reader in readers.filter(|reader| reader.number == number) {
            reader.again_after = after;
        }
    }

    /// A line could not be read for now; it waits at its place again.
    pub(crate) fn not_given(&mut self, id: CallbackId) {
        if let Some(given) = self.given.remove(&id) {
            self.owe_at(&given.key.0, given.key.1, given.at, id);
        }
    }

    /// Lines of each application that are not delivered, and its readers.
    pub(crate) fn numbers(&self) -> BTreeMap<&Name, (u64, u32)> {
        let mut numbers: BTreeMap<&Name, (u64, u32)> = BTreeMap::new();
        for ((application, _), stream) in &self.streams {
            let number = numbers.entry(application).or_default();
            number.0 += stream.waiting.len() as u64;
            number.1 += stream.readers.len() as u32;
        }
        for given in self.given.values() {
            numbers.entry(&given.key.0).or_default().0 += 1;
        }
        numbers
    }

    /// Lines that a reader has and has not written.
    pub(crate) fn in_flight(&self) -> usize {
        self.given.len()
    }

    /// True when there is something for a reader that has room.
    pub(crate) fn has_work(&self) -> bool {
        self.streams.values().any(|stream| {
            let mut readers = stream.readers.iter();
            readers.any(|r| (r.again_after.is_some() || !stream.waiting.is_empty()) && r.to.room() > 0)
        })
    }

    /// True when every line is delivered.
    pub(crate) fn is_idle(&self) -> bool {
        self.given.is_empty() && self.streams.values().all(|stream| stream.waiting.is_empty())
    }
}

#[cfg(test)]
mod tests;
