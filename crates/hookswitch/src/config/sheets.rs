//! The keys of every table of the file. Order and wording are those of `docs/operate/configuration.md`.

use domain::directory::{Contract, InDoubt, KeywordMatch, SegmentMark};

use super::defaults::{
    APPLICATION_TIMEOUT_MS, CALLBACK_TIMEOUT_MS, CONCURRENCY, CONCURRENCY_LIMIT, CONNECT_TIMEOUT_MS, CONNECTIONS_MAX,
    CONTENT_LENGTH_LIMIT, DEDUPE_MS, DEST_NPI, DEST_TON, ENQUIRE_LINK_MS, LINKS, MO_IDENTITY_TAG, ORDER_HOLD_MS, RATE,
    REASSEMBLY_MS, RESPONSE_TIMEOUT_MS, RETENTION_DAYS, RETRY_FOR_MS, RETRY_WAIT_MS, SESSION_MS, SIMULATOR_PORT,
    SMPP_PORT, SOURCE_NPI, SOURCE_TON, USSD_REPLY_MS, VALIDITY_MS, VUMI_RETRY_FOR_MS, VUMI_TIMEOUT_MS, WINDOW,
};
use super::keys::{Key, Shape, Sheet, Words};
use super::settings::{AlphabetSetting, BindSetting};

const NAME_BOUNDS: &str = "1 to 64 of a-z A-Z 0-9 . _ -";
const ADDRESS_BOUNDS: &str = "1 to 64 characters";
const CREDENTIAL_BOUNDS: &str = "at most 64 octets, ISO 8859-1";
const URL_BOUNDS: &str = "http or https, at most 2048 bytes";
const TEXT_BOUNDS: &str = "1 to 10000 characters";

/// The kinds of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChannelKind {
    /// SMPP 3.4.
    Smpp,
    /// A simulated operator.
    Simulator,
}

/// `[[channel]]` `kind`.
pub(crate) const KIND: Words<ChannelKind> = Words {
    key: "kind",
    words: &[("smpp", ChannelKind::Smpp), ("simulator", ChannelKind::Simulator)],
    not_yet: &["smssync"],
};

/// `[[application]]` `contract`.
pub(crate) const CONTRACT: Words<Contract> = Words {
    key: "contract",
    words: &[("service-layer", Contract::ServiceLayer), ("vumi", Contract::Vumi)],
    not_yet: &["smssync", "hookswitch"],
};

/// `[[channel]]` `bind`.
pub(crate) const BIND: Words<BindSetting> = Words {
    key: "bind",
    words: &[("transceiver", BindSetting::Transceiver), ("split", BindSetting::Split)],
    not_yet: &[],
};

/// `[[channel]]` `default_alphabet`.
pub(crate) const DEFAULT_ALPHABET: Words<AlphabetSetting> = Words {
    key: "default_alphabet",
    words: &[
        ("gsm7", AlphabetSetting::Gsm7),
        ("gsm7-packed", AlphabetSetting::Gsm7Packed),
        ("latin1", AlphabetSetting::Latin1),
        ("ascii", AlphabetSetting::Ascii),
    ],
    not_yet: &[],
};

/// `[[channel]]` `in_doubt`.
pub(crate) const IN_DOUBT: Words<InDoubt> =
    Words { key: "in_doubt", words: &[("resubmit", InDoubt::Resubmit), ("hold", InDoubt::Hold)], not_yet: &[] };

/// `[[channel]]` `segment_mark`.
pub(crate) const SEGMENT_MARK: Words<SegmentMark> = Words {
    key: "segment_mark",
    words: &[
        ("udh8", SegmentMark::Udh8),
        ("udh16", SegmentMark::Udh16),
        ("sar", SegmentMark::Sar),
        ("payload", SegmentMark::Payload),
    ],
    not_yet: &[],
};

/// `[[route]]` `match`.
pub(crate) const MATCH: Words<KeywordMatch> = Words {
    key: "match",
    words: &[("starts-with", KeywordMatch::StartsWith), ("exact", KeywordMatch::Exact)],
    not_yet: &[],
};

/// The file.
pub(crate) const FILE: Sheet = Sheet {
    title: "the file",
    groups: &[&[
        Key::optional("server", Shape::Table, ""),
        Key::optional("store", Shape::Table, ""),
        Key::required("operator", Shape::Table, "", "a table"),
        Key::optional("callbacks", Shape::Table, ""),
        Key::optional("account", Shape::Table, ""),
        Key::optional("channel", Shape::Table, ""),
        Key::optional("application", Shape::Table, ""),
        Key::optional("route", Shape::Table, ""),
        Key::optional("topic", Shape::Table, ""),
    ]],
};

