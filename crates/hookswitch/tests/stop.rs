//! SIGTERM under load, several times: the gateway ends by itself, within its grace period and with exit code 0. What was
//! under way is brought to its end first, so that afterwards nothing is lost, repeated or out of order.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

mod world;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use world::application::Application;
use world::ledger::{self, Ledger};
use world::network::Network;
use world::process::{Gateway, Place, free_port, get, settings, wait_for};

const STOPS: usize = 5;
const TEXTS_PER_STOP: usize = 400;
/// How long a stop may take: the answers under way here take milliseconds.
const GRACE: Duration = Duration::from_secs(5);
/// How long the application thinks, so that a stop always finds answers under way.
const THOUGHT: Duration = Duration::from_millis(20);

#[test]
fn nothing_is_lost_or_repeated_by_stopping_in_good_order() {
    let place = Place::new("stop");
    let application = Application::start(|asked| {
        std::thread::sleep(THOUGHT); // waits: a slow application is what is tested
        format!("re {}", asked.field("body"))
    });
    let network = Network::start();
    let http = free_port();
    let config = settings(&place, http, network.port, &application.address.to_string(), "");
    let mut given = 0;
    for stop in 0..STOPS {
        let gateway = Gateway::start(&config, http);
        let before = network.seen().acknowledged.len();
        while given < TEXTS_PER_STOP * (stop + 1) {
            network.send(ledger::text(given));
            given += 1;
        }
        // In the middle of the load, at another place each time.
        let target = before + TEXTS_PER_STOP / 4 + stop * TEXTS_PER_STOP / 10;
        wait_for("acknowledgements", || network.seen().acknowledged.len() >= target);
        assert!(network.waiting() > 0, "the gateway was not under load when it was stopped");
        let asked = Instant::now();
        let status = gateway.terminate();
        eprintln!("stop {stop}: {status} after {:?}, {} texts wait", asked.elapsed(), network.waiting());
        assert_eq!(status.code(), Some(0));
        assert!(asked.elapsed() < GRACE, "it took {:?} to stop", asked.elapsed());
    }
    let gateway = Gateway::start(&config, http);
    wait_for("all texts to be acknowledged", || network.waiting() == 0);
    wait_for("all callbacks to end", || {
        get(http, "/v1/callbacks?state=pending&limit=1").is_some_and(|(_, body)| !body.contains("\"cbk_"))
    });
    wait_for("all replies to be submitted", || {
        network.seen().submits.into_iter().collect::<BTreeSet<_>>().len() >= given
    });
    let ledger = Ledger::of(&application, &network, http, given);
    eprintln!("stops {STOPS}, {ledger:?}");
    let expected = Ledger {
        accepted: given,
        lost: 0,
        repeated: 0,
        reordered: 0,
        changed: 0,
        unanswered: 0,
        applied_twice: 0,
        resubmitted: 0,
    };
    assert_eq!(ledger, expected);
    assert!(gateway.terminate().success());
}
