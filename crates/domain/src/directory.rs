//! What the operator configured, as the decisions see it: accounts, applications, channels, routes.
//! One immutable snapshot; a reload makes a new one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::{Address, AddressKey};
use crate::callback::CallbackKind;
use crate::route::index::RouteIndex;
use crate::secret::Secret;
use crate::ussd::TransportType;

/// A short name the operator gave: of an account, application or channel.
pub type Name = Arc<str>;

/// A tenant.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its key, also the Basic user name.
    pub key: Name,
    /// Tokens, any of which opens it.
    pub tokens: Vec<Secret>,
    /// Most requests of it under way in the Vumi API, streams among them; none = any number.
    pub concurrency: Option<u32>,
}

/// The dialect an application speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contract {
    /// Form callbacks, answers of text or JSON (`docs/reference/service-layer.md`).
    ServiceLayer,
    /// JSON messages and events, pushed or streamed; replies are put (`docs/reference/vumi.md`).
    Vumi,
}

impl Contract {
    /// The configured word.
    pub const fn name(self) -> &'static str {
        match self {
            Contract::ServiceLayer => "service-layer",
            Contract::Vumi => "vumi",
        }
    }
}

/// When a failed callback is attempted again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Upper bounds of the wait before attempt 2, 3, … in milliseconds; the last one repeats. Never empty.
    pub waits_ms: Vec<u64>,
    /// How long attempts go on after the callback was made, in milliseconds.
    pub for_ms: u64,
}

/// A customer's program that receives callbacks and answers.
#[derive(Clone, Debug)]
pub struct Application {
    /// Its id.
    pub id: Name,
    /// The account it belongs to.
    pub account: Name,
    /// The contract it speaks.
    pub contract: Contract,
    /// Where its callbacks go.
    pub url: Arc<str>,
    /// The key it shows us and we show it (Service Layer `api_key`).
    pub api_key: Secret,
    /// Retry schedule.
    pub retry: RetryPolicy,
    /// How long a failing callback may hold its lane, in milliseconds.
    pub order_hold_ms: u64,
    /// Most attempts at a time.
    pub concurrency: u32,
    /// Budget of one attempt from connect to the last byte of the answer, in milliseconds.
    pub timeout_ms: u64,
    /// Whether the Service Layer `delivery_report` with status 4 (queued at the operator) is wanted on every `ack`.
    pub report_queued: bool,
    /// What the Vumi contract has of its own; none for other contracts.
    pub vumi: Option<Arc<Vumi>>,
}

/// What an application with the Vumi contract is configured with (`docs/reference/vumi.md §5`, `§6`).
#[derive(Clone, Debug)]
pub struct Vumi {
    /// Tokens of the conversation, any of which opens it.
    pub tokens: Vec<Secret>,
    /// Where messages are pushed; none = they are streamed.
    pub push_message_url: Option<Arc<str>>,
    /// Where events are pushed; none = they are streamed.
    pub push_event_url: Option<Arc<str>>,
    /// Messages are told to nobody.
    pub ignore_messages: bool,
    /// Events are told to nobody.
    pub ignore_events: bool,
    /// Most characters of a text that is put.
    pub content_length_limit: Option<usize>,
    /// Name of the store its metrics go to.
    pub metric_store: Name,
}

/// What tells an application something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Teller {
    /// Requests to a URL.
    Push,
    /// A stream that the application reads.
    Stream,
    /// Nobody: the application does not want it, or its contract has no word for it.
    Nobody,
}

impl Application {
    /// How it is told this kind of thing.
    pub fn teller(&self, kind: CallbackKind) -> Teller {
        let Some(vumi) = &self.vumi else {
            // The others have no word for these: a report says as much.
            let is_known = !matches!(kind, CallbackKind::Ack | CallbackKind::Nack);
            return if is_known { Teller::Push } else { Teller::Nobody };
        };
        let (url, is_ignored) = match kind {
            CallbackKind::IncomingMessage => (&vumi.push_message_url, vumi.ignore_messages),
            CallbackKind::DeliveryReport | CallbackKind::Ack | CallbackKind::Nack => {
                (&vumi.push_event_url, vumi.ignore_events)
            }
            CallbackKind::SessionClosed | CallbackKind::AutoReplyLoop | CallbackKind::SubscriptionCreated => {
                return Teller::Nobody;
            }
        };
        match url {
            _ if is_ignored => Teller::Nobody,
            Some(_) => Teller::Push,
            None => Teller::Stream,
        }
    }

    /// True when anything is told to it through a stream.
    pub fn has_streams(&self) -> bool {
        CallbackKind::ALL.into_iter().any(|kind| self.teller(kind) == Teller::Stream)
    }

    /// True for a URL at which it is told something.
    pub fn is_url(&self, url: &str) -> bool {
        let pushes = self.vumi.iter().flat_map(|vumi| [&vumi.push_message_url, &vumi.push_event_url]).flatten();
        pushes.chain([&self.url]).any(|own| **own == *url)
    }

    /// Where it is told this kind of thing.
    pub fn url_for(&self, kind: CallbackKind) -> &Arc<str> {
        let Some(vumi) = &self.vumi else { return &self.url };
        let url = if kind == CallbackKind::IncomingMessage { &vumi.push_message_url } else { &vumi.push_event_url };
        url.as_ref().unwrap_or(&self.url)
    }
}

/// What to do with a submit whose result is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InDoubt {
    /// Submit again: at least once.
    Resubmit,
    /// Keep it in doubt until a report or a person says more: at most once.
    Hold,
}

