//! One PDU of every kind and of every form that matters, octet by octet: what other tests cut, join and damage.

use crate::golden::second_opinion;
use crate::pair::pdu;

/// A name, the octets without the length (see [`crate::pair::bytes`]), and whether another implementation reads them
/// too: it is stricter than the field in places.
type Golden = (&'static str, &'static str, bool);

/// Requests number from 0x21; answers bear the numbers 1 (the bind) and 2 (the first message, or the unbind).
pub(crate) const GOLDENS: &[Golden] = &[
    ("bind_receiver", "00000001 00000000 00000021 'esme' 00 'pw' 00 00 34 00 00 00", true),
    ("bind_transmitter", "00000002 00000000 00000021 'esme' 00 'pw' 00 'VMA' 00 34 01 01 '^8282$' 00", true),
    ("bind_transceiver", "00000009 00000000 00000021 'esme' 00 'pw' 00 00 34 00 00 00", true),
    ("bind_receiver_resp", "80000001 00000000 00000001 'smsc' 00", true),
    ("bind_transmitter_resp", "80000002 00000000 00000001 'smsc' 00 0210 0001 34", true),
    ("bind_transceiver_resp", "80000009 00000000 00000001 'smsc' 00 0210 0001 34", true),
    ("bind_transceiver_resp refused", "80000009 0000000E 00000001", true),
    ("bind_transceiver_resp refused, with a body", "80000009 0000000D 00000001 'smsc' 00", true),
    ("unbind", "00000006 00000000 00000022", true),
    ("unbind_resp", "80000006 00000000 00000002", true),
    ("enquire_link", "00000015 00000000 00000023", true),
    ("enquire_link_resp", "80000015 00000000 00000002", true),
    ("generic_nack", "80000000 00000003 00000002", true),
    ("generic_nack of nothing", "80000000 00000002 00000000", true),
    ("submit_sm, empty", "00000004 00000000 00000024 00 000000 000000 00 00 00 00 00 00 00 00 00 00", true),
    (
        "submit_sm, everything said",
        "00000004 00000000 00000024 'CMT' 00 0500 'Acme' 00 0101 '41791234567' 00 03 7F 02 '240101120000000+' 00 \
         '000001000000000R' 00 01 01 00 09 05 'hello' 0204 0002 1234",
        true,
    ),
    (
        "submit_sm, UDH of 8 bits",
        "00000004 00000000 00000025 00 0001 '8282' 00 0101 '41791234567' 00 40 00 00 00 00 01 00 00 00 0B \
         050003 34 02 01 'hello'",
        true,
    ),
    (
        "submit_sm, UDH of 16 bits, UCS-2",
        "00000004 00000000 00000025 00 0001 '8282' 00 0101 '41791234567' 00 40 00 00 00 00 01 00 08 00 0B \
         060804 1234 02 02 0416 0418",
        true,
    ),
    (
        "submit_sm, SAR",
        "00000004 00000000 00000025 00 0001 '8282' 00 0101 '41791234567' 00 00 00 00 00 00 01 00 00 00 05 'hello' \
         020C 0002 0007 020E 0001 02 020F 0001 01",
        true,
    ),
    (
        "submit_sm, message_payload",
        "00000004 00000000 00000025 00 0001 '8282' 00 0101 '41791234567' 00 00 00 00 00 00 01 00 00 00 00 \
         0424 000B 'hello world'",
        true,
    ),
    ("submit_sm, cut", "00000004 00000000 00000025 00 0001 '8282' 00 0101", false),
    ("submit_sm_resp", "80000004 00000000 00000002 '0E999F21' 00", true),
    ("submit_sm_resp, refused", "80000004 00000058 00000002", true),
    ("submit_sm_resp, refused, with a body", "80000004 0000000B 00000002 00", true),
    ("submit_sm_resp, no NUL", "80000004 00000000 00000002 '0E999F21'", false),
    ("submit_sm_resp of nothing", "80000004 00000000 00000077 '0E999F21' 00", true),
    ("deliver_sm, empty", "00000005 00000000 00000026 00 000000 000000 00 00 00 00 00 00 00 00 00 00", true),
    (
        "deliver_sm, a text",
        "00000005 00000000 00000027 00 0101 '41791234567' 00 0001 '8282' 00 00 00 00 00 00 00 00 00 00 05 'hello'",
        true,
    ),
    (
        "deliver_sm, Latin-1, with an identity",
        "00000005 00000000 00000027 00 0101 '41791234567' 00 0001 '8282' 00 00 00 00 00 00 00 00 03 00 04 'caf' E9 \
         001E 0006 'mo-17' 00",
        true,
    ),
    (
        "deliver_sm, a segment",
        "00000005 00000000 00000027 00 0101 '41791234567' 00 0001 '8282' 00 40 00 00 00 00 00 00 00 00 0B \
         050003 34 02 01 'hello'",
        true,
    ),
    (
        "deliver_sm, a segment by SAR",
        "00000005 00000000 00000027 00 0101 '41791234567' 00 0001 '8282' 00 00 00 00 00 00 00 00 00 00 05 'hello' \
         020C 0002 0007 020E 0001 02 020F 0001 01",
        true,
    ),
    (
        "deliver_sm, message_payload",
        "00000005 00000000 00000027 00 0101 '41791234567' 00 0001 '8282' 00 00 00 00 00 00 00 00 00 00 00 \
         0424 000B 'hello world'",
        true,
    ),
    (
        "deliver_sm, a receipt",
        "00000005 00000000 00000028 00 0101 '41791234567' 00 0001 '8282' 00 04 00 00 00 00 00 00 00 00 4C \
         'id:0E999F21 sub:001 dlvrd:001 submit date:2401011200 stat:DELIVRD err:000 te' \
         001E 0009 '0E999F21' 00 0427 0001 02",
        true,
    ),
    (
        "deliver_sm, a receipt of parameters",
        "00000005 00000000 00000028 00 0101 '41791234567' 00 0001 '8282' 00 04 00 00 00 00 00 00 00 00 00 \
         001E 0009 '0E999F21' 00 0427 0001 05 0423 0003 03 001B",
        true,
    ),
    (
        "deliver_sm, an intermediate notification",
        "00000005 00000000 00000028 00 0101 '41791234567' 00 0001 '8282' 00 20 00 00 00 00 00 00 00 00 00 \
         001E 0009 '0E999F21' 00 0427 0001 01",
        true,
    ),
    (
        "deliver_sm, vendor parameters",
        "00000005 00000000 00000027 00 0101 '41791234567' 00 0001 '8282' 00 00 00 00 00 00 00 00 00 00 02 'hi' \
         1401 0004 'vend' 3FFF 0000 1500 0001 FF",
        false,
    ),
    (
        "deliver_sm, a stray NUL behind it",
        "00000005 00000000 00000027 00 0101 '41791234567' 00 0001 '8282' 00 00 00 00 00 00 00 00 00 00 02 'hi' 00",
        false,
    ),
    (
        "deliver_sm, a length that lies",
        "00000005 00000000 00000027 00 0101 '41791234567' 00 0001 '8282' 00 00 00 00 00 00 00 00 00 00 FE 'hi'",
        false,
    ),
    (
        "deliver_sm, a parameter that lies",
        "00000005 00000000 00000027 00 0101 '41791234567' 00 0001 '8282' 00 00 00 00 00 00 00 00 00 00 00 \
         0424 00FF 'hi'",
        false,
    ),
    ("deliver_sm_resp", "80000005 00000000 00000002 00", true),
    ("deliver_sm_resp, refused for now", "80000005 00000014 00000002 00", true),
    ("data_sm, empty", "00000103 00000000 00000029 00 000000 000000 00 00 00", true),
    (
        "data_sm, a text",
        "00000103 00000000 00000029 00 0101 '41791234567' 00 0001 '8282' 00 00 01 00 0424 0005 'hello'",
        true,
    ),
    (
        "data_sm, a receipt",
        "00000103 00000000 00000029 00 0101 '41791234567' 00 0001 '8282' 00 04 00 00 001E 0003 '42' 00 0427 0001 02",
        true,
    ),
    ("data_sm_resp", "80000103 00000000 00000002 '0E999F21' 00", true),
    ("data_sm_resp, refused", "80000103 000000FE 00000002 00 0425 0001 01", true),
    ("query_sm", "00000003 00000000 0000002A '0E999F21' 00 0001 '8282' 00", true),
    ("query_sm_resp", "80000003 00000000 00000002 '0E999F21' 00 00 02 00", true),
    ("replace_sm", "00000007 00000000 0000002A '42' 00 0001 '8282' 00 00 00 00 00 02 'hi'", true),
    ("replace_sm_resp", "80000007 00000000 00000002", true),
    ("cancel_sm", "00000008 00000000 0000002A 00 '42' 00 0001 '8282' 00 0101 '41791234567' 00", true),
    ("cancel_sm_resp", "80000008 00000000 00000002", true),
    (
        "submit_multi",
        "00000021 00000000 0000002B 00 0001 '8282' 00 02 01 0101 '41791234567' 00 02 'list' 00 \
         00 00 00 00 00 01 00 00 00 02 'hi'",
        true,
    ),
    ("submit_multi_resp", "80000021 00000000 00000002 '42' 00 01 0101 '41791234567' 00 0000000B", true),
    ("outbind", "0000000B 00000000 0000002C 'smsc' 00 'pw' 00", true),
    ("alert_notification", "00000102 00000000 0000002D 0101 '41791234567' 00 0001 '8282' 00 0422 0001 00", true),
    ("broadcast_sm, of version 5.0", "00000111 00000000 0000002E 'what'", false),
    ("a vendor's command", "00010200 00000000 0000002F 'what'", true),
    ("a vendor's response", "80010200 00000000 0000002F 'what'", true),
];

pub(crate) fn goldens() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    GOLDENS.iter().map(|(name, spelled, _)| (*name, pdu(spelled)))
}

#[test]
fn the_corpus_is_what_it_says() {
    const { assert!(GOLDENS.len() >= 45) }
    for (name, spelled, is_common) in GOLDENS {
        if *is_common {
            second_opinion(&pdu(spelled), name);
        }
    }
}
