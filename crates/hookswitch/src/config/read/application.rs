//! `[[application]]`.

use callbacks::guard::Destination;
use domain::directory::{Application, RetryPolicy};
use toml::de::DeTable;

use super::ApplicationDraft;
use crate::config::code::Code;
use crate::config::defaults::{
    APPLICATION_TIMEOUT_MS, CONCURRENCY, ORDER_HOLD_MS, RETRY_FOR_MS, RETRY_WAIT_MS, RETRY_WAITS_MS,
};
use crate::config::problem::Report;
use crate::config::secret::Sources;
use crate::config::section::{At, Section};
use crate::config::settings::CallbackSetting;
use crate::config::sheets::{APPLICATION, CONTRACT};

/// Keys of contracts that are planned; with such a contract only the contract is reported.
fn speaks_planned_contract(table: &DeTable<'_>) -> bool {
    let contract = table.get("contract").and_then(|value| value.get_ref().as_str());
    contract.is_some_and(|contract| CONTRACT.not_yet.contains(&contract))
}

/// Reads one.
pub(super) fn read<'a>(
    table: At<&'a DeTable<'a>>,
    callbacks: &CallbackSetting,
    sources: &Sources<'_>,
    report: &'a Report,
) -> ApplicationDraft {
    if speaks_planned_contract(table.value) {
        return planned(table, report);
    }
    let section = Section::open(table, &APPLICATION, report);
    section.refuse_empty(RETRY_WAIT_MS.key);
    let waits_ms = section.numbers(&RETRY_WAIT_MS).unwrap_or_else(|| RETRY_WAITS_MS.to_vec());
    let retry = RetryPolicy { waits_ms, for_ms: section.number(&RETRY_FOR_MS) };
    let order_hold_ms = section.number(&ORDER_HOLD_MS);
    let concurrency = section.number(&CONCURRENCY);
    let timeout_ms = section.optional_number(&APPLICATION_TIMEOUT_MS).unwrap_or(callbacks.timeout_ms);
    let report_queued = section.flag("report_queued", false);
    let contract = section.word(&CONTRACT);
    let (id, account, url) = (section.id("id"), section.id("account"), callback_url(&section));
    let api_key = section.secret("api_key", sources);
    if let Some(api_key) = &api_key {
        section.warn_of_weak("api_key", api_key);
    }
    let built = (|| {
        Some(Application {
            id: id.as_ref()?.value.clone(),
            account: account.as_ref()?.value.clone(),
            contract: contract?,
            url: url.as_ref()?.value.as_str().into(),
            api_key: api_key.as_ref()?.value.clone(),
            retry,
            order_hold_ms,
            concurrency,
            timeout_ms,
            report_queued,
        })
    })();
    ApplicationDraft { id, account, url, api_key, built }
}

/// One whose contract is not available yet: its keys are those of the contract, so only its id is read, for the routes
/// that lead to it.
fn planned<'a>(table: At<&'a DeTable<'a>>, report: &'a Report) -> ApplicationDraft {
    let section = Section::quiet(table, &APPLICATION, report);
    section.word(&CONTRACT);
    ApplicationDraft { id: section.id("id"), account: None, url: None, api_key: None, built: None }
}

/// The URL of callbacks. It may carry credentials, so no sentence shows it.
fn callback_url(section: &Section<'_>) -> Option<At<String>> {
    let text = section.text("url")?;
    let fault = match Destination::parse(text.value) {
        Err(error) => error.to_string(),
        Ok(_) if text.value.contains('#') => "the URL has a fragment, which no request carries".to_owned(),
        Ok(_) => return Some(text.with(text.value.to_owned())),
    };
    let sentence = format!("`url` of {}: {fault}; write it like \"https://app.example.org/gateway\"", section.name);
    section.problem(Code::BadUrl, &text.span, sentence);
    None
}
