//! From the configured channels to the options of their adapters.

use std::collections::BTreeMap;

use channels::simulator::Operator;
use channels::smpp::{BindKind, DefaultAlphabet, Endpoint, Numbering, Options, Tls, UssdWire};
use domain::directory::Name;
use domain::secret::Secret;

use crate::clock::seed;
use crate::config::{AlphabetSetting, BindSetting, NumberingSetting, Settings, SmppChannelSetting};

/// All channels that bind over SMPP: the configured ones, and one to each simulated operator.
pub(crate) fn all(settings: &Settings, operators: &BTreeMap<Name, Operator>) -> Vec<(Name, Options)> {
    let smpp = settings.smpp_channels.iter().map(|channel| (channel.id.clone(), smpp(channel)));
    let simulated = settings.simulator_channels.iter().filter_map(|channel| {
        let address = operators.get(&channel.id)?.address();
        let endpoint = Endpoint { host: address.ip().to_string(), port: address.port() };
        let mut options = Options::new(channel.id.clone(), endpoint, "hookswitch", Secret::new("simulator"));
        options.window = channel.window;
        options.ussd = channel.ussd.then(UssdWire::default);
        options.seed = seed();
        Some((channel.id.clone(), options))
    });
    smpp.chain(simulated).collect()
}

fn smpp(channel: &SmppChannelSetting) -> Options {
    let hosts = channel.hosts.iter().map(|h| Endpoint { host: h.host.clone(), port: h.port }).collect();
    let first = Endpoint { host: String::new(), port: 0 };
    let mut options = Options::new(channel.id.clone(), first, channel.system_id.clone(), channel.password.clone());
    options.hosts = hosts;
    options.system_type.clone_from(&channel.system_type);
    options.bind = match channel.bind {
        BindSetting::Transceiver => BindKind::Transceiver,
        BindSetting::Split => BindKind::Split,
    };
    options.links = channel.links;
    options.window = channel.window;
    options.tls = channel.tls.as_ref().map(|tls| Tls {
        ca_file: tls.ca_file.clone(),
        server_name: tls.server_name.clone(),
        cert_file: tls.cert_file.clone(),
        key_file: tls.key_file.clone(),
    });
    options.enquire_link_ms = channel.enquire_link_ms;
    options.response_timeout_ms = channel.response_timeout_ms;
    options.connect_timeout_ms = channel.connect_timeout_ms;
    options.source = channel.source.map(numbering);
    options.destination = channel.destination.map(numbering);
    options.default_alphabet = match channel.default_alphabet {
        AlphabetSetting::Gsm7 => DefaultAlphabet::Gsm7,
        AlphabetSetting::Gsm7Packed => DefaultAlphabet::Gsm7Packed,
        AlphabetSetting::Latin1 => DefaultAlphabet::Latin1,
        AlphabetSetting::Ascii => DefaultAlphabet::Ascii,
    };
    options.mo_temporary_status = channel.temporary_status;
    options.mo_identity_tag = channel.mo_identity_tag;
    options.receipts_in_plain_text = channel.receipts_in_plain_text;
    options.ussd = channel.ussd_service_type.clone().map(|service_type| UssdWire { service_type });
    options.seed = seed();
    options
}

const fn numbering(setting: NumberingSetting) -> Numbering {
    Numbering { ton: setting.ton, npi: setting.npi }
}