/// `[server]`.
pub(crate) const SERVER: Sheet = Sheet {
    title: "[server]",
    groups: &[&[
        Key::with_default("listen", Shape::Text, "`\"127.0.0.1:8080\"`", "IP address and port, 0 = any free port"),
        Key::with_default("public_url", Shape::Text, "http:// and the address it listens on", URL_BOUNDS),
        Key::number(&CONNECTIONS_MAX),
    ]],
};

/// `[store]`.
pub(crate) const STORE: Sheet = Sheet {
    title: "[store]",
    groups: &[&[
        Key::with_default("url", Shape::Text, "`\"sqlite:hookswitch.db\"`", "sqlite:PATH or memory:"),
        Key::number(&RETENTION_DAYS),
    ]],
};

/// `[operator]`.
pub(crate) const OPERATOR: Sheet = Sheet {
    title: "[operator]",
    groups: &[&[Key::required("token", Shape::Secret, "1 to 4096 bytes", "\"env:HOOKSWITCH_OPERATOR_TOKEN\"")]],
};

/// `[callbacks]`.
pub(crate) const CALLBACKS: Sheet = Sheet {
    title: "[callbacks]",
    groups: &[&[
        Key::with_default("allow", Shape::Texts, "`[]`", "at most 64, each a network and perhaps a port"),
        Key::number(&CALLBACK_TIMEOUT_MS),
        Key::optional("ca_file", Shape::Path, "a readable file"),
    ]],
};

/// `[[account]]`.
pub(crate) const ACCOUNT: Sheet = Sheet {
    title: "[[account]]",
    groups: &[&[
        Key::required("key", Shape::Text, NAME_BOUNDS, "\"acme\""),
        Key::required("tokens", Shape::Secrets, "1 to 64 secrets", "[\"env:ACME_TOKEN\"]"),
        Key::with_default("concurrency_limit", Shape::Limit(&CONCURRENCY_LIMIT), "", ""),
    ]],
};

/// Keys that every application has.
pub(crate) const ANY_APPLICATION: &[Key] = &[
    Key::required("id", Shape::Text, NAME_BOUNDS, "\"weather\""),
    Key::required("account", Shape::Text, "the key of an account", "\"acme\""),
    Key::required("contract", Shape::Word(&CONTRACT), "", "\"service-layer\""),
    Key::number(&ORDER_HOLD_MS),
    Key::number(&CONCURRENCY),
];

/// Keys of an application with the Service Layer contract alone.
pub(crate) const ONLY_SERVICE_LAYER: &[Key] = &[
    Key::required("url", Shape::Text, URL_BOUNDS, "\"https://app.example.org/gateway\""),
    Key::required("api_key", Shape::Secret, "1 to 4096 bytes, of no other application", "\"env:WEATHER_KEY\""),
    Key::with_default(
        "retry_ms",
        Shape::Numbers(&RETRY_WAIT_MS),
        "`[0, 5000, 30000, 120000, 600000, 3600000]`",
        "1 to 64 waits",
    ),
    Key::number(&RETRY_FOR_MS),
    Key::with_default("timeout_ms", Shape::Number(&APPLICATION_TIMEOUT_MS), "`timeout_ms` of `[callbacks]`", ""),
    Key::flag("report_queued", "`false`"),
];

/// Keys of an application with the Vumi contract alone.
pub(crate) const ONLY_VUMI: &[Key] = &[
    Key::required("api_tokens", Shape::Secrets, "1 to 64 secrets", "[\"env:CONVERSATION_TOKEN\"]"),
    Key::optional("push_message_url", Shape::Text, URL_BOUNDS),
    Key::optional("push_event_url", Shape::Text, URL_BOUNDS),
    Key::flag("ignore_messages", "`false`"),
    Key::flag("ignore_events", "`false`"),
    Key::number(&CONTENT_LENGTH_LIMIT),
    Key::with_default("metric_store", Shape::Text, "`\"default\"`", NAME_BOUNDS),
    Key::with_default("retry_ms", Shape::Numbers(&RETRY_WAIT_MS), "`[300000, 1500000, 1800000]`", "1 to 64 waits"),
    Key::number(&VUMI_RETRY_FOR_MS),
    Key::number(&VUMI_TIMEOUT_MS),
];

/// `[[application]]` with the Service Layer contract.
pub(crate) const SERVICE_LAYER_APPLICATION: Sheet =
    Sheet { title: "[[application]]", groups: &[ANY_APPLICATION, ONLY_SERVICE_LAYER] };

/// `[[application]]` with the Vumi contract.
pub(crate) const VUMI_APPLICATION: Sheet = Sheet { title: "[[application]]", groups: &[ANY_APPLICATION, ONLY_VUMI] };

