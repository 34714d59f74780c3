//! The decisions, one file an event. The dispatcher only dispatches.
//!
//! `draft.rs` is the pen all of them write with: it collects changes, keeps the working copy of the phone, and makes
//! callbacks and MTs in one way.

mod answer;
mod answered_late;
mod arrival;
mod attempt;
mod cancel;
mod dashboards;
mod draft;
mod lane_held;
mod metrics;
mod mo;
mod opt_out;
mod outgoing_due;
mod phone_due;
mod replay;
mod report;
mod send;
mod sessions;
mod submit;
#[cfg(test)]
mod tests;
mod ussd;

use crate::decision::Decision;
use crate::event::Event;
use crate::mint::Mint;
use crate::time::At;
use crate::view::View;

pub use draft::split_options;

/// Decides what an event means. Reads nothing but the view; the same input gives the same decision.
pub fn decide(view: &View, event: &Event, now: At, mint: &mut Mint) -> Decision {
    let draft = draft::Draft::new(view, now, mint);
    match event {
        Event::MoArrived(mo) => mo::decide(draft, mo),
        Event::SendAsked(send) => send::decide(draft, send),
        Event::AttemptEnded { callback, outcome, .. } => attempt::decide(draft, *callback, outcome),
        Event::LaneHeld { callback } => lane_held::decide(draft, *callback),
        Event::SubmitStarting { message, segment } => submit::starting(draft, *message, *segment),
        Event::SubmitEnded { message, segment, result, throttles, .. } => {
            submit::ended(draft, *message, *segment, result, *throttles)
        }
        Event::AnsweredLate { message, segment, answer, .. } => {
            answered_late::decide(draft, *message, *segment, answer)
        }
        Event::ReportArrived { channel, phone, report } => report::decide(draft, channel, phone, report),
        Event::PhoneDue { phone } => phone_due::decide(draft, phone),
        Event::OutgoingDue { message } => outgoing_due::decide(draft, *message),
        Event::CancelAsked { asker, messages } => cancel::decide(draft, asker, messages),
        Event::CloseSessionsAsked { application, phones } => sessions::close_asked(draft, application, phones),
        Event::OptOutAsked { account, address_type, address, out } => {
            opt_out::decide(draft, account, address_type, address, *out)
        }
        Event::MetricsFired { account, points } => metrics::decide(draft, account, points),
        Event::DashboardEditAsked { account, edit } => dashboards::decide(draft, account, edit),
        Event::ReplayAsked { asker, callback } => replay::decide(draft, asker, *callback),
    }
}
