//! Dashboards as a person makes them, in a real browser: created, arranged, live, in light and dark, and there again
//! after the gateway was killed.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

mod world;

use std::cell::Cell;
use std::time::{Duration, Instant};

use serde_json::json;
use world::browser::Browser;
use world::process::{Gateway, Place, free_port, post, settings, wait_for};

/// What would run if the console took a name for a part of the page.
const HOSTILE: &str = "<img src=x onerror=alert(1)>.last";

/// The line of a chart's first series.
const LINE: &str = ".chart polyline[stroke=\"#000001\"]";

fn fire(http: u16, name: &str, value: f64) {
    let body = json!({ name: value }).to_string();
    let (status, answer) = post(http, "/api/v1/go/metrics/", "", &body).unwrap();
    assert_eq!(status, 200, "{answer}");
}

fn contains(texts: &[String], wanted: &str) -> bool {
    texts.iter().any(|text| text.contains(wanted))
}

fn choose(browser: &Browser, selector: &str, value: &str) {
    browser.click(&format!("{selector} option[value='{value}']"));
}

/// Adds a chart through the form at the end of the page.
fn add_chart(browser: &Browser, series: &str, kind: &str, count: usize) {
    browser.write("#add-chart [name=series]", series);
    choose(browser, "#add-chart [name=kind]", kind);
    choose(browser, "#add-chart [name=range]", "1h");
    browser.click("#add-chart button[type=submit]");
    wait_for("the chart", || browser.texts(".chart-card").len() == count);
}

/// The colour of the first line, as the browser draws it.
fn line_colour(browser: &Browser) -> String {
    let colour = browser.script(&format!("return getComputedStyle(document.querySelector('{LINE}')).stroke"));
    colour.as_str().unwrap().to_owned()
}

fn titles(browser: &Browser) -> Vec<String> {
    browser.texts(".chart-card h2")
}

#[test]
fn a_person_makes_a_dashboard_that_lives_and_stays() {
    let place = Place::new("dashboards");
    let http = free_port();
    let config = settings(&place, http, free_port(), "127.0.0.1:9", "");
    let gateway = Gateway::start(&config, http);
    let url = format!("http://127.0.0.1:{http}");
    let browser = Browser::start(&place.path().join("profile"));
    browser.open(&format!("{url}/console/dashboards"));
    browser.write("[name=token]", "operator-token-of-tests");
    browser.click("button[type=submit]");
    wait_for("the page without metrics", || contains(&browser.texts("main"), "No metrics yet"));
    assert!(contains(&browser.texts("main pre"), "/api/v1/go/metrics/"));
    assert!(browser.fits());
    browser.picture("dashboards-empty");
    // The first metric appears without a reload.
    browser.script("window.notReloaded = true");
    fire(http, "stores.default.total_pings.sum", 1200.0);
    wait_for("the first series", || contains(&browser.texts("#series tbody tr"), "stores.default.total_pings.sum"));
    assert_eq!(browser.script("return window.notReloaded"), json!(true));
    fire(http, HOSTILE, 3.25);
    wait_for("the hostile name", || contains(&browser.texts("#series tbody tr"), HOSTILE));
    browser.picture("dashboards-series");

    browser.write("#new-dashboard [name=name]", "Pings & <b>co</b>");
    browser.click("#new-dashboard button[type=submit]");
    wait_for("the dashboard", || contains(&browser.texts(".tabs a[aria-current]"), "Pings & <b>co</b>"));
    assert!(contains(&browser.texts("main"), "No charts yet"));
    add_chart(&browser, "stores.default.total_pings.sum", "line", 1);
    add_chart(&browser, HOSTILE, "last", 2);
    assert!(titles(&browser) == ["total_pings (sum)", HOSTILE], "{:?}", titles(&browser));
    assert!(contains(&browser.texts(".last-values .value"), "3.25"));
    assert_eq!(browser.dialog(), None, "the name of a series was run as a script");
    assert_eq!(browser.script("return document.querySelectorAll('img').length"), json!(0));

    // Values that come are drawn without a reload: at first a dot, then a line.
    browser.script("window.notReloaded = true");
    let count = |what: &str| browser.script(&format!("return document.querySelectorAll('{what}').length"));
    wait_for("the first value", || count(&format!(".chart circle, {LINE}")) == json!(1));
    let last = Cell::new(None::<Instant>);
    wait_for("the line", || {
        if last.get().is_none_or(|at| at.elapsed() > Duration::from_millis(500)) {
            fire(http, "stores.default.total_pings.sum", 7.0);
            last.set(Some(Instant::now()));
        }
        count(LINE) == json!(1)
    });
    fire(http, "stores.default.total_pings.sum", 42.5);
    wait_for("the last value", || contains(&browser.texts(".legend"), "42.5"));
    assert_eq!(browser.script("return window.notReloaded"), json!(true), "the page was loaded anew");

    // Its colours are those of the page, in light and in dark.
    browser.prefers("light");
    let light = line_colour(&browser);
    browser.picture("dashboard-light");
    browser.prefers("dark");
    let dark = line_colour(&browser);
    browser.picture("dashboard-dark");
    assert!(light != dark && !light.contains("0, 0, 1)"), "{light} {dark}");
    browser.prefers("light");

    // Arranged: the second chart first, with another title; one more series on the other.
    browser.click("#chart-card-2 summary");
    browser.click("#chart-card-2 form:has([value=earlier]) button");
    wait_for("the other order", || titles(&browser).first().is_some_and(|title| title == HOSTILE));
    browser.click("#chart-card-2 summary");
    browser.write("#chart-card-2 [name=title]", "Drei ein Viertel");
    browser.click("#chart-card-2 form:has([value=set-chart]) button");
    wait_for("the title", || titles(&browser) == ["Drei ein Viertel", "total_pings (sum)"]);
    browser.click("#chart-card-1 summary");
    browser.write("#chart-card-1 [name=series]", HOSTILE);
    browser.click("#chart-card-1 form:has([value=add-series]) button");
    wait_for("both series", || browser.texts("#chart-card-1 .legend li").len() == 2);
    // What is no series is refused in words.
    browser.write("#add-chart [name=series]", "nothing");
    browser.click("#add-chart button[type=submit]");
    wait_for("the refusal", || contains(&browser.texts("main"), "is no series"));

    // Saved: also after a kill.
    let saved = format!("{url}/console/dashboards?account=acme&id=1");
    gateway.kill();
    let gateway = Gateway::start(&config, http);
    browser.open(&saved);
    // Sessions of the console end with the process.
    browser.write("[name=token]", "operator-token-of-tests");
    browser.click("button[type=submit]");
    let both = format!("total_pings (sum), {HOSTILE}");
    wait_for("the dashboard again", || titles(&browser) == ["Drei ein Viertel", &both]);
    assert!(browser.texts("#chart-card-1 .legend li").len() == 2);
    for width in [1280, 500] {
        browser.resize(width, 1400);
        browser.open(&saved);
        assert!(browser.fits(), "the dashboard is wider than {width}");
        browser.picture(&format!("dashboard-{width}"));
    }
    browser.click("#chart-card-2 summary");
    browser.click("#chart-card-2 form:has([value=remove-chart]) button");
    wait_for("one chart less", || titles(&browser) == [both.as_str()]);
    let errors: Vec<String> =
        browser.errors().into_iter().filter(|e| !e.contains("401") && !e.contains("422")).collect();
    let refused: Vec<String> = errors.into_iter().filter(|e| !e.contains("ERR_CONNECTION_REFUSED")).collect();
    assert_eq!(refused, Vec::<String>::new());
    drop(browser);
    assert!(gateway.terminate().success());
}
