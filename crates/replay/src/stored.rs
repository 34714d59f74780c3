//! Stored records: whatever lies on the disk is a record or damaged, never fatal and never a crash; and a record that can
//! be read is written and read again as it was.

use std::fmt::Debug;

use domain::address::AddressKey;
use engine::port::StoreError;

use crate::input::Input;
use crate::record::callback::CallbackRecord;
use crate::record::entry::EntriesRecord;
use crate::record::message::MessageRecord;
use crate::record::outgoing::OutgoingRecord;
use crate::record::phone::PhoneRow;
use crate::record::report::ReportRecord;
use crate::record::send::SendRecord;
use crate::record::{Record, decode, encode};

/// The kind of record, and its bytes: first as they are, then with the version and the checksum that they should have.
pub fn check(octets: &[u8]) {
    let mut input = Input::new(octets);
    let kind = input.octet();
    let bytes = input.rest();
    let checked = checked(bytes);
    for bytes in [bytes, &checked] {
        match kind % 7 {
            0 => again(bytes, |b| decode::<MessageRecord<'_>>(b)?.message(), |m| Ok(stored(MessageRecord::from(m)))),
            1 => again(bytes, |b| decode::<EntriesRecord<'_>>(b)?.entries(), |e| Ok(stored(EntriesRecord::of(e)?))),
            2 => again(bytes, |b| decode::<CallbackRecord<'_>>(b)?.callback(), |c| Ok(stored(CallbackRecord::from(c)))),
            3 => again(bytes, |b| decode::<OutgoingRecord<'_>>(b)?.outgoing(), |o| Ok(stored(OutgoingRecord::from(o)))),
            4 => again(bytes, |b| decode::<PhoneRow<'_>>(b)?.phone(key()), |p| Ok(stored(PhoneRow::from(p)))),
            5 => again(bytes, |b| decode::<ReportRecord<'_>>(b)?.report(), |r| Ok(stored(ReportRecord::from(r)))),
            _ => again(bytes, |b| Ok(decode::<SendRecord<'_>>(b)?.send()), |s| Ok(stored(SendRecord::from(s)))),
        }
    }
}

/// The key of a phone's row, which is not in its record.
fn key() -> AddressKey {
    AddressKey::from_stored("41790000000")
}

/// Version 1 before, CRC-32 behind, as the store writes them.
fn checked(bytes: &[u8]) -> Vec<u8> {
    let mut record = [&[1], bytes].concat();
    let checksum = crc32fast::hash(&record);
    record.extend_from_slice(&checksum.to_le_bytes());
    record
}

fn stored<'a, R: Record<'a>>(record: R) -> Vec<u8> {
    let mut bytes = b"what the buffer held".to_vec();
    encode(&record, &mut bytes);
    bytes
}

fn again<T: PartialEq + Debug>(
    bytes: &[u8],
    read: fn(&[u8]) -> Result<T, StoreError>,
    write: fn(&T) -> Result<Vec<u8>, StoreError>,
) {
    match read(bytes) {
        Ok(record) => {
            let written = write(&record).expect("it came from such bytes");
            assert!(written.len() <= bytes.len() * 2 + 64, "{} bytes from {}", written.len(), bytes.len());
            assert_eq!(read(&written), Ok(record));
        }
        Err(StoreError::Corrupt(why)) => assert!(!why.is_empty()),
        Err(other) => panic!("a damaged record costs only itself: {other}"),
    }
}
