//! `MoArrived`: is it a duplicate, is it a segment of something longer, and if it is whole, where does it go.

use crate::decide::arrival::{self, Arrival};
use crate::decide::draft::Draft;
use crate::decide::ussd::Heard;
use crate::decision::{Decision, Outcome};
use crate::event::{Mo, MoContent};
use crate::id::MessageId;
use crate::limit::{REASSEMBLIES_MAX, SEEN_MAX, TEXT_BYTES_MAX};
use crate::note::{Entry, NoteCode};
use crate::phone::{LongMessage, Seen};
use crate::text::coding::{self, Alphabet, Decoded};
use crate::text::reassembly::{Added, Concatenation, Misfit, Reassembly, SEGMENT_BYTES_MAX};

/// How long segments are waited for on a channel that is no longer configured, in milliseconds.
const REASSEMBLY_MS: u64 = 1_800_000;

pub(super) fn decide(mut draft: Draft<'_>, mo: &Mo) -> Decision {
    draft.open_phone(&mo.from.key());
    let fingerprint = mo.network_id.as_deref().map(|id| fingerprint(&mo.channel, id));
    if let Some(seen) = fingerprint.and_then(|f| seen_before(&draft, f)) {
        draft.add_entries(seen, None, vec![Entry::note(NoteCode::Duplicate, [network_id_words(mo)])]);
        return draft.done(Outcome::Accepted { message: seen });
    }
    let message = match &mo.content {
        MoContent::Whole { text, encoding } => {
            let message = draft.mint.message(draft.now);
            take_whole(&mut draft, mo, message, cut(text), encoding, Vec::new());
            message
        }
        MoContent::Segment { place, bytes, alphabet } => take_segment(&mut draft, mo, *place, bytes, *alphabet),
    };
    if let Some(fingerprint) = fingerprint {
        remember(&mut draft, mo, fingerprint, message);
    }
    draft.done(Outcome::Accepted { message })
}

fn take_whole(
    draft: &mut Draft<'_>,
    mo: &Mo,
    message: MessageId,
    text: String,
    encoding: &str,
    complaints: Vec<String>,
) {
    let mut entries = Vec::with_capacity(6);
    let received = [mo.channel.to_string(), mo.from.to_string(), mo.to.to_string(), format!("{encoding}, 1 segment")];
    entries.push(Entry::note(NoteCode::Received, received));
    entries.extend(mo.complaints.iter().cloned().chain(complaints).map(|c| Entry::note(NoteCode::Complaint, [c])));
    arrival::decide(
        draft,
        Arrival {
            message,
            channel: &mo.channel,
            phone: &mo.from,
            service_address: &mo.to,
            text,
            segments: 1,
            parent: None,
            hops: 0,
            heard: mo.session_event.map(|event| Heard { event, number: mo.dialog }),
            entries,
        },
    );
}

/// Keeps a segment until all have come. A segment that cannot belong to a long message is a message of its own.
fn take_segment(draft: &mut Draft<'_>, mo: &Mo, place: Concatenation, bytes: &[u8], alphabet: Alphabet) -> MessageId {
    let fits = bytes.len() <= SEGMENT_BYTES_MAX;
    let misfit = match place.check() {
        Err(misfit) => misfit,
        Ok(()) if !fits => Misfit::TooLong { bytes: bytes.len() },
        Ok(()) => {
            give_way(draft, mo, &place, bytes, alphabet);
            let position = open_long_message(draft, mo, &place);
            let long = draft.phone_mut().and_then(|p| p.long_messages.get_mut(position));
            let long = long.expect("open_long_message gives the position of a long message of the open phone");
            match long.parts.add(&place, alphabet, bytes) {
                Ok(added) => {
                    let message = long.message;
                    after_segment(draft, position, added, &place);
                    return message;
                }
                Err(misfit) => misfit,
            }
        }
    };
    let Decoded { text, .. } = coding::decode(bytes, alphabet);
    let message = draft.mint.message(draft.now);
    take_whole(draft, mo, message, cut(&text), "a lone segment", vec![misfit.to_string()]);
    message
}

fn after_segment(draft: &mut Draft<'_>, position: usize, added: Added, place: &Concatenation) {
    match added {
        Added::Waiting { .. } => {}
        Added::Duplicate { .. } => {
            let message = draft.phone().map(|p| p.long_messages[position].message);
            if let Some(message) = message {
                let args = [place.number.to_string(), place.total.to_string()];
                draft.add_entries(message, None, vec![Entry::note(NoteCode::SegmentRepeated, args)]);
            }
        }
        Added::Complete => {
            if let Some(phone) = draft.phone_mut() {
                let long = phone.long_messages.remove(position);
                finish_long(draft, long);
            }
        }
    }
}

