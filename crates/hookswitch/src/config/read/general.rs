//! `[server]`, `[store]`, `[operator]` and `[callbacks]`.

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use callbacks::guard::{Exception, Guard};
use domain::secret::Secret;
use url::Url;

use crate::config::code::Code;
use crate::config::defaults::{
    CALLBACK_TIMEOUT_MS, CONNECTIONS_MAX, LIST_MAX, LISTEN, RETENTION_DAYS, STORE_URL, URL_BYTES_MAX,
};
use crate::config::secret::Sources;
use crate::config::section::{At, Section, printable};
use crate::config::settings::{CallbackSetting, ServerSetting, StoreSetting};
use crate::config::sheets::{CALLBACKS, OPERATOR, SERVER, STORE};

/// `[server]`; the defaults when it is left out.
pub(super) fn server(file: &Section<'_>) -> Option<ServerSetting> {
    let section = file.table("server", &SERVER);
    let written = section.as_ref().and_then(|section| section.text("listen"));
    let listen = match (&section, written) {
        (Some(section), Some(text)) => listen(section, &text),
        _ => LISTEN.parse().ok(),
    };
    let public_url = section.as_ref().and_then(public_url);
    let connections_max = section.map_or_else(|| default_of(CONNECTIONS_MAX.default), |s| s.number(&CONNECTIONS_MAX));
    Some(ServerSetting { listen: listen?, public_url, connections_max })
}

fn default_of(default: Option<u64>) -> u32 {
    default.and_then(|value| u32::try_from(value).ok()).expect("these numbers have defaults below 2^32")
}

fn listen(section: &Section<'_>, text: &At<&str>) -> Option<SocketAddr> {
    let parsed = text.value.parse().ok();
    if parsed.is_none() {
        let shown = printable(text.value);
        let hint = match text.value.strip_prefix(':').map(str::parse::<u16>) {
            Some(Ok(port)) => format!("; to listen on all addresses write \"0.0.0.0:{port}\""),
            _ => String::new(),
        };
        let sentence = format!(
            "`listen` of {} is \"{shown}\"; give an IP address and a port, like \"127.0.0.1:8080\"{hint}",
            section.name
        );
        section.problem(Code::BadEndpoint, &text.span, sentence);
    }
    parsed
}

fn public_url(section: &Section<'_>) -> Option<Arc<str>> {
    let text = section.text("public_url")?;
    let fault = match Url::parse(text.value) {
        _ if text.value.len() > URL_BYTES_MAX => "is longer than 2048 bytes",
        _ if text.value.contains([' ', '\\']) => "contains a blank or a backslash",
        Err(_) => "cannot be read as a URL",
        Ok(url) if !matches!(url.scheme(), "http" | "https") => "does not begin with http:// or https://",
        Ok(url) if !url.username().is_empty() || url.password().is_some() => "contains credentials",
        Ok(url) if url.query().is_some() || url.fragment().is_some() => "has a query or a fragment",
        Ok(_) => return Some(text.value.trim_end_matches('/').into()),
    };
    let sentence = format!(
        "`public_url` of {} {fault}; give what others type to reach this gateway, like \"https://sms.example.org\"",
        section.name
    );
    section.problem(Code::BadUrl, &text.span, sentence);
    None
}

/// `[store]`: where, and how many days finished messages are kept; the defaults when it is left out.
pub(super) fn store(file: &Section<'_>, sources: &Sources<'_>) -> (Option<StoreSetting>, u32) {
    match file.table("store", &STORE) {
        Some(section) => (place(&section, sources), section.number(&RETENTION_DAYS)),
        None => (sqlite(STORE_URL, sources), default_of(RETENTION_DAYS.default)),
    }
}

