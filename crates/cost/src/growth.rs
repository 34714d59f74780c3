//! How cost grows: the same decisions over larger and larger configurations. Not guarded, for it takes longer to set up
//! than to count; `docs/internals/performance.md` has the table.

use domain::address::Address;
use domain::directory::Route;
use domain::event::Event;

use crate::Scenario;
use crate::decisions::{Story, mo, send};
use crate::routes::{keyword, one_address};
use crate::setup::{PHONE, SERVICE_ADDRESS, address, application, directory, route};

const ROUTES: [usize; 6] = [1, 10, 100, 1_000, 10_000, 100_000];
const APPLICATIONS: [usize; 4] = [1, 10, 100, 1_000];

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut all: Vec<Scenario> = ROUTES.into_iter().map(one_address).collect();
    all.extend(ROUTES.into_iter().map(many_addresses));
    all.extend(APPLICATIONS.into_iter().flat_map(many_applications));
    all
}

/// An MO to one of so many service addresses, each with a rule for everything.
fn many_addresses(routes: usize) -> Scenario {
    let on = |number: usize| format!("{}", 100_000 + number);
    let all: Vec<Route> = (0..routes).map(|number| route("weather", &on(number), None)).collect();
    let story = Story::begin(directory(vec![application("weather")], all));
    story.scenario(format!("decide: an MO, one of {routes} addresses"), mo_to(&on(routes / 2)))
}

fn mo_to(to: &str) -> Event {
    let mut event = mo(PHONE, "Weather Zurich");
    if let Event::MoArrived(mo) = &mut event {
        mo.to = address(to);
    }
    event
}

/// An MO, a send, and a send that names no service address, of one of so many applications, each with a keyword of its own on one address.
fn many_applications(applications: usize) -> [Scenario; 3] {
    let id = |number: usize| format!("application-{number}");
    let all = (0..applications).map(|number| application(&id(number))).collect();
    let rule = |number| route(&id(number), SERVICE_ADDRESS, Some(&keyword(number)));
    let story = Story::begin(directory(all, (0..applications).map(rule).collect()));
    let middle = applications / 2;
    let text = format!("{} Zurich", keyword(middle));
    let send_from = |from: Option<Address>| {
        let mut event = send();
        if let Event::SendAsked(send) = &mut event {
            send.application = Some(id(middle).into());
            send.from = from;
        }
        event
    };
    let from = Some(address(SERVICE_ADDRESS));
    [
        story.scenario(format!("decide: an MO, one of {applications} applications"), mo(PHONE, &text)),
        story.scenario(format!("decide: a send, one of {applications} applications"), send_from(from)),
        story.scenario(format!("decide: a send from no address, one of {applications} applications"), send_from(None)),
    ]
}
