//! Where texts are cut, and that the cuts cost no segment too many.

use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

use super::super::coding::{Alphabet, decode};
use super::*;

fn options(reference: ReferenceWidth, prefer_graphemes: bool) -> Options {
    Options { reference, prefer_graphemes }
}

/// The units of each segment with an 8-bit reference.
fn check(text: &str, encoding: Encoding, units: &[usize]) {
    let plan = plan(text, Options::default()).unwrap();
    let found: Vec<_> = plan.segments.iter().map(|segment| segment.units).collect();
    assert_eq!((plan.encoding, found.as_slice()), (encoding, units), "{text:?}");
    assert_eq!(plan.units, units.iter().sum::<usize>(), "{text:?}");
}

#[test]
fn gsm7_texts_at_the_borders() {
    let g = Encoding::Gsm7;
    check("", g, &[0]);
    check("a", g, &[1]);
    check("€", g, &[2]);
    check(&"a".repeat(160), g, &[160]);
    check(&"@".repeat(160), g, &[160]);
    check(&"a".repeat(161), g, &[153, 8]);
    check(&"a".repeat(306), g, &[153, 153]);
    check(&"a".repeat(307), g, &[153, 153, 1]);
    check(&"€".repeat(80), g, &[160]);
    // 81 euros are 162 septets; 153 is odd, so an escape pair would be cut there.
    check(&"€".repeat(81), g, &[152, 10]);
    check(&format!("{}€", "a".repeat(158)), g, &[160]);
    check(&format!("{}€", "a".repeat(159)), g, &[153, 8]);
    check(&format!("{}€{}", "a".repeat(152), "b".repeat(7)), g, &[152, 9]);
    check(&format!("{}€{}", "a".repeat(151), "b".repeat(8)), g, &[153, 8]);
    // 306 septets would fill two segments, but the escape pair at the cut wastes one of them.
    check(&format!("{}[{}", "a".repeat(152), "b".repeat(152)), g, &[152, 153, 1]);
}

#[test]
fn ucs2_texts_at_the_borders() {
    let u = Encoding::Ucs2;
    check("ж", u, &[1]);
    check(&"ж".repeat(70), u, &[70]);
    check(&"ж".repeat(71), u, &[67, 4]);
    check(&"ж".repeat(134), u, &[67, 67]);
    check(&"ж".repeat(135), u, &[67, 67, 1]);
    check("😀", u, &[2]);
    check(&"😀".repeat(35), u, &[70]);
    check(&"😀".repeat(36), u, &[66, 6]);
    check(&"😀".repeat(66), u, &[66, 66]);
    check(&"😀".repeat(67), u, &[66, 66, 2]);
    // One foreign character makes all of it UCS-2.
    check(&format!("{}ç", "a".repeat(79)), u, &[67, 13]);
}

#[test]
fn clusters_stay_whole_where_it_costs_nothing() {
    let u = Encoding::Ucs2;
    // e + acute at the cut: 66 + [2] + 5.
    check(&format!("{}e\u{301}{}", "ж".repeat(66), "ж".repeat(5)), u, &[66, 7]);
    // A family of 11 units (four people, three joiners) across the cut.
    let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
    check(&format!("{}{family}", "ж".repeat(60)), u, &[60, 11]);
    check(&family.repeat(7), u, &[66, 11]);
    // Flags are pairs of pairs.
    check(&"🇿🇦".repeat(18), u, &[64, 8]);
    // Hindi: ka, virama, ssa, vowel sign i is one cluster.
    check(&format!("{}क्षि{}", "क".repeat(65), "क".repeat(4)), u, &[65, 8]);
    // CR LF in GSM 7-bit.
    check(&format!("{}\r\n{}", "a".repeat(152), "b".repeat(10)), Encoding::Gsm7, &[152, 12]);
    // No room to spare: 134 units fill two segments to the brim, whatever is cut.
    check(&format!("{}e\u{301}{}", "ж".repeat(66), "ж".repeat(66)), u, &[67, 67]);
    // One cluster longer than a segment has to be cut.
    check(&format!("e{}", "\u{301}".repeat(99)), u, &[67, 33]);
}

#[test]
fn without_the_preference_segments_are_filled() {
    let text = format!("{}e\u{301}{}", "ж".repeat(66), "ж".repeat(5));
    let plan = plan(&text, options(ReferenceWidth::Bits8, false)).unwrap();
    assert_eq!(plan.segments.iter().map(|segment| segment.units).collect::<Vec<_>>(), [67, 6]);
}

