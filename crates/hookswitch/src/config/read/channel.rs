//! `[[channel]]`: what all kinds share, and the simulator. The keys of SMPP are in `smpp.rs`, those of USSD in `ussd.rs`.

use domain::address::Address;
use domain::directory::Channel;
use toml::de::DeTable;

use super::{ChannelDraft, Network, address, smpp, ussd};
use crate::config::code::Code;
use crate::config::defaults::{ADDRESSES_MAX, DEDUPE_MS, RATE, REASSEMBLY_MS, SIMULATOR_PORT, VALIDITY_MS, WINDOW};
use crate::config::problem::Report;
use crate::config::secret::Sources;
use crate::config::section::{At, Section};
use crate::config::settings::SimulatorChannelSetting;
use crate::config::sheets::{ChannelKind, IN_DOUBT, KIND, SIMULATOR_CHANNEL, SMPP_CHANNEL};

/// Reads one. Without a known kind only what all kinds have is read.
pub(super) fn read<'a>(table: At<&'a DeTable<'a>>, sources: &Sources<'_>, report: &'a Report) -> ChannelDraft {
    let head = Section::quiet(table.clone(), &SMPP_CHANNEL, report);
    head.require("kind");
    let kind = head.word(&KIND);
    let Some(kind) = kind else {
        if !head.has("kind") {
            // It may be there, misspelt. Simulators have no key that SMPP has not.
            head.refuse_unknown();
        }
        let addresses = addresses(&head);
        return ChannelDraft { name: head.name.clone(), span: table.span, id: head.id("id"), addresses, built: None };
    };
    let (sheet, name) = match kind {
        ChannelKind::Smpp => (&SMPP_CHANNEL, "smpp"),
        ChannelKind::Simulator => (&SIMULATOR_CHANNEL, "simulator"),
    };
    let section = Section::open(table, sheet, report);
    let id = section.id("id");
    let addresses = addresses(&section);
    let ussd = ussd::read(&section);
    let shared = Channel {
        id: id.as_ref().map_or_else(|| "".into(), |id| id.value.clone()),
        kind: name,
        addresses: addresses.iter().map(|address| address.value.clone()).collect(),
        in_doubt: section.word_or_first(&IN_DOUBT),
        segment_mark: ussd::segment_mark(&section, ussd.as_ref()),
        reports: section.flag("reports", true) && ussd.is_none(),
        rate: section.number(&RATE),
        validity_ms: section.number(&VALIDITY_MS),
        dedupe_ms: section.number(&DEDUPE_MS),
        reassembly_ms: section.number(&REASSEMBLY_MS),
        ussd,
    };
    let network = match kind {
        ChannelKind::Smpp => smpp::read(&section, &shared, sources).map(|setting| Network::Smpp(Box::new(setting))),
        ChannelKind::Simulator => Some(Network::Simulator(SimulatorChannelSetting {
            id: shared.id.clone(),
            port: section.number(&SIMULATOR_PORT),
            window: section.number(&WINDOW),
            ussd: shared.ussd.is_some(),
        })),
    };
    let built = network.filter(|_| id.is_some()).map(|network| (shared, network));
    ChannelDraft { name: section.name.clone(), span: section.span.clone(), id, addresses, built }
}

/// The addresses it serves; reports what is none and what is listed twice.
fn addresses(section: &Section<'_>) -> Vec<At<Address>> {
    let mut seen = std::collections::BTreeSet::new();
    let mut addresses: Vec<At<Address>> = Vec::new();
    for text in section.texts("addresses", ADDRESSES_MAX) {
        let Some(found) = address(section, "addresses", text) else { continue };
        if seen.insert(found.value.key()) {
            addresses.push(found);
        } else {
            let sentence = format!("{} lists {} twice under `addresses`; take one out", section.name, found.value);
            section.problem(Code::AddressServedTwice, &found.span, sentence);
        }
    }
    addresses
}
