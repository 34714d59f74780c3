//! From a draft without problems to the settings.

use domain::directory::Directory;

use super::read::{Draft, Network};
use super::settings::Settings;

/// Builds the settings; none when the draft has gaps, and then there is a problem in the report.
pub(crate) fn build(draft: Draft) -> Option<Settings> {
    let (mut smpp_channels, mut simulator_channels, mut channels) = (Vec::new(), Vec::new(), Vec::new());
    for (channel, network) in draft.channels.into_iter().filter_map(|channel| channel.built) {
        channels.push(channel);
        match network {
            Network::Smpp(setting) => smpp_channels.push(*setting),
            Network::Simulator(setting) => simulator_channels.push(setting),
        }
    }
    let accounts = draft.accounts.into_iter().filter_map(|account| account.built).collect();
    let applications = draft.applications.into_iter().filter_map(|application| application.built).collect();
    let routes = draft.routes.into_iter().filter_map(|route| route.built).collect();
    Some(Settings {
        server: draft.server?,
        store: draft.store?,
        retention_days: draft.retention_days,
        operator_token: Some(draft.operator_token?.value),
        callbacks: draft.callbacks,
        smpp_channels,
        simulator_channels,
        directory: Directory::new(accounts, applications, channels, routes),
    })
}