/// Keys that every channel has.
pub(crate) const ANY_CHANNEL: &[Key] = &[
    Key::required("id", Shape::Text, NAME_BOUNDS, "\"weather\""),
    Key::required("kind", Shape::Word(&KIND), "", "\"smpp\""),
    Key::with_default("addresses", Shape::Texts, "`[]`", "at most 100000, each of 1 to 64 characters"),
    Key::number(&WINDOW),
    Key::number(&RATE),
    Key::word(&IN_DOUBT),
    Key::word(&SEGMENT_MARK),
    Key::flag("reports", "`true`"),
    Key::number(&VALIDITY_MS),
    Key::number(&DEDUPE_MS),
    Key::number(&REASSEMBLY_MS),
    Key::flag("ussd", "`false`"),
    Key::number(&USSD_REPLY_MS),
    Key::with_default(
        "ussd_sorry",
        Shape::Text,
        "`\"Sorry, this takes longer than usual. Please try again later.\"`",
        "1 to 182 characters, 80 when it needs UCS-2",
    ),
];

/// Keys of a channel over SMPP alone.
pub(crate) const ONLY_SMPP: &[Key] = &[
    Key::optional("host", Shape::Text, "a name or an IP address"),
    Key::number(&SMPP_PORT),
    Key::optional("hosts", Shape::Texts, "1 to 64, each a host and perhaps `:port`"),
    Key::required("system_id", Shape::Text, CREDENTIAL_BOUNDS, "\"hookswitch\""),
    Key::with_default("password", Shape::Secret, "no password", CREDENTIAL_BOUNDS),
    Key::with_default("system_type", Shape::Text, "empty", "at most 12 octets, ISO 8859-1"),
    Key::word(&BIND),
    Key::number(&LINKS),
    Key::number(&ENQUIRE_LINK_MS),
    Key::number(&RESPONSE_TIMEOUT_MS),
    Key::number(&CONNECT_TIMEOUT_MS),
    Key::optional("tls", Shape::Table, ""),
    Key::word(&DEFAULT_ALPHABET),
    Key::with_default("temporary_status", Shape::Status, "by the reason", "1 to 4294967295, or a name"),
    Key::number(&MO_IDENTITY_TAG),
    Key::flag("receipts_in_plain_text", "`false`"),
    Key::with_default("source_ton", Shape::Number(&SOURCE_TON), "by the look of the address", ""),
    Key::with_default("source_npi", Shape::Number(&SOURCE_NPI), "by the look of the address", ""),
    Key::with_default("dest_ton", Shape::Number(&DEST_TON), "by the look of the address", ""),
    Key::with_default("dest_npi", Shape::Number(&DEST_NPI), "by the look of the address", ""),
    Key::with_default("ussd_service_type", Shape::Text, "`\"USSD\"`", "at most 5 octets, ISO 8859-1"),
];

/// Keys of a simulated operator alone.
pub(crate) const ONLY_SIMULATOR: &[Key] = &[Key::number(&SIMULATOR_PORT)];

/// `[[channel]]` of kind `smpp`.
pub(crate) const SMPP_CHANNEL: Sheet = Sheet { title: "[[channel]]", groups: &[ANY_CHANNEL, ONLY_SMPP] };

/// `[[channel]]` of kind `simulator`.
pub(crate) const SIMULATOR_CHANNEL: Sheet = Sheet { title: "[[channel]]", groups: &[ANY_CHANNEL, ONLY_SIMULATOR] };

/// `[channel.tls]`.
pub(crate) const TLS: Sheet = Sheet {
    title: "[channel.tls]",
    groups: &[&[
        Key::optional("ca_file", Shape::Path, "a readable file"),
        Key::with_default("server_name", Shape::Text, "the host", "a DNS name or an IP address"),
        Key::optional("cert_file", Shape::Path, "a readable file"),
        Key::optional("key_file", Shape::Path, "a readable file"),
    ]],
};

/// `[[route]]`.
pub(crate) const ROUTE: Sheet = Sheet {
    title: "[[route]]",
    groups: &[&[
        Key::required("application", Shape::Text, "the id of an application", "\"weather\""),
        Key::required("address", Shape::Text, ADDRESS_BOUNDS, "\"8282\""),
        Key::optional("keyword", Shape::Text, "1 to 160 characters"),
        Key::word(&MATCH),
        Key::flag("session", "`true` with a keyword, else `false`"),
        Key::number(&SESSION_MS),
        Key::optional("auto_reply", Shape::Text, TEXT_BOUNDS),
        Key::flag("auto_subscribe", "`false`"),
        Key::optional("confirmation", Shape::Text, TEXT_BOUNDS),
    ]],
};
