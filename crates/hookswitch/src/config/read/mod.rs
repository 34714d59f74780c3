//! From the tables of the file to a draft: every value read and judged by itself, one file for each kind of table.
//! What needs two tables at once is judged in `check.rs`.

mod application;
mod channel;
mod general;
mod route;
mod smpp;
mod ussd;
mod vumi;

use std::ops::Range;

use callbacks::guard::Guard;
use domain::address::Address;
use domain::directory::{Account, Application, Channel, Name, Route};
use domain::secret::Secret;
use toml::Spanned;
use toml::de::DeTable;

use super::code::Code;
use super::defaults::CONCURRENCY_LIMIT;
use super::problem::Report;
use super::secret::Sources;
use super::section::{At, Section, printable};
use super::settings::{CallbackSetting, ServerSetting, SimulatorChannelSetting, SmppChannelSetting, StoreSetting};
use super::sheets::{ACCOUNT, FILE};

/// What was read. Parts that could not be read are missing, and then there is a problem in the report.
pub(crate) struct Draft {
    pub(crate) server: Option<ServerSetting>,
    pub(crate) store: Option<StoreSetting>,
    pub(crate) retention_days: u32,
    pub(crate) operator_token: Option<At<Secret>>,
    pub(crate) callbacks: CallbackSetting,
    pub(crate) guard: Guard,
    pub(crate) accounts: Vec<AccountDraft>,
    pub(crate) channels: Vec<ChannelDraft>,
    pub(crate) applications: Vec<ApplicationDraft>,
    pub(crate) routes: Vec<RouteDraft>,
}

/// An `[[account]]`.
pub(crate) struct AccountDraft {
    pub(crate) key: Option<At<Name>>,
    pub(crate) tokens: Vec<At<Secret>>,
    pub(crate) built: Option<Account>,
}

/// A `[[channel]]`.
pub(crate) struct ChannelDraft {
    /// How sentences name it.
    pub(crate) name: String,
    pub(crate) span: Range<usize>,
    pub(crate) id: Option<At<Name>>,
    pub(crate) addresses: Vec<At<Address>>,
    pub(crate) built: Option<(Channel, Network)>,
}

/// What a channel connects to.
pub(crate) enum Network {
    Smpp(Box<SmppChannelSetting>),
    Simulator(SimulatorChannelSetting),
}

/// An `[[application]]`.
pub(crate) struct ApplicationDraft {
    pub(crate) id: Option<At<Name>>,
    pub(crate) account: Option<At<Name>>,
    /// Where it is called.
    pub(crate) urls: Vec<At<String>>,
    pub(crate) api_key: Option<At<Secret>>,
    pub(crate) built: Option<Application>,
}

/// A `[[route]]`.
pub(crate) struct RouteDraft {
    pub(crate) span: Range<usize>,
    pub(crate) application: Option<At<Name>>,
    pub(crate) address: Option<At<Address>>,
    pub(crate) built: Option<Route>,
}

/// Reads the whole file.
pub(crate) fn read(document: &Spanned<DeTable<'_>>, sources: &Sources<'_>, report: &Report) -> Draft {
    let file = Section::quiet(At { value: document.get_ref(), span: 0..0 }, &FILE, report);
    file.refuse_unknown();
    let server = general::server(&file);
    let (store, retention_days) = general::store(&file, sources);
    let (callbacks, guard) = general::callbacks(&file, sources);
    refuse_topics(&file);
    let channels = file.tables("channel").into_iter();
    let applications = file.tables("application").into_iter();
    let routes = file.tables("route").into_iter();
    Draft {
        server,
        store,
        retention_days,
        operator_token: general::operator_token(&file, sources),
        accounts: accounts(&file, sources),
        channels: channels.map(|table| channel::read(table, sources, report)).collect(),
        applications: applications.map(|table| application::read(table, &callbacks, sources, report)).collect(),
        routes: routes.map(|table| route::read(table, report)).collect(),
        callbacks,
        guard,
    }
}

fn accounts(file: &Section<'_>, sources: &Sources<'_>) -> Vec<AccountDraft> {
    let read = |table: At<&DeTable<'_>>| {
        let section = Section::open(table, &ACCOUNT, file.report);
        section.refuse_empty("tokens");
        let key = section.id("key");
        let tokens = section.secrets("tokens", sources);
        for token in &tokens {
            section.warn_of_weak("tokens", token);
        }
        let secrets = tokens.iter().map(|token| token.value.clone()).collect();
        let concurrency = section.limit(&CONCURRENCY_LIMIT);
        let built = key.as_ref().map(|key| Account { key: key.value.clone(), tokens: secrets, concurrency });
        AccountDraft { key, tokens, built }
    };
    file.tables("account").into_iter().map(read).collect()
}

fn refuse_topics(file: &Section<'_>) {
    if file.has("topic") {
        let sentence = "[[topic]] is not available yet; take it out, and let applications be told by callbacks";
        file.problem(Code::NotYet, &file.span_of("topic"), sentence.to_owned());
    }
}

/// A service address; reports what is none.
fn address(section: &Section<'_>, key: &str, text: At<&str>) -> Option<At<Address>> {
    match Address::parse(text.value) {
        Ok(address) => Some(text.with(address)),
        Err(refusal) => {
            let shown = printable(text.value);
            let sentence = format!("\"{shown}\" in `{key}` of {} is no service address: {refusal}", section.name);
            section.problem(Code::BadAddress, &text.span, sentence);
            None
        }
    }
}