/// How segments of a long MT are marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentMark {
    /// User data header with an 8-bit reference.
    Udh8,
    /// User data header with a 16-bit reference.
    Udh16,
    /// SAR TLVs.
    Sar,
    /// Not split at all: the whole text in `message_payload`.
    Payload,
}

/// One configured connection to a network, as far as decisions need it.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Its id.
    pub id: Name,
    /// `smpp`, `simulator`, ….
    pub kind: &'static str,
    /// Service addresses it serves.
    pub addresses: Vec<Address>,
    /// Policy for submits whose result is unknown.
    pub in_doubt: InDoubt,
    /// How long segments are marked.
    pub segment_mark: SegmentMark,
    /// Whether reports are asked for.
    pub reports: bool,
    /// Segments a second, 0 = as fast as the window allows.
    pub rate: u32,
    /// How long an MT is valid when the send does not say, in milliseconds.
    pub validity_ms: u64,
    /// How long a network id is remembered to recognise a duplicate, in milliseconds.
    pub dedupe_ms: u64,
    /// How long a long MO may wait for its segments, in milliseconds.
    pub reassembly_ms: u64,
    /// Set when it carries USSD dialogs instead of texts.
    pub ussd: Option<Ussd>,
}

/// How a channel carries USSD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ussd {
    /// How long a phone waits for an answer to what it said, in milliseconds.
    pub reply_ms: u64,
    /// What it gets when none came.
    pub sorry: Name,
}

impl Channel {
    /// What kind of network it is.
    pub const fn transport(&self) -> TransportType {
        if self.ussd.is_some() { TransportType::Ussd } else { TransportType::Sms }
    }
}

/// How a keyword is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeywordMatch {
    /// The whole text.
    Exact,
    /// The first words of the text.
    StartsWith,
}

/// A rule that gives an MO to an application.
#[derive(Clone, Debug)]
pub struct Route {
    /// The application it leads to.
    pub application: Name,
    /// The service address it listens on.
    pub address: Address,
    /// The keyword, as written; none takes everything.
    pub keyword: Option<Name>,
    /// How the keyword is compared.
    pub matching: KeywordMatch,
    /// Whether a match opens a session.
    pub session: bool,
    /// How long a session lives without a message, in milliseconds.
    pub session_ms: u64,
    /// A text sent at once.
    pub auto_reply: Option<Name>,
    /// Whether the phone becomes a subscriber once the callback has ended.
    pub auto_subscribe: bool,
    /// The text the new subscriber gets.
    pub confirmation: Option<Name>,
}

/// The whole configuration, ready for look-ups.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// By key.
    pub accounts: BTreeMap<Name, Arc<Account>>,
    /// By id.
    pub applications: BTreeMap<Name, Arc<Application>>,
    /// By id.
    pub channels: BTreeMap<Name, Arc<Channel>>,
    /// In the order of the file.
    pub routes: Vec<Arc<Route>>,
    /// Which channel serves a service address.
    pub channel_of: BTreeMap<AddressKey, Name>,
    /// Whose routes listen on a service address: the accounts that may send from it.
    pub owners: BTreeMap<AddressKey, BTreeSet<Name>>,
    /// The service address of each application's first route.
    pub first_address: BTreeMap<Name, Address>,
    /// Finds the route for an address and a text.
    pub index: RouteIndex,
}

impl Directory {
    /// Builds the look-ups. Clashes are the configuration's affair ([`crate::route::index::clashes`]); here the first
    /// route and the first channel win.
    pub fn new(
        accounts: Vec<Account>,
        applications: Vec<Application>,
        channels: Vec<Channel>,
        routes: Vec<Route>,
    ) -> Directory {
        let routes: Vec<Arc<Route>> = routes.into_iter().map(Arc::new).collect();
        let index = RouteIndex::new(&routes);
        let mut channel_of = BTreeMap::new();
        for channel in &channels {
            for address in &channel.addresses {
                channel_of.entry(address.key()).or_insert_with(|| channel.id.clone());
            }
        }
        let applications: BTreeMap<Name, Arc<Application>> =
            applications.into_iter().map(|a| (a.id.clone(), Arc::new(a))).collect();
        let mut owners: BTreeMap<AddressKey, BTreeSet<Name>> = BTreeMap::new();
        for route in &routes {
            let owner = applications.get(&route.application).map(|a| a.account.clone());
            owners.entry(route.address.key()).or_default().extend(owner);
        }
        let mut first_address = BTreeMap::new();
        for route in &routes {
            first_address.entry(route.application.clone()).or_insert_with(|| route.address.clone());
        }
        Directory {
            first_address,
            owners,
            accounts: accounts.into_iter().map(|a| (a.key.clone(), Arc::new(a))).collect(),
            applications,
            channels: channels.into_iter().map(|c| (c.id.clone(), Arc::new(c))).collect(),
            routes,
            channel_of,
            index,
        }
    }

    /// The channel that serves a service address.
    pub fn channel_for(&self, address: &Address) -> Option<&Arc<Channel>> {
        self.channel_of.get(&address.key()).and_then(|id| self.channels.get(id))
    }

    /// Whether an account may send from a service address: one on which it has a route, or on which nobody has.
    pub fn may_send_from(&self, account: &Name, address: &Address) -> bool {
        self.owners.get(&address.key()).is_none_or(|owners| owners.contains(account))
    }

    /// The service address an application sends from when it does not say: the one of its first route.
    pub fn default_address(&self, application: &str) -> Option<&Address> {
        self.first_address.get(application)
    }
}
