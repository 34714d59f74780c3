//! Finding the route of a text: the same work however many rules there are.

use domain::directory::{Directory, Route};
use domain::route::{Choice, choose};

use crate::Scenario;
use crate::setup::{NOW, SERVICE_ADDRESS, address, application, directory, route};

pub(crate) fn scenarios() -> Vec<Scenario> {
    [1, 100, 10_000].into_iter().map(one_address).collect()
}

/// Starts and last letters of words; see [`keyword`].
const SYLLABLES: [&str; 10] = ["ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu"];

/// A keyword of five syllables; all below 100,000 are different.
pub(crate) fn keyword(number: usize) -> String {
    let digits = [number / 10_000, number / 1000, number / 100, number / 10, number];
    digits.into_iter().map(|digit| SYLLABLES[digit % SYLLABLES.len()]).collect()
}

/// `rules` keywords on one service address; the text has the one in the middle.
pub(crate) fn one_address(rules: usize) -> Scenario {
    let rule = |number| route("weather", SERVICE_ADDRESS, Some(&keyword(number)));
    let routes: Vec<Route> = (0..rules).map(rule).collect();
    let directory = directory(vec![application("weather")], routes);
    let text = format!("{} Zurich tomorrow", keyword(rules / 2));
    let to = address(SERVICE_ADDRESS);
    assert!(finds(&directory, &text, rules / 2), "{text}");
    Scenario::new(format!("route: one of {rules} keywords"), move || match choose(&directory, None, &to, &text, NOW) {
        Choice::Route(route) => route.session,
        Choice::Session(_) | Choice::Nobody => false,
    })
}

fn finds(directory: &Directory, text: &str, wanted: usize) -> bool {
    directory.index.find(&address(SERVICE_ADDRESS), text) == Some(wanted)
}