/// Turns what came of a long message into a message, whole or with marked gaps.
pub(super) fn finish_long(draft: &mut Draft<'_>, long: LongMessage) {
    let partial = long.parts.join_partial();
    let came = long.parts.segments.len();
    let mut entries = Vec::with_capacity(6);
    let received = [
        long.channel.to_string(),
        long.phone.to_string(),
        long.service_address.to_string(),
        format!("{came} of {} segments", long.parts.total),
    ];
    entries.push(Entry::note(NoteCode::Received, received));
    if partial.missing.is_empty() {
        entries.push(Entry::note(NoteCode::Joined, [came.to_string()]));
    } else {
        let missing: Vec<String> = partial.missing.iter().map(u8::to_string).collect();
        entries.push(Entry::note(NoteCode::Flushed, [missing.join(", ")]));
    }
    let guesses = partial.complaints.total();
    if guesses > 0 {
        entries.push(Entry::note(NoteCode::Complaint, [format!("{guesses} characters could not be read")]));
    }
    arrival::decide(
        draft,
        Arrival {
            message: long.message,
            channel: &long.channel,
            phone: &long.phone,
            service_address: &long.service_address,
            text: cut(&partial.text),
            segments: came as u8,
            parent: None,
            hops: 0,
            heard: None,
            entries,
        },
    );
}

/// A segment that is there already with other words shows that the phone uses the reference for another text: the one
/// before goes on without the rest, so that neither is lost and they are never mixed.
fn give_way(draft: &mut Draft<'_>, mo: &Mo, place: &Concatenation, bytes: &[u8], alphabet: Alphabet) {
    let Some(position) = long_message(draft, mo, place) else { return };
    let Some(phone) = draft.phone_mut() else { return };
    let segments = &phone.long_messages[position].parts.segments;
    if segments.iter().any(|s| s.number == place.number && (s.alphabet != alphabet || s.bytes != bytes)) {
        let before = phone.long_messages.remove(position);
        finish_long(draft, before);
    }
}

/// The position of the long message a segment belongs to, when there is one.
fn long_message(draft: &Draft<'_>, mo: &Mo, place: &Concatenation) -> Option<usize> {
    let to = mo.to.key();
    draft.phone()?.long_messages.iter().position(|long| {
        long.parts.reference == place.reference
            && long.parts.total == place.total
            && long.channel == mo.channel
            && long.service_address.key() == to
    })
}

/// The position of the long message a segment belongs to; begins one when there is none.
fn open_long_message(draft: &mut Draft<'_>, mo: &Mo, place: &Concatenation) -> usize {
    if let Some(position) = long_message(draft, mo, place) {
        return position;
    }
    let too_many = draft.phone().is_some_and(|p| p.long_messages.len() >= REASSEMBLIES_MAX);
    if too_many && let Some(phone) = draft.phone_mut() {
        let oldest = phone.long_messages.remove(0);
        finish_long(draft, oldest);
    }
    let wait_ms = draft.channel(&mo.channel).map_or(REASSEMBLY_MS, |c| c.reassembly_ms);
    let message = draft.mint.message(draft.now);
    let now = draft.now;
    let Some(phone) = draft.phone_mut() else { return 0 };
    phone.long_messages.push(LongMessage {
        channel: mo.channel.clone(),
        service_address: mo.to.clone(),
        phone: mo.from.clone(),
        message,
        parts: Reassembly::new(mo.from.as_str(), mo.to.as_str(), place, now, wait_ms),
    });
    phone.long_messages.len() - 1
}

fn seen_before(draft: &Draft<'_>, fingerprint: u64) -> Option<MessageId> {
    let seen = &draft.phone()?.seen;
    seen.iter().find(|s| s.fingerprint == fingerprint && s.until > draft.now).map(|s| s.message)
}

fn remember(draft: &mut Draft<'_>, mo: &Mo, fingerprint: u64, message: MessageId) {
    let window_ms = draft.channel(&mo.channel).map_or(0, |c| c.dedupe_ms);
    if window_ms == 0 {
        return;
    }
    let now = draft.now;
    if let Some(phone) = draft.phone_mut() {
        phone.seen.retain(|s| s.until > now);
        if phone.seen.len() >= SEEN_MAX {
            phone.seen.remove(0);
        }
        phone.seen.push(Seen { fingerprint, until: now.plus_ms(window_ms), message });
    }
}

/// Channel and network id in 64 bits (FNV-1a): stable across restarts and nodes.
fn fingerprint(channel: &str, network_id: &str) -> u64 {
    let bytes = channel.bytes().chain([0]).chain(network_id.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn network_id_words(mo: &Mo) -> String {
    mo.network_id.as_deref().map_or_else(|| "the message".to_owned(), |id| format!("the message with its id {id}"))
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(TEXT_BYTES_MAX)].to_owned()
}