#[test]
fn a_wide_reference_takes_one_unit_more() {
    for (text, expected) in [("a".repeat(161), [152, 9]), ("ж".repeat(71), [66, 5])] {
        let plan = plan(&text, options(ReferenceWidth::Bits16, true)).unwrap();
        assert_eq!(plan.segments.iter().map(|segment| segment.units).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn payloads_are_what_goes_on_the_wire() {
    let gsm = plan("@ €5_", Options::default()).unwrap();
    assert_eq!(gsm.segments[0].payload(), [0x00, 0x20, 0x1b, 0x65, 0x35, 0x11]);
    let ucs2 = plan("ж😀", Options::default()).unwrap();
    let mut bytes = vec![0x05];
    ucs2.segments[0].payload_into(&mut bytes);
    assert_eq!(bytes, [0x05, 0x04, 0x36, 0xd8, 0x3d, 0xde, 0x00]);
}

#[test]
fn more_than_255_segments_are_refused_with_the_count() {
    let fits = "a".repeat(255 * 153);
    assert_eq!(plan(&fits, Options::default()).unwrap().segments.len(), 255);
    let text = format!("{fits}a");
    let refusal = plan(&text, Options::default()).unwrap_err();
    let expected = Count { encoding: Encoding::Gsm7, units: 255 * 153 + 1, segments: 256 };
    assert_eq!(refusal, SegmentRefusal::TooManySegments { count: expected });
    assert_eq!(refusal.to_string(), "the text takes 256 segments, at most 255 can be sent");
    assert_eq!(count(&text, Options::default()), Err(refusal));
    // Fewer units than the refused text, but escape pairs waste a septet of each segment.
    let euros = "€".repeat(76 * 255 + 1);
    assert!(plan(&euros, Options::default()).is_err());
    assert_eq!(plan(&euros[3..], Options::default()).unwrap().segments.len(), 255);
}

/// Texts of pieces that are awkward to cut.
fn awkward_text() -> impl Strategy<Value = String> {
    let gsm = prop::sample::select(vec!["a", "@", "€", "[", "\r\n", "ß", "word ", "Ω"]);
    let wide = prop::sample::select(vec![
        "a",
        "€",
        "ж",
        "😀",
        "e\u{301}",
        "क्षि",
        "🇿🇦",
        "👨\u{200d}👩\u{200d}👧\u{200d}👦",
        "👍🏽",
        "\r\n",
        "\u{301}",
        "한",
    ]);
    prop_oneof![
        prop::collection::vec(gsm, 0..700).prop_map(|pieces| pieces.concat()),
        prop::collection::vec(wide, 0..200).prop_map(|pieces| pieces.concat()),
        any::<String>(),
    ]
}

fn any_options() -> impl Strategy<Value = Options> {
    (any::<bool>(), any::<bool>()).prop_map(|(wide, prefer_graphemes)| {
        options(if wide { ReferenceWidth::Bits16 } else { ReferenceWidth::Bits8 }, prefer_graphemes)
    })
}

proptest! {
    #[test]
    fn payloads_together_are_the_text(text in awkward_text(), options in any_options()) {
        prop_assume!(!text.starts_with(['\u{feff}', '\u{fffe}']));
        let plan = plan(&text, options).unwrap();
        let alphabet = if plan.encoding == Encoding::Gsm7 { Alphabet::GSM7 } else { Alphabet::Ucs2 };
        let mut whole = String::new();
        for segment in &plan.segments {
            let decoded = decode(&segment.payload(), alphabet);
            prop_assert_eq!(decoded.complaints.total(), 0);
            prop_assert_eq!(decoded.text.as_str(), segment.text);
            prop_assert_eq!(&text[segment.range.clone()], segment.text);
            whole.push_str(&decoded.text);
        }
        prop_assert_eq!(whole, text);
    }

    #[test]
    fn segments_are_few_and_none_is_too_long(text in awkward_text(), options in any_options()) {
        let plan = plan(&text, options).unwrap();
        let number = plan.segments.len();
        let limit = match number {
            1 => plan.encoding.single_units_max(),
            _ => plan.encoding.segment_units_max(options.reference),
        };
        for segment in &plan.segments {
            prop_assert!(segment.units <= limit);
            prop_assert!(number == 1 || segment.units > 0);
            let octets = match plan.encoding { Encoding::Gsm7 => 1, Encoding::Ucs2 => 2 };
            prop_assert_eq!(segment.payload().len(), segment.units * octets);
        }
        prop_assert_eq!(plan.segments.iter().map(|segment| segment.units).sum::<usize>(), plan.units);
        // A pair at the cut wastes at most one unit of a segment.
        prop_assert!(number >= plan.units.div_ceil(limit).max(1));
        prop_assert!(number <= plan.units.div_ceil(limit - 1).max(1));
    }

    #[test]
    fn counting_agrees_with_planning(text in awkward_text(), options in any_options()) {
        let plan = plan(&text, options).unwrap();
        let expected = Count { encoding: plan.encoding, units: plan.units, segments: plan.segments.len() };
        prop_assert_eq!(count(&text, options), Ok(expected));
    }

    #[test]
    fn preferring_clusters_costs_no_segment_and_leaves_no_border_unused(text in awkward_text(), wide in any::<bool>()) {
        let reference = if wide { ReferenceWidth::Bits16 } else { ReferenceWidth::Bits8 };
        let filled = plan(&text, options(reference, false)).unwrap();
        let preferred = plan(&text, options(reference, true)).unwrap();
        prop_assert_eq!(preferred.segments.len(), filled.segments.len());
        let limit = preferred.encoding.segment_units_max(reference);
        for (at, pair) in preferred.segments.windows(2).enumerate() {
            let (start, cut) = (pair[0].range.start, pair[0].range.end);
            let next = text[cut..].chars().next().map_or(0, |ch| preferred.encoding.cost(ch));
            let borders = text[start..].grapheme_indices(true).map(|(border, _)| start + border);
            let last = borders.take_while(|border| *border <= cut).last().unwrap();
            if last == cut {
                continue;
            }
            // A cut inside a cluster: the segment is full, and the border before would have cost a segment more.
            prop_assert!(pair[0].units + next > limit);
            let left = preferred.segments.len() - at - 1;
            prop_assert!(last == start || filled_segments(&text[last..], preferred.encoding, limit) > left);
        }
    }
}
