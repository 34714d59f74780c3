//! Replaying a callback that was given up: asked of the engine, with the result told on the callback's page.

use axum::extract::{Path, State};
use axum::response::Redirect;
use domain::decision::{Outcome, Refusal};
use domain::event::{Asker, Event};
use domain::id::CallbackId;
use engine::inlet::NotTaken;
use maud::{Markup, html};

use super::Console;
use super::guard::Visit;
use super::shell::form_token;
use super::trouble::Trouble;

/// What became of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replay {
    Replayed,
    StillPending,
    Gone,
    Busy,
    NotCommitted,
    Stopping,
}

impl Replay {
    const ALL: [(Replay, &'static str, &'static str); 6] = [
        (Replay::Replayed, "replayed", "Replayed: it is attempted again from the start of its schedule."),
        (Replay::StillPending, "still-pending", "It is still being attempted; only an ended callback can be replayed."),
        (Replay::Gone, "gone", "It has ended or outlived its retention; there is nothing to replay."),
        (Replay::Busy, "busy", "Not replayed: too much is waiting. Try again shortly."),
        (
            Replay::NotCommitted,
            "not-committed",
            "Not replayed: the store takes nothing at the moment. See the overview.",
        ),
        (Replay::Stopping, "stopping", "Not replayed: the gateway is stopping."),
    ];

    fn of(outcome: Result<Outcome, NotTaken>) -> Replay {
        match outcome {
            Ok(Outcome::Refused(Refusal::StillPending)) => Replay::StillPending,
            Ok(Outcome::Refused(_)) => Replay::Gone,
            Ok(_) => Replay::Replayed,
            Err(NotTaken::Busy) => Replay::Busy,
            Err(NotTaken::NotCommitted(_)) => Replay::NotCommitted,
            Err(NotTaken::Stopping) => Replay::Stopping,
        }
    }

    fn name(self) -> &'static str {
        Replay::ALL.iter().find(|(result, ..)| *result == self).map_or("", |(_, name, _)| name)
    }

    /// Reads the word of the address.
    pub(super) fn parse(name: &str) -> Option<Replay> {
        Replay::ALL.into_iter().find(|(_, known, _)| *known == name).map(|(result, ..)| result)
    }

    /// The sentence on the page.
    pub(super) fn flash(self) -> Markup {
        let words = Replay::ALL.iter().find(|(result, ..)| *result == self).map_or("", |(.., words)| words);
        let class = if self == Replay::Replayed { "good" } else { "bad" };
        html! { p.flash.(class) role="status" { (words) } }
    }
}

/// The button.
pub(super) fn button(visit: &Visit, id: CallbackId) -> Markup {
    html! {
        form.row method="post" action={ "/console/callbacks/" (id) "/replay" } {
            (form_token(visit))
            button.button.primary type="submit" { "Replay" }
            span.soft.small { "Attempts it again with the same id and the same bytes." }
        }
    }
}

/// Asks for it.
pub(super) async fn replay(State(console): State<Console>, Path(id): Path<String>) -> Result<Redirect, Trouble> {
    let callback = CallbackId::parse(&id).ok_or(Trouble::NotFound)?;
    let outcome = console.api.ask(Event::ReplayAsked { asker: Asker::Operator, callback }).await;
    let result = Replay::of(outcome);
    Ok(Redirect::to(&format!("/console/callbacks/{callback}?replay={}", result.name())))
}
