//! `[[route]]`.

use domain::directory::{Name, Route};
use domain::limit::REPLY_CHARS_MAX;
use domain::text::fold::folded;
use toml::de::DeTable;

use super::{RouteDraft, address};
use crate::config::code::Code;
use crate::config::defaults::{KEYWORD_CHARS_MAX, SESSION_MS};
use crate::config::problem::Report;
use crate::config::section::{At, Section};
use crate::config::sheets::{MATCH, ROUTE};

/// Reads one.
pub(super) fn read<'a>(table: At<&'a DeTable<'a>>, report: &'a Report) -> RouteDraft {
    let section = Section::open(table, &ROUTE, report);
    let application = section.id("application");
    let listens_on = section.text("address").and_then(|text| address(&section, "address", text));
    let keyword = keyword(&section);
    let matching = section.word_or_first(&MATCH);
    if section.has("match") && !section.has("keyword") {
        let sentence = format!("{} has `match` but no `keyword` to compare; add one or take `match` out", section.name);
        section.problem(Code::Conflict, &section.span_of("match"), sentence);
    }
    let auto_subscribe = section.flag("auto_subscribe", false);
    if section.has("confirmation") && !auto_subscribe {
        let sentence = format!(
            "{} has a `confirmation` for new subscribers but makes none; add `auto_subscribe = true` or take it out",
            section.name
        );
        section.problem(Code::Conflict, &section.span_of("confirmation"), sentence);
    }
    let session = section.flag("session", keyword.is_some());
    let session_ms = section.number(&SESSION_MS);
    let (auto_reply, confirmation) = (message(&section, "auto_reply"), message(&section, "confirmation"));
    let built = (|| {
        Some(Route {
            application: application.as_ref()?.value.clone(),
            address: listens_on.as_ref()?.value.clone(),
            keyword,
            matching,
            session,
            session_ms,
            auto_reply,
            auto_subscribe,
            confirmation,
        })
    })();
    RouteDraft { span: section.span.clone(), application, address: listens_on, built }
}

fn keyword(section: &Section<'_>) -> Option<Name> {
    let text = section.text("keyword")?;
    if folded(text.value).chars().count() > KEYWORD_CHARS_MAX {
        let sentence =
            format!("`keyword` of {} is longer than {KEYWORD_CHARS_MAX} characters; shorten it", section.name);
        section.problem(Code::BadText, &text.span, sentence);
        return None;
    }
    Some(text.value.trim().into())
}

/// A text to send.
fn message(section: &Section<'_>, key: &str) -> Option<Name> {
    let text = section.prose(key)?;
    if text.value.chars().count() > REPLY_CHARS_MAX {
        let sentence = format!("`{key}` of {} is longer than {REPLY_CHARS_MAX} characters; shorten it", section.name);
        section.problem(Code::BadText, &text.span, sentence);
        return None;
    }
    Some(text.value.into())
}
