//! The keys of a `[[channel]]` over SMPP.

use std::net::IpAddr;

use domain::directory::Channel;
use domain::secret::Secret;

use super::general::readable_file;
use super::ussd;
use crate::config::code::Code;
use crate::config::defaults::{
    CONNECT_TIMEOUT_MS, CREDENTIAL_BYTES_MAX, DEST_NPI, DEST_TON, ENQUIRE_LINK_MS, LINKS, LIST_MAX, MO_IDENTITY_TAG,
    RESPONSE_TIMEOUT_MS, SMPP_PORT, SOURCE_NPI, SOURCE_TON, SYSTEM_TYPE_BYTES_MAX, TEMPORARY_STATUS, WINDOW,
};
use crate::config::hint::did_you_mean;
use crate::config::keys::Number;
use crate::config::secret::Sources;
use crate::config::section::{At, Section, printable};
use crate::config::settings::{EndpointSetting, NumberingSetting, SmppChannelSetting, TlsSetting};
use crate::config::sheets::{BIND, DEFAULT_ALPHABET, TLS};

/// Statuses that ask the network to try later, by the names of SMPP 3.4 §5.1.3.
const STATUS_NAMES: [(&str, u32); 4] =
    [("ESME_RMSGQFUL", 0x14), ("ESME_RX_T_APPN", 0x64), ("ESME_RSYSERR", 0x08), ("ESME_RTHROTTLED", 0x58)];

/// Reads them.
pub(super) fn read(section: &Section<'_>, channel: &Channel, sources: &Sources<'_>) -> Option<SmppChannelSetting> {
    let hosts = hosts(section);
    let system_id = section.text("system_id").and_then(|text| octets(section, "system_id", text, CREDENTIAL_BYTES_MAX));
    let system_type = (!is_blank(section, "system_type")).then(|| section.text("system_type")).flatten();
    let system_type = system_type.and_then(|text| octets(section, "system_type", text, SYSTEM_TYPE_BYTES_MAX));
    let setting = SmppChannelSetting {
        id: channel.id.clone(),
        hosts: Vec::new(),
        system_id: String::new(),
        password: password(section, sources),
        system_type: system_type.unwrap_or_default(),
        bind: section.word_or_first(&BIND),
        links: section.number(&LINKS),
        window: section.number(&WINDOW),
        enquire_link_ms: section.number(&ENQUIRE_LINK_MS),
        response_timeout_ms: section.number(&RESPONSE_TIMEOUT_MS),
        connect_timeout_ms: section.number(&CONNECT_TIMEOUT_MS),
        tls: tls(section, sources),
        default_alphabet: section.word_or_first(&DEFAULT_ALPHABET),
        temporary_status: temporary_status(section),
        mo_identity_tag: section.optional_number(&MO_IDENTITY_TAG),
        receipts_in_plain_text: section.flag("receipts_in_plain_text", false),
        source: numbering(section, &SOURCE_TON, &SOURCE_NPI),
        destination: numbering(section, &DEST_TON, &DEST_NPI),
        ussd_service_type: ussd::service_type(section, channel.ussd.as_ref()),
    };
    Some(SmppChannelSetting { hosts: hosts?, system_id: system_id?, ..setting })
}

/// `host` with `port`, or `hosts`.
fn hosts(section: &Section<'_>) -> Option<Vec<EndpointSetting>> {
    let port = section.number(&SMPP_PORT);
    if section.has("host") && section.has("hosts") {
        let sentence = format!("{} has both `host` and `hosts`; keep one of them", section.name);
        section.problem(Code::Conflict, &section.span_of("hosts"), sentence);
    }
    if !section.has("host") && !section.has("hosts") {
        let sentence = format!("{} has no `host`; add a line like `host = \"smpp.example.org\"`", section.name);
        section.problem(Code::MissingKey, &section.span, sentence);
    }
    section.refuse_empty("hosts");
    let one = section.text("host").and_then(|text| endpoint(section, &text, None, port));
    let several = section.texts("hosts", LIST_MAX);
    let several = several.into_iter().filter_map(|text| {
        let (host, own_port) = split_port(text.value);
        endpoint(section, &text.with(host), own_port, port)
    });
    let all: Vec<EndpointSetting> = one.into_iter().chain(several).collect();
    (!all.is_empty()).then_some(all)
}

/// `name`, `name:port`, `192.0.2.1:port`, `[2001:db8::1]:port`, `2001:db8::1`.
fn split_port(text: &str) -> (&str, Option<&str>) {
    if text.parse::<IpAddr>().is_ok() {
        return (text, None);
    }
    match text.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    }
}

