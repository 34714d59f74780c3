//! `/metrics` in the OpenMetrics text format, made on each scrape of what is going on right now. Labels are channels
//! and applications, whose number the configuration bounds; never phones.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::live::{ApplicationLive, ChannelLive, EngineLive, LimitedBy, LiveState};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::state::ApiState;

const OPENMETRICS: HeaderValue = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Requests answered since start, by the first digit of their status.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    by_class: [AtomicU64; 5],
}

impl Traffic {
    /// Counts an answer.
    pub(crate) fn count(&self, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        self.by_class[class].fetch_add(1, Ordering::Relaxed);
    }
}

type Labels = Vec<(&'static str, String)>;

/// A registry under construction.
struct Scrape {
    registry: Registry,
}

impl Scrape {
    fn gauge(&mut self, name: &str, help: &str, rows: impl IntoIterator<Item = (Labels, u64)>) {
        let family = Family::<Labels, Gauge>::default();
        for (labels, value) in rows {
            family.get_or_create(&labels).set(i64::try_from(value).unwrap_or(i64::MAX));
        }
        self.registry.register(name, help, family);
    }

    fn counter(&mut self, name: &str, help: &str, rows: impl IntoIterator<Item = (Labels, u64)>) {
        let family = Family::<Labels, Counter>::default();
        for (labels, value) in rows {
            family.get_or_create(&labels).inc_by(value);
        }
        self.registry.register(name, help, family);
    }

    fn one_gauge(&mut self, name: &str, help: &str, value: u64) {
        let gauge: Gauge = Gauge::default();
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        self.registry.register(name, help, gauge);
    }

    fn one_counter(&mut self, name: &str, help: &str, value: u64) {
        let counter: Counter = Counter::default();
        counter.inc_by(value);
        self.registry.register(name, help, counter);
    }

    fn seconds(&mut self, name: &str, help: &str, us: u64) {
        let counter = Counter::<f64, AtomicU64>::default();
        counter.inc_by(us as f64 / 1e6);
        self.registry.register_with_unit(name, help, Unit::Seconds, counter);
    }

    fn channels(&mut self, live: &LiveState) {
        let rows = |value: fn(&ChannelLive) -> u64| {
            live.channels.iter().map(move |(id, channel)| (vec![("channel", id.to_string())], value(channel)))
        };
        self.gauge("channel_links_up", "Links that take segments", rows(|c| c.links_up.into()));
        self.gauge("channel_window", "Most segments without an answer", rows(|c| c.window.into()));
        self.gauge("channel_window_used", "Segments without an answer", rows(|c| c.window_used.into()));
        self.gauge("channel_queued", "MTs waiting", rows(|c| c.queued));
        self.counter("channel_received", "MOs received", rows(|c| c.received));
        self.counter("channel_submitted", "Segments submitted", rows(|c| c.submitted));
        self.counter("channel_throttled", "Times the network asked to slow down", rows(|c| c.throttled));
        self.counter("channel_reports", "Reports received", rows(|c| c.reports));
        let limits = [LimitedBy::NoDemand, LimitedBy::Window, LimitedBy::Rate, LimitedBy::Throttled, LimitedBy::NoLink];
        let states = live.channels.iter().flat_map(|(id, channel)| {
            limits.map(|limit| {
                let labels = vec![("channel", id.to_string()), ("by", limit.name().to_owned())];
                (labels, u64::from(channel.limited_by == limit))
            })
        });
        self.gauge("channel_limited_by", "1 for what keeps the channel from being faster", states);
    }

    fn applications(&mut self, live: &LiveState) {
        let rows = |value: fn(&ApplicationLive) -> u64| {
            let labels = |id: &dyn fmt::Display| vec![("application", id.to_string())];
            live.applications.iter().map(move |(id, application)| (labels(id), value(application)))
        };
        self.gauge("application_callbacks_pending", "Callbacks owed", rows(|a| a.pending));
        self.gauge("application_attempts_in_flight", "Attempts under way", rows(|a| a.in_flight.into()));
        self.gauge(
            "application_breaker_open",
            "1 while only canaries are let through",
            rows(|a| a.breaker_open.into()),
        );
        self.counter("application_attempts_succeeded", "Attempts that succeeded", rows(|a| a.succeeded));
        self.counter("application_attempts_failed", "Attempts that failed", rows(|a| a.failed));
    }

    fn engine(&mut self, state: &ApiState, live: &LiveState) {
        let EngineLive { commits, events, commit_us, commit_us_max, commits_failed, waiting } = live.engine;
        self.one_counter("engine_commits", "Commits", commits);
        self.one_counter("engine_commits_failed", "Commits that failed", commits_failed);
        self.one_counter("engine_events", "Events committed", events);
        self.seconds("engine_commit", "Time spent in commits", commit_us);
        self.one_gauge("engine_commit_microseconds_max", "Longest commit, in microseconds", commit_us_max);
        self.one_gauge("engine_events_waiting", "Events waiting for a turn", waiting.max(state.inlet.depth() as u64));
        self.one_gauge("store_trouble", "1 while the store takes nothing", live.store_trouble.is_some().into());
        self.one_gauge("ready", "1 while the process wants traffic", state.ready.reason().is_none().into());
    }

    fn process(&mut self, state: &ApiState) {
        let uptime: Gauge = Gauge::default();
        uptime.set((state.now().ms_since(state.started_at) / 1000) as i64);
        self.registry.register_with_unit("uptime", "Time since start", Unit::Seconds, uptime);
        let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"].into_iter().zip(&state.traffic().by_class);
        let rows = classes.map(|(class, n)| (vec![("class", class.to_owned())], n.load(Ordering::Relaxed)));
        self.counter("http_requests", "HTTP requests answered, by class of status", rows);
    }
}

pub(crate) async fn metrics(State(state): State<ApiState>) -> Response {
    let live = state.live.snapshot();
    let mut scrape = Scrape { registry: Registry::with_prefix("hookswitch") };
    scrape.channels(&live);
    scrape.applications(&live);
    scrape.engine(&state, &live);
    scrape.process(&state);
    let mut text = String::with_capacity(16 * 1024);
    match encode(&mut text, &scrape.registry) {
        Ok(()) => ([(CONTENT_TYPE, OPENMETRICS)], text).into_response(),
        Err(fmt::Error) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
