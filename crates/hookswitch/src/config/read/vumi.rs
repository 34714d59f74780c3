//! The keys of an `[[application]]` with the Vumi contract (`docs/build/vumi.md`).

use std::sync::Arc;

use contracts::vumi::answer::RETRY_WAITS_MS;
use domain::directory::{RetryPolicy, Vumi};

use super::application::called_url;
use crate::config::defaults::{CONTENT_LENGTH_LIMIT, METRIC_STORE, RETRY_WAIT_MS, VUMI_RETRY_FOR_MS, VUMI_TIMEOUT_MS};
use crate::config::secret::Sources;
use crate::config::section::{At, Section};

/// What was read of one.
pub(super) struct VumiDraft {
    pub(super) urls: Vec<At<String>>,
    pub(super) retry: RetryPolicy,
    pub(super) timeout_ms: u64,
    pub(super) vumi: Vumi,
}

/// Reads one.
pub(super) fn read(section: &Section<'_>, sources: &Sources<'_>) -> VumiDraft {
    section.refuse_empty("api_tokens");
    section.refuse_empty(RETRY_WAIT_MS.key);
    let waits_ms = section.numbers(&RETRY_WAIT_MS).unwrap_or_else(|| RETRY_WAITS_MS.to_vec());
    let retry = RetryPolicy { waits_ms, for_ms: section.number(&VUMI_RETRY_FOR_MS) };
    let tokens = section.secrets("api_tokens", sources);
    for token in &tokens {
        section.warn_of_weak("api_tokens", token);
    }
    let message_url = called_url(section, "push_message_url");
    let event_url = called_url(section, "push_event_url");
    let url = |url: &Option<At<String>>| url.as_ref().map(|url| Arc::from(url.value.as_str()));
    let vumi = Vumi {
        tokens: tokens.into_iter().map(|token| token.value).collect(),
        push_message_url: url(&message_url),
        push_event_url: url(&event_url),
        ignore_messages: section.flag("ignore_messages", false),
        ignore_events: section.flag("ignore_events", false),
        content_length_limit: section.optional_number(&CONTENT_LENGTH_LIMIT),
        metric_store: section.id("metric_store").map_or_else(|| METRIC_STORE.into(), |store| store.value),
    };
    let urls = message_url.into_iter().chain(event_url).collect();
    VumiDraft { urls, retry, timeout_ms: section.number(&VUMI_TIMEOUT_MS), vumi }
}
