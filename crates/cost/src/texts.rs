//! Texts: the octets of a received message, and the splitting of long ones.

use domain::text::coding::{Alphabet, decode, encode_ucs2_into};
use domain::text::gsm7;
use domain::text::segment::{Encoding, Options, plan};

use crate::Scenario;

const SENTENCE: &str = "Tomorrow 21 degrees and sunny in Zurich, 19 in Bern; wind from the west. ";
const SENTENCE_OF_UCS2: &str = "Завтра 21 градус и солнечно в Цюрихе, 19 в Берне; ветер с запада. ";
/// Repetitions of the sentences in a long text.
const LONG: usize = 6;

pub(crate) fn scenarios() -> Vec<Scenario> {
    let gsm7 = gsm7::encode(SENTENCE).expect("it is in the alphabet");
    let mut ucs2 = Vec::new();
    encode_ucs2_into(SENTENCE_OF_UCS2, &mut ucs2);
    assert_eq!(decode(&gsm7, Alphabet::GSM7).text, SENTENCE);
    assert_eq!(decode(&ucs2, Alphabet::Ucs2).text, SENTENCE_OF_UCS2);
    vec![
        Scenario::new("text: decode 73 septets", move || decode(&gsm7, Alphabet::GSM7)),
        Scenario::new("text: decode 66 units of UCS-2", move || decode(&ucs2, Alphabet::Ucs2)),
        split("text: split 438 septets, with payloads", SENTENCE.repeat(LONG), Encoding::Gsm7, 3),
        split("text: split 396 units of UCS-2, with payloads", SENTENCE_OF_UCS2.repeat(LONG), Encoding::Ucs2, 6),
    ]
}

fn split(name: &str, text: String, encoding: Encoding, segments: usize) -> Scenario {
    let found = plan(&text, Options::default()).expect("a few segments");
    assert_eq!((found.encoding, found.segments.len()), (encoding, segments), "{} units", found.units);
    Scenario::new(name, move || {
        let plan = plan(&text, Options::default())?;
        Ok::<_, domain::text::segment::SegmentRefusal>(plan.segments.iter().map(|s| s.payload()).collect::<Vec<_>>())
    })
}
