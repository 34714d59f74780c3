//! Signed-in browsers and failed tries. Both are small maps in memory with bounds: a restart signs everybody out.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::time::At;
use sha2::{Digest as _, Sha256};

/// Most browsers signed in at a time; the one not seen for longest is signed out first.
pub(super) const SESSIONS_MAX: usize = 128;
/// How long a browser may be idle before it is signed out, in milliseconds: 1 h.
pub(super) const IDLE_MS: u64 = 3_600_000;
/// How long a browser stays signed in at most, in milliseconds: 12 h.
pub(super) const LIFE_MS: u64 = 12 * 3_600_000;
/// Bytes of chance in a session id and in a form token.
const CHANCE_BYTES: usize = 32;

/// Tries of one address that cost no wait.
pub(super) const TRIES_FREE: u32 = 5;
/// Longest wait after a failed try, in milliseconds.
pub(super) const TRY_WAIT_MS_MAX: u64 = 60_000;
/// Most addresses whose tries are remembered; the one quiet for longest is forgotten first.
const ADDRESSES_MAX: usize = 1024;

/// Chance for an id nobody can guess, as hex. `None` when the system has none to give.
pub(super) fn unguessable() -> Option<String> {
    let mut bytes = [0; CHANCE_BYTES];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

struct Session {
    form_token: String,
    opened_at: At,
    seen_at: At,
}

impl Session {
    fn is_over(&self, now: At) -> bool {
        now.ms_since(self.seen_at) >= IDLE_MS || now.ms_since(self.opened_at) >= LIFE_MS
    }
}

/// Browsers that have shown the operator's token. Kept under a hash of their id, so that the time of a look-up says
/// nothing about ids that exist.
#[derive(Default)]
pub(super) struct Sessions {
    open: Mutex<BTreeMap<[u8; 32], Session>>,
}

impl Sessions {
    /// Opens one and gives its id for the cookie; `None` without chance.
    pub(super) fn open(&self, now: At) -> Option<String> {
        let (id, form_token) = (unguessable()?, unguessable()?);
        let mut open = self.lock();
        open.retain(|_, session| !session.is_over(now));
        if open.len() >= SESSIONS_MAX
            && let Some(oldest) = open.iter().min_by_key(|(_, session)| session.seen_at).map(|(key, _)| *key)
        {
            open.remove(&oldest);
        }
        open.insert(key(&id), Session { form_token, opened_at: now, seen_at: now });
        Some(id)
    }

    /// The form token of a session that is still open; the visit keeps it open.
    pub(super) fn visit(&self, id: &str, now: At) -> Option<String> {
        let mut open = self.lock();
        let session = open.get_mut(&key(id)).filter(|session| !session.is_over(now))?;
        session.seen_at = now;
        Some(session.form_token.clone())
    }

    /// Whether it is still open; looking does not keep it open.
    pub(super) fn is_open(&self, id: &str, now: At) -> bool {
        self.lock().get(&key(id)).is_some_and(|session| !session.is_over(now))
    }

    /// Closes one.
    pub(super) fn close(&self, id: &str) {
        self.lock().remove(&key(id));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<[u8; 32], Session>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(id: &str) -> [u8; 32] {
    Sha256::digest(id.as_bytes()).into()
}

struct Failures {
    count: u32,
    last_at: At,
}

/// Failed tries by address, so that guessing is slow.
#[derive(Default)]
pub(super) struct Tries {
    failures: Mutex<BTreeMap<IpAddr, Failures>>,
}

impl Tries {
    /// Counts a try before it is checked, so that many at once are no way around; the error is how long to wait, in
    /// milliseconds.
    pub(super) fn admit(&self, address: IpAddr, now: At) -> Result<(), u64> {
        let mut failures = self.lock();
        let address = network(address);
        if failures.len() >= ADDRESSES_MAX
            && !failures.contains_key(&address)
            && let Some(oldest) = failures.iter().min_by_key(|(_, f)| f.last_at).map(|(address, _)| *address)
        {
            failures.remove(&oldest);
        }
        let found = failures.entry(address).or_insert(Failures { count: 0, last_at: now });
        let wait_ms = wait_ms(found.count);
        let passed_ms = now.ms_since(found.last_at);
        if passed_ms < wait_ms {
            return Err(wait_ms - passed_ms);
        }
        found.count = found.count.saturating_add(1);
        found.last_at = now;
        Ok(())
    }

    /// The token was right: the address starts afresh.
    pub(super) fn forget(&self, address: IpAddr) {
        self.lock().remove(&network(address));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<IpAddr, Failures>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The wait after so many failures: doubles from 1 s.
fn wait_ms(failures: u32) -> u64 {
    match failures.checked_sub(TRIES_FREE) {
        None => 0,
        Some(more) => (1000_u64 << more.min(16)).min(TRY_WAIT_MS_MAX),
    }
}

/// Who has one IPv6 address has its /64: they count as one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}
