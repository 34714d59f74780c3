//! `[[application]]`: what all contracts share, and the Service Layer. The keys of Vumi are in `vumi.rs`.

use std::sync::Arc;

use callbacks::guard::Destination;
use domain::directory::{Application, Contract, RetryPolicy, Vumi};
use domain::secret::Secret;
use toml::de::DeTable;

use super::ApplicationDraft;
use super::vumi::{self, VumiDraft};
use crate::config::code::Code;
use crate::config::defaults::{
    APPLICATION_TIMEOUT_MS, CONCURRENCY, ORDER_HOLD_MS, RETRY_FOR_MS, RETRY_WAIT_MS, RETRY_WAITS_MS,
};
use crate::config::problem::Report;
use crate::config::secret::Sources;
use crate::config::section::{At, Section};
use crate::config::settings::CallbackSetting;
use crate::config::sheets::{CONTRACT, SERVICE_LAYER_APPLICATION, VUMI_APPLICATION};

/// Reads one. Without a known contract only what all contracts have is read.
pub(super) fn read<'a>(
    table: At<&'a DeTable<'a>>,
    callbacks: &CallbackSetting,
    sources: &Sources<'_>,
    report: &'a Report,
) -> ApplicationDraft {
    let head = Section::quiet(table.clone(), &SERVICE_LAYER_APPLICATION, report);
    head.require("contract");
    let Some(contract) = head.word(&CONTRACT) else { return unread(&head) };
    let sheet = match contract {
        Contract::ServiceLayer => &SERVICE_LAYER_APPLICATION,
        Contract::Vumi => &VUMI_APPLICATION,
    };
    let section = Section::open(table, sheet, report);
    let (id, account) = (section.id("id"), section.id("account"));
    let order_hold_ms = section.number(&ORDER_HOLD_MS);
    let concurrency = section.number(&CONCURRENCY);
    let own = match contract {
        Contract::ServiceLayer => service_layer(&section, callbacks, sources),
        Contract::Vumi => {
            let VumiDraft { urls, retry, timeout_ms, vumi } = vumi::read(&section, sources);
            let vumi = Some(Arc::new(vumi));
            Own { urls, api_key: None, retry, timeout_ms, report_queued: false, vumi }
        }
    };
    let built = (|| {
        let (url, api_key) = match contract {
            Contract::ServiceLayer => (own.urls.first()?.value.as_str().into(), own.api_key.as_ref()?.value.clone()),
            Contract::Vumi => ("".into(), Secret::new("")),
        };
        Some(Application {
            id: id.as_ref()?.value.clone(),
            account: account.as_ref()?.value.clone(),
            contract,
            url,
            api_key,
            retry: own.retry,
            order_hold_ms,
            concurrency,
            timeout_ms: own.timeout_ms,
            report_queued: own.report_queued,
            vumi: own.vumi,
        })
    })();
    ApplicationDraft { id, account, urls: own.urls, api_key: own.api_key, built }
}

/// What a contract has of its own.
struct Own {
    urls: Vec<At<String>>,
    api_key: Option<At<Secret>>,
    retry: RetryPolicy,
    timeout_ms: u64,
    report_queued: bool,
    vumi: Option<Arc<Vumi>>,
}

fn service_layer(section: &Section<'_>, callbacks: &CallbackSetting, sources: &Sources<'_>) -> Own {
    section.refuse_empty(RETRY_WAIT_MS.key);
    let waits_ms = section.numbers(&RETRY_WAIT_MS).unwrap_or_else(|| RETRY_WAITS_MS.to_vec());
    let retry = RetryPolicy { waits_ms, for_ms: section.number(&RETRY_FOR_MS) };
    let timeout_ms = section.optional_number(&APPLICATION_TIMEOUT_MS).unwrap_or(callbacks.timeout_ms);
    let report_queued = section.flag("report_queued", false);
    let urls = called_url(section, "url").into_iter().collect();
    let api_key = section.secret("api_key", sources);
    if let Some(api_key) = &api_key {
        section.warn_of_weak("api_key", api_key);
    }
    Own { urls, api_key, retry, timeout_ms, report_queued, vumi: None }
}

/// One whose contract is missing, wrong or not available yet: its keys are those of the contract, so only its id is
/// read, for the routes that lead to it.
fn unread(section: &Section<'_>) -> ApplicationDraft {
    if !section.has("contract") {
        // It may be there, misspelt.
        section.refuse_unknown();
    }
    ApplicationDraft { id: section.id("id"), account: None, urls: Vec::new(), api_key: None, built: None }
}

/// A URL that is called. It may carry credentials, so no sentence shows it.
pub(super) fn called_url(section: &Section<'_>, key: &str) -> Option<At<String>> {
    let text = section.text(key)?;
    let fault = match Destination::parse(text.value) {
        Err(error) => error.to_string(),
        Ok(_) if text.value.contains('#') => "the URL has a fragment, which no request carries".to_owned(),
        Ok(_) => return Some(text.with(text.value.to_owned())),
    };
    let sentence = format!("`{key}` of {}: {fault}; write it like \"https://app.example.org/gateway\"", section.name);
    section.problem(Code::BadUrl, &text.span, sentence);
    None
}
