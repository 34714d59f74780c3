//! TCP cuts where it likes: whatever the pieces, the same is told and answered.

use crate::corpus::goldens;
use crate::pair::{bound_esme, bound_smsc, esme, events, message, output, pdu, smsc};
use smpp::{Bind, BindEvent, BindMode, CloseReason, Limits};

/// A name, and how to make such a connection.
type Stand = (&'static str, fn() -> Bind);

/// Where a connection may stand when a PDU comes.
const STANDS: [Stand; 6] = [
    ("an ESME that has asked to bind", || {
        let mut bind = esme(BindMode::Transceiver, Limits::default(), 0);
        output(&mut bind);
        bind
    }),
    ("a bound ESME that waits for an answer", || {
        let mut bind = bound_esme(Limits::default());
        bind.submit(1, &message("x"), 0).expect("room");
        output(&mut bind);
        bind
    }),
    ("an ESME that unbinds", || {
        let mut bind = bound_esme(Limits::default());
        bind.unbind(0);
        output(&mut bind);
        bind
    }),
    ("an SMSC that waits for a bind", || smsc(Limits::default(), 0)),
    ("an SMSC whose owner has been asked for the bind", || {
        let mut bind = smsc(Limits::default(), 0);
        bind.receive(&pdu("00000009 00000000 00000001 'a' 00 'b' 00 00 34 00 00 00"), 0);
        events(&mut bind);
        bind
    }),
    ("a bound SMSC that waits for an answer", || {
        let mut bind = bound_smsc(Limits::default());
        bind.deliver(1, &message("x"), 0).expect("room");
        output(&mut bind);
        bind
    }),
];

fn fed(mut bind: Bind, pieces: &[&[u8]]) -> (Vec<BindEvent>, Vec<u8>) {
    for piece in pieces {
        bind.receive(piece, 0);
    }
    (events(&mut bind), output(&mut bind))
}

#[test]
fn every_pdu_may_be_cut_anywhere() {
    let mut splits = 0;
    for (name, octets) in goldens() {
        for (stand, bind) in STANDS {
            let whole = fed(bind(), &[&octets]);
            let mut check = |pieces: &[&[u8]]| {
                assert_eq!(fed(bind(), pieces), whole, "{name}, {stand}, cut as {pieces:02x?}");
                splits += 1;
            };
            for first in 1..octets.len() {
                check(&[&octets[..first], &octets[first..]]);
                for second in first + 1..octets.len().min(64) {
                    check(&[&octets[..first], &octets[first..second], &octets[second..]]);
                }
            }
            let singles: Vec<&[u8]> = octets.chunks(1).collect();
            check(&singles);
        }
    }
    println!("{} PDUs in {} states, {splits} ways of cutting", goldens().count(), STANDS.len());
    assert!(splits > 45 * 16 * STANDS.len());
}

#[test]
fn an_octet_a_second_is_enough_for_what_comes_before_the_patience_ends() {
    let limits = Limits::default();
    let patience_ms = limits.enquire_interval_ms + limits.response_timeout_ms;
    let asked = pdu("00000015 00000000 00000002");
    for (name, octets) in goldens() {
        for bound in [bound_esme, bound_smsc] {
            let (seen, answers) = fed(bound(limits), &[&octets]);
            let mut bind = bound(limits);
            let mut now_ms = 0;
            for octet in octets.chunks(1) {
                now_ms += 1000;
                bind.timeout(now_ms);
                bind.receive(octet, now_ms);
            }
            let (slow, mut written) = (events(&mut bind), output(&mut bind));
            if now_ms > limits.enquire_interval_ms {
                // Of either role the first own number that is free.
                let question: Vec<u8> = written.drain(..asked.len()).collect();
                assert_eq!(question[..12], asked[..12], "{name}: silent for so long");
            }
            if now_ms >= patience_ms {
                let end = BindEvent::Closed { reason: CloseReason::KeepaliveTimedOut, in_doubt: vec![] };
                assert_eq!((slow, written), (vec![end], vec![]), "{name}: no whole PDU for so long");
            } else {
                assert_eq!((slow, written), (seen, answers), "{name}");
            }
        }
    }
}

#[test]
fn many_pdus_come_in_one_piece_or_in_pieces_of_any_size() {
    for (stand, bind) in STANDS {
        // Those that end the connection would hide the ones behind them.
        let stream: Vec<Vec<u8>> = goldens()
            .map(|(_, octets)| octets)
            .filter(|octets| {
                let mut alone = bind();
                alone.receive(octets, 0);
                !alone.is_closed()
            })
            .collect();
        let pieces: Vec<&[u8]> = stream.iter().map(Vec::as_slice).collect();
        let one_by_one = fed(bind(), &pieces);
        assert!(one_by_one.0.len() > 1 && stream.len() > 40, "{stand}: {} PDUs", stream.len());
        let joined = stream.concat();
        assert_eq!(fed(bind(), &[&joined]), one_by_one, "{stand}");
        for bytes in 1..joined.len() {
            let pieces: Vec<&[u8]> = joined.chunks(bytes).collect();
            assert_eq!(fed(bind(), &pieces), one_by_one, "{stand}, {bytes} octets at a time");
        }
    }
}
