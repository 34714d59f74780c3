//! Every record survives its stored form, and bytes that are no record are refused, never misread or fatal.

use engine::port::StoreError;
use proptest::prelude::*;

use super::generated;
use crate::record::callback::CallbackRecord;
use crate::record::entry::EntriesRecord;
use crate::record::message::MessageRecord;
use crate::record::opt_out::OptOutRecord;
use crate::record::outgoing::OutgoingRecord;
use crate::record::phone::PhoneRow;
use crate::record::report::ReportRecord;
use crate::record::send::SendRecord;
use crate::record::{Record, decode, encode};

fn stored<'a, R: Record<'a>>(record: R) -> Vec<u8> {
    let mut bytes = vec![1, 2, 3];
    encode(&record, &mut bytes);
    assert_eq!(bytes[0], R::VERSION);
    bytes
}

/// Every other spelling of the bytes is another record or none: nothing panics, nothing is fatal.
fn damaged(bytes: &[u8], read: impl Fn(&[u8]) -> Result<(), StoreError>) {
    let cut = (0..bytes.len()).map(|length| bytes[..length].to_vec());
    let longer = [bytes, &[0]].concat();
    for bad in cut.chain([longer]) {
        assert!(matches!(read(&bad), Err(StoreError::Corrupt(_))), "{} of {} bytes", bad.len(), bytes.len());
    }
    let mut newer = bytes.to_vec();
    newer[0] += 1;
    assert!(matches!(read(&newer), Err(StoreError::Corrupt(_))));
    for at in 1..bytes.len() {
        let mut flipped = bytes.to_vec();
        flipped[at] ^= 0xff;
        assert!(read(&flipped).is_err_and(|error| !error.is_fatal()), "byte {at} changed and nobody noticed");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn messages(message in generated::message()) {
        let bytes = stored(MessageRecord::from(&message));
        prop_assert_eq!(decode::<MessageRecord<'_>>(&bytes).unwrap().message().unwrap(), message);
        damaged(&bytes, |bytes| decode::<MessageRecord<'_>>(bytes)?.message().map(drop));
    }

    #[test]
    fn timeline_rows(entries in generated::entries()) {
        let bytes = stored(EntriesRecord::of(&entries).unwrap());
        prop_assert_eq!(decode::<EntriesRecord<'_>>(&bytes).unwrap().entries().unwrap(), entries);
        damaged(&bytes, |bytes| decode::<EntriesRecord<'_>>(bytes)?.entries().map(drop));
    }

    #[test]
    fn callbacks(callback in generated::callback()) {
        let bytes = stored(CallbackRecord::from(&callback));
        prop_assert_eq!(decode::<CallbackRecord<'_>>(&bytes).unwrap().callback().unwrap(), callback);
        damaged(&bytes, |bytes| decode::<CallbackRecord<'_>>(bytes)?.callback().map(drop));
    }

    #[test]
    fn unfinished_mts(outgoing in generated::outgoing()) {
        let bytes = stored(OutgoingRecord::from(&outgoing));
        prop_assert_eq!(decode::<OutgoingRecord<'_>>(&bytes).unwrap().outgoing().unwrap(), outgoing);
        damaged(&bytes, |bytes| decode::<OutgoingRecord<'_>>(bytes)?.outgoing().map(drop));
    }

    #[test]
    fn phones(phone in generated::phone()) {
        let bytes = stored(PhoneRow::from(&phone));
        let key = phone.key.clone();
        prop_assert_eq!(decode::<PhoneRow<'_>>(&bytes).unwrap().phone(key.clone()).unwrap(), phone);
        damaged(&bytes, |bytes| decode::<PhoneRow<'_>>(bytes)?.phone(key.clone()).map(drop));
    }

    #[test]
    fn parked_reports(report in generated::parked()) {
        let bytes = stored(ReportRecord::from(&report));
        prop_assert_eq!(decode::<ReportRecord<'_>>(&bytes).unwrap().report().unwrap(), report);
        damaged(&bytes, |bytes| decode::<ReportRecord<'_>>(bytes)?.report().map(drop));
    }

    #[test]
    fn opt_outs(opt_out in generated::opt_out()) {
        let bytes = stored(OptOutRecord::from(&opt_out));
        let key = opt_out.key();
        prop_assert_eq!(decode::<OptOutRecord<'_>>(&bytes).unwrap().opt_out(&key).unwrap(), opt_out);
        damaged(&bytes, |bytes| decode::<OptOutRecord<'_>>(bytes)?.opt_out(&key).map(drop));
    }

    #[test]
    fn repeatable_sends(send in generated::send()) {
        let bytes = stored(SendRecord::from(&send));
        prop_assert_eq!(decode::<SendRecord<'_>>(&bytes).unwrap().send(), send);
        damaged(&bytes, |bytes| decode::<SendRecord<'_>>(bytes).map(drop));
    }
}

fn hash(bytes: &[u8]) -> String {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{} {hash:016x}", bytes.len())
}

/// As version 1 wrote it: without what version 2 has at the end.
fn as_version_1(stored: &[u8], added_bytes: usize) -> Vec<u8> {
    let mut bytes = stored[..stored.len() - 4 - added_bytes].to_vec();
    bytes[0] = 1;
    let checksum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

#[test]
fn what_version_1_wrote_is_read() {
    use super::sample;
    use domain::outgoing::{Outgoing, OutgoingState};
    use domain::phone::PhoneRecord;

    let outgoing = Outgoing { ussd: None, is_settled: false, ..sample::outgoing(sample::id(1), OutgoingState::Queued) };
    let old = as_version_1(&stored(OutgoingRecord::from(&outgoing)), 2);
    assert_eq!(hash(&old), "93 2b8449a0782f0442");
    assert_eq!(decode::<OutgoingRecord<'_>>(&old).unwrap().outgoing().unwrap(), outgoing);
    let phone = PhoneRecord { dialogs: Vec::new(), ..sample::phone(1, &["weather"]) };
    let old = as_version_1(&stored(PhoneRow::from(&phone)), 1);
    assert_eq!(hash(&old), "132 fcece8ae2cfa5cd5");
    assert_eq!(decode::<PhoneRow<'_>>(&old).unwrap().phone(phone.key.clone()).unwrap(), phone);
}

/// The bytes on disk are a contract with every later version: a change of the struct needs a new version byte.
#[test]
fn the_stored_form_is_fixed() {
    use super::sample;
    use domain::callback::CallbackState;
    use domain::message::Direction;
    use domain::outgoing::OutgoingState;

    let message = sample::message(sample::id(4), Direction::Mo);
    let entries = [sample::note("odd"), sample::made(sample::callback_id(1), "a=b")];
    let callback = sample::callback(2, "weather", CallbackState::Pending);
    let (outgoing, phone) = (sample::outgoing(sample::id(1), OutgoingState::Queued), sample::phone(1, &["weather"]));
    let (parked, send) = (sample::parked("7", sample::NOW), sample::send("k", sample::NOW));
    let forms = [
        hash(&stored(MessageRecord::from(&message))),
        hash(&stored(EntriesRecord::of(&entries).unwrap())),
        hash(&stored(CallbackRecord::from(&callback))),
        hash(&stored(OutgoingRecord::from(&outgoing))),
        hash(&stored(PhoneRow::from(&phone))),
        hash(&stored(ReportRecord::from(&parked))),
        hash(&stored(SendRecord::from(&send))),
    ];
    let expected = [
        "110 73e3da5500382736",
        "47 27060414d0821ee1",
        "119 e5ec177e00530edd",
        "99 2b73796b5bae05c0",
        "200 b1c0c370b7fdb528",
        "72 c98e30d6abb907ac",
        "58 81b1cebaff34257d",
    ];
    assert_eq!(forms, expected);
}