fn place(section: &Section<'_>, sources: &Sources<'_>) -> Option<StoreSetting> {
    let Some(text) = section.text("url") else {
        return sqlite(STORE_URL, sources);
    };
    let scheme = text.value.split(':').next().unwrap_or_default();
    if matches!(scheme, "postgres" | "postgresql") {
        let sentence = "a store on PostgreSQL is not available yet; use \"sqlite:hookswitch.db\"".to_owned();
        section.problem(Code::NotYet, &text.span, sentence);
        return None;
    }
    if text.value == "memory:" {
        return Some(StoreSetting::Memory);
    }
    let store = sqlite(text.value, sources);
    if store.is_none() {
        // The URL itself is not shown: those of other stores carry passwords.
        let sentence = format!("`url` of {} is no store; write it like \"sqlite:hookswitch.db\"", section.name);
        section.problem(Code::BadStore, &text.span, sentence);
    }
    store
}

/// `sqlite:PATH`, `sqlite:///PATH` too.
fn sqlite(url: &str, sources: &Sources<'_>) -> Option<StoreSetting> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let is_path = !path.is_empty() && !path.ends_with('/') && !path.contains(['?', '#']) && !path.starts_with(':');
    is_path.then(|| StoreSetting::Sqlite { path: sources.path(path) })
}

/// `operator.token`, which must be there.
pub(super) fn operator_token(file: &Section<'_>, sources: &Sources<'_>) -> Option<At<Secret>> {
    let section = file.table("operator", &OPERATOR);
    let has_token = section.as_ref().is_some_and(|section| section.has("token"));
    if !has_token {
        let sentence = "there is no operator token, so nobody could open the console or the API; make one with \
                        `export HOOKSWITCH_OPERATOR_TOKEN=$(openssl rand -hex 16)`, and write \
                        `token = \"env:HOOKSWITCH_OPERATOR_TOKEN\"` under [operator]"
            .to_owned();
        match section.as_ref() {
            Some(section) => section.problem(Code::NoOperatorToken, &section.span, sentence),
            None if file.has("operator") => {}
            None => file.report.problem_of_file(Code::NoOperatorToken, sentence),
        }
    }
    let section = section?;
    let token = section.secret("token", sources)?;
    section.warn_of_weak("token", &token);
    Some(token)
}

/// `[callbacks]`, with the guard that its exceptions make.
pub(super) fn callbacks(file: &Section<'_>, sources: &Sources<'_>) -> (CallbackSetting, Guard) {
    let Some(section) = file.table("callbacks", &CALLBACKS) else {
        let timeout_ms = default_of(CALLBACK_TIMEOUT_MS.default).into();
        return (CallbackSetting { allow: Vec::new(), timeout_ms, ca_file: None }, Guard::default());
    };
    let mut allow = Vec::new();
    let mut exceptions: Vec<Exception> = Vec::new();
    for entry in section.texts("allow", LIST_MAX) {
        match entry.value.parse() {
            Ok(exception) => {
                exceptions.push(exception);
                allow.push(entry.value.to_owned());
            }
            Err(error) => {
                let sentence = error.to_string();
                let sentence = sentence.strip_prefix("HS-3003: ").unwrap_or(&sentence).to_owned();
                section.problem(Code::BadNetwork, &entry.span, sentence);
            }
        }
    }
    let timeout_ms = section.number(&CALLBACK_TIMEOUT_MS);
    let ca_file = readable_file(&section, "ca_file", sources);
    (CallbackSetting { allow, timeout_ms, ca_file }, Guard::new(exceptions))
}

/// The path of a file that can be opened; reports one that can't.
pub(super) fn readable_file(section: &Section<'_>, key: &str, sources: &Sources<'_>) -> Option<PathBuf> {
    let text = section.text(key)?;
    let path = sources.path(text.value);
    let opened = File::open(&path).and_then(|file| file.metadata());
    let fault = match opened {
        Ok(metadata) if metadata.is_dir() => "is a folder".to_owned(),
        Ok(_) => return Some(path),
        Err(error) => format!("cannot be read: {error}"),
    };
    let sentence = format!("the file {} named by `{key}` of {} {fault}", path.display(), section.name);
    section.problem(Code::NamedFileUnreadable, &text.span, sentence);
    None
}