fn endpoint(section: &Section<'_>, host: &At<&str>, own_port: Option<&str>, port: u16) -> Option<EndpointSetting> {
    let bare = host.value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host.value);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    // RFC 1035 §2.3.4; four numbers with dots that are no IPv4 address are no name either.
    let looks_like_ip = bare.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let is_name =
        bare.len() <= 253 && !looks_like_ip && bare.strip_suffix('.').unwrap_or(bare).split('.').all(is_label);
    let port = match own_port {
        Some(text) => text.parse().ok().filter(|port| *port != 0),
        None => Some(port),
    };
    match port {
        Some(port) if is_name || bare.parse::<IpAddr>().is_ok() => {
            Some(EndpointSetting { host: bare.to_owned(), port })
        }
        _ => {
            let shown = printable(host.value);
            let sentence = format!(
                "\"{shown}\" of {} is no host to connect to; give a name or an IP address, in `hosts` perhaps with \
                 :port behind it, and the port otherwise as `port`",
                section.name
            );
            section.problem(Code::BadEndpoint, &host.span, sentence);
            None
        }
    }
}

/// True for `""`, which many write where an operator wants nothing.
fn is_blank(section: &Section<'_>, key: &str) -> bool {
    section.get(key).is_some_and(|value| value.get_ref().as_str() == Some(""))
}

/// A text for the bind, which is ISO 8859-1 on the wire.
fn octets(section: &Section<'_>, key: &str, text: At<&str>, max: usize) -> Option<String> {
    let Some(fault) = octet_fault(text.value, max) else {
        return Some(text.value.to_owned());
    };
    section.problem(Code::BadText, &text.span, format!("`{key}` of {} {fault}", section.name));
    None
}

fn password(section: &Section<'_>, sources: &Sources<'_>) -> Secret {
    let resolved = if is_blank(section, "password") { None } else { section.secret("password", sources) };
    let Some(password) = resolved else { return Secret::default() };
    if let Some(fault) = octet_fault(password.value.expose(), CREDENTIAL_BYTES_MAX) {
        section.problem(Code::BadText, &password.span, format!("`password` of {} {fault}", section.name));
    }
    password.value
}

/// Why a text fits into no bind; every character of ISO 8859-1 is one octet.
fn octet_fault(text: &str, max: usize) -> Option<String> {
    if text.chars().any(|c| u32::from(c) > 0xFF) {
        Some(
            "has a character outside of ISO 8859-1, which SMPP cannot carry; use what the operator gave you".to_owned(),
        )
    } else if text.chars().count() > max {
        Some(format!("is longer than {max} octets; use what the operator gave you"))
    } else {
        None
    }
}

fn tls(section: &Section<'_>, sources: &Sources<'_>) -> Option<TlsSetting> {
    let tls = section.table("tls", &TLS)?;
    for (one, other) in [("cert_file", "key_file"), ("key_file", "cert_file")] {
        if tls.has(one) && !tls.has(other) {
            let sentence = format!("{} of {} has `{one}` without `{other}`; give both or none", tls.name, section.name);
            tls.problem(Code::Conflict, &tls.span_of(one), sentence);
        }
    }
    Some(TlsSetting {
        ca_file: readable_file(&tls, "ca_file", sources),
        server_name: tls.text("server_name").map(|text| text.value.to_owned()),
        cert_file: readable_file(&tls, "cert_file", sources),
        key_file: readable_file(&tls, "key_file", sources),
    })
}

/// A number, or one of the names.
fn temporary_status(section: &Section<'_>) -> Option<u32> {
    let key = TEMPORARY_STATUS.key;
    if !section.get(key)?.get_ref().is_str() {
        return section.optional_number(&TEMPORARY_STATUS);
    }
    let text = section.text(key)?;
    let known = STATUS_NAMES.iter().find(|(name, _)| *name == text.value);
    if known.is_none() {
        let names = STATUS_NAMES.map(|(name, _)| name);
        let shown = printable(text.value);
        let hint = did_you_mean(&shown, names);
        let sentence =
            format!("`{key}` of {} is \"{shown}\"; use a number or one of {}{hint}", section.name, names.join(", "));
        section.problem(Code::UnknownWord, &text.span, sentence);
    }
    known.map(|(_, status)| *status)
}

/// Both or none.
fn numbering(section: &Section<'_>, ton: &Number, npi: &Number) -> Option<NumberingSetting> {
    for (one, other) in [(ton.key, npi.key), (npi.key, ton.key)] {
        if section.has(one) && !section.has(other) {
            let sentence = format!("{} has `{one}` without `{other}`; give both or none", section.name);
            section.problem(Code::Conflict, &section.span_of(one), sentence);
        }
    }
    let (ton, npi) = (section.optional_number(ton), section.optional_number(npi));
    Some(NumberingSetting { ton: ton?, npi: npi? })
}
