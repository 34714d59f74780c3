//! The keys of a `[[channel]]` that carries USSD (`docs/operate/ussd.md`).

use domain::directory::{SegmentMark, Ussd};
use domain::text::gsm7;

use crate::config::code::Code;
use crate::config::defaults::{SERVICE_TYPE_BYTES_MAX, USSD_REPLY_MS, USSD_SERVICE_TYPE, USSD_SORRY};
use crate::config::section::Section;
use crate::config::sheets::SEGMENT_MARK;

/// Most septets and UTF-16 units of a USSD text (3GPP TS 29.002 §17.7.4).
const SEPTETS_MAX: usize = 182;
const UNITS_MAX: usize = 80;

/// What decisions need, when `ussd = true`. Reports keys that then have no effect otherwise.
pub(super) fn read(section: &Section<'_>) -> Option<Ussd> {
    let reply_ms = section.number(&USSD_REPLY_MS);
    let sorry = section.prose("ussd_sorry");
    if section.flag("ussd", false) {
        let sorry = sorry.map_or(USSD_SORRY, |text| {
            if !fits(text.value) {
                let sentence = format!(
                    "`ussd_sorry` of {} is longer than the {SEPTETS_MAX} characters of a USSD text ({UNITS_MAX} when it \
                     needs UCS-2); shorten it",
                    section.name
                );
                section.problem(Code::BadText, &text.span, sentence);
            }
            text.value
        });
        return Some(Ussd { reply_ms, sorry: sorry.into() });
    }
    without_effect(section, USSD_REPLY_MS.key);
    without_effect(section, "ussd_sorry");
    None
}

fn without_effect(section: &Section<'_>, key: &str) {
    if section.has(key) {
        let sentence = format!("{} has `{key}` without USSD; add `ussd = true` or take it out", section.name);
        section.problem(Code::Conflict, &section.span_of(key), sentence);
    }
}

/// A USSD text is never split.
pub(super) fn segment_mark(section: &Section<'_>, ussd: Option<&Ussd>) -> SegmentMark {
    let mark = section.word_or_first(&SEGMENT_MARK);
    if ussd.is_none() { mark } else { SegmentMark::Payload }
}

/// What goes into `service_type` when the channel carries USSD.
pub(super) fn service_type(section: &Section<'_>, ussd: Option<&Ussd>) -> Option<String> {
    let is_blank = section.get("ussd_service_type").is_some_and(|value| value.get_ref().as_str() == Some(""));
    let text = if is_blank { None } else { section.text("ussd_service_type") };
    if let Some(text) = &text
        && (text.value.chars().count() > SERVICE_TYPE_BYTES_MAX || text.value.chars().any(|c| u32::from(c) > 0xFF))
    {
        let sentence = format!(
            "`ussd_service_type` of {} is none of at most {SERVICE_TYPE_BYTES_MAX} octets in ISO 8859-1; use what the \
             operator gave you",
            section.name
        );
        section.problem(Code::BadText, &text.span, sentence);
    }
    if ussd.is_none() {
        without_effect(section, "ussd_service_type");
    }
    let default = if is_blank { "" } else { USSD_SERVICE_TYPE };
    ussd.map(|_| text.map_or(default, |text| text.value).to_owned())
}

fn fits(text: &str) -> bool {
    match gsm7::septets(text) {
        Some(septets) => septets <= SEPTETS_MAX,
        None => text.encode_utf16().count() <= UNITS_MAX,
    }
}
