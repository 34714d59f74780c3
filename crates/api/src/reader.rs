//! Reading what is stored, for somebody: every query goes through the caller's [`Scope`], and what the caller may not
//! see is answered exactly as what does not exist. Queries run on threads where blocking is allowed.

use std::ops::RangeInclusive;
use std::sync::Arc;

use domain::address::{Address, AddressKey};
use domain::callback::Callback;
use domain::dashboard::Dashboard;
use domain::directory::{Directory, Name};
use domain::id::{CallbackId, MessageId, SegmentNumber};
use domain::note::TimelineRow;
use domain::opt_out::{OptOut, OptOutKey};
use domain::outgoing::Outgoing;
use domain::phone::{PhoneRecord, Session};
use domain::report::UnmatchedReport;
use domain::route::explain::{Explanation, explain};
use domain::stream::StreamKind;
use domain::time::At;
use engine::page::{
    CallbackQuery, MessageQuery, MessageRow, PAGE_ROWS_MAX, Page, SeriesQuery, SeriesRow, SeriesValues, SessionQuery,
    ValuesQuery,
};
use engine::port::{Browse, StoreError};
use tokio::sync::Semaphore;

use crate::auth::Scope;

/// Why nothing could be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The store said so.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The query broke off.
    #[error("the query broke off; see the log")]
    BrokeOff,
}

/// What a caller may see of what is stored.
#[derive(Clone)]
pub struct Reader {
    scope: Scope,
    browse: Arc<dyn Browse>,
    reads: Arc<Semaphore>,
}

impl Reader {
    pub(crate) fn new(scope: Scope, browse: Arc<dyn Browse>, reads: Arc<Semaphore>) -> Reader {
        Reader { scope, browse, reads }
    }

    /// The caller's scope.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// One message with its state.
    pub async fn message(&self, id: MessageId) -> Result<Option<MessageRow>, ReadError> {
        self.run(move |browse, scope| visible_message(browse, scope, id)).await
    }

    /// Messages, newest first.
    pub async fn messages(&self, query: MessageQuery) -> Result<Page<MessageRow>, ReadError> {
        self.run(move |browse, scope| {
            let query = MessageQuery { limit: query.limit.min(PAGE_ROWS_MAX), ..query };
            browse.messages(&scope.narrow_messages(query))
        })
        .await
    }

    /// A message and everything that happened to it, in order.
    pub async fn timeline(&self, id: MessageId) -> Result<Option<(MessageRow, Vec<TimelineRow>)>, ReadError> {
        self.run(move |browse, scope| {
            let Some(row) = visible_message(browse, scope, id)? else { return Ok(None) };
            let rows = browse.timeline(id.stamp)?;
            Ok(Some((row, rows)))
        })
        .await
    }

    /// An unfinished MT.
    pub async fn outgoing(&self, id: MessageId) -> Result<Option<Outgoing>, ReadError> {
        self.run(move |browse, scope| match visible_message(browse, scope, id)? {
            Some(_) => browse.outgoing(id.stamp),
            None => Ok(None),
        })
        .await
    }

    /// What is known of a callback: its record while it is pending or kept, its message with the timeline always.
    pub async fn callback(&self, id: CallbackId) -> Result<Option<CallbackFile>, ReadError> {
        self.run(move |browse, scope| {
            let Some(row) = browse.message(id.stamp)? else { return Ok(None) };
            let record = browse.callback(id)?;
            let seen = record.as_ref().map_or(scope.sees_message(&row.message), |record| scope.sees_callback(record));
            if !seen {
                return Ok(None);
            }
            let timeline = browse.timeline(id.stamp)?;
            Ok(Some(CallbackFile { record, message: row, timeline }))
        })
        .await
    }

    /// Pending and kept callbacks, newest first.
    pub async fn callbacks(&self, query: CallbackQuery) -> Result<Page<Callback>, ReadError> {
        self.run(move |browse, scope| {
            let query = CallbackQuery { limit: query.limit.min(PAGE_ROWS_MAX), ..query };
            browse.callbacks(&scope.narrow_callbacks(query))
        })
        .await
    }

    /// Open sessions with their phones.
    pub async fn sessions(&self, query: SessionQuery) -> Result<Vec<(AddressKey, Session)>, ReadError> {
        self.run(move |browse, scope| {
            let query = SessionQuery { limit: query.limit.min(PAGE_ROWS_MAX), ..query };
            browse.sessions(&scope.narrow_sessions(query))
        })
        .await
    }

    /// What is remembered about a phone: of a tenant's caller only what concerns the tenant's applications.
    pub async fn phone(&self, phone: AddressKey) -> Result<Option<PhoneRecord>, ReadError> {
        self.run(move |browse, scope| {
            let Some(mut record) = browse.phone(&phone)? else { return Ok(None) };
            if !scope.is_operator() {
                record.sessions.retain(|s| scope.sees_application_id(&s.application));
                record.subscriptions.retain(|s| scope.sees_application_id(&s.application));
                record.seen.clear();
                record.long_messages.clear();
            }
            Ok((!record.is_empty()).then_some(record))
        })
        .await
    }

    /// Where an MO would go and why, told without what belongs to others: when their rule wins, it is not named.
    pub async fn explain(
        &self,
        directory: Arc<Directory>,
        phone: Address,
        to: Address,
        text: String,
        now: At,
    ) -> Result<Explanation, ReadError> {
        self.run(move |browse, scope| {
            let record = browse.phone(&phone.key())?;
            let explanation = explain(&directory, record.as_ref(), &to, &text, now);
            Ok(if scope.is_operator() { explanation } else { without_others(scope, explanation) })
        })
        .await
    }

    /// The messages that segment numbers lead to, in the order asked for; unknown ones are left out.
    pub async fn segments(&self, numbers: Vec<SegmentNumber>) -> Result<Vec<SegmentFile>, ReadError> {
        self.run(move |browse, scope| {
            let mut files = Vec::with_capacity(numbers.len());
            for number in numbers {
                let Some((stamp, index)) = number.split() else { continue };
                let row = browse.message(stamp)?.filter(|row| scope.sees_message(&row.message));
                let Some(message) = row.filter(|row| index < row.message.segments) else { continue };
                let outgoing = if message.state.is_final() { None } else { browse.outgoing(stamp)? };
                files.push(SegmentFile { number, index, message, outgoing });
            }
            Ok(files)
        })
        .await
    }

    /// Reports that matched nothing, newest first. They belong to no tenant: only the operator sees any.
    pub async fn unmatched(&self, limit: usize) -> Result<Vec<UnmatchedReport>, ReadError> {
        self.run(
            move |browse, scope| {
                if scope.is_operator() { browse.unmatched(limit.min(PAGE_ROWS_MAX)) } else { Ok(Vec::new()) }
            },
        )
        .await
    }

    /// An entry of the opt-out ledger.
    pub async fn opt_out(&self, key: OptOutKey) -> Result<Option<OptOut>, ReadError> {
        self.run(
            move |browse, scope| if scope.sees_account(Some(&key.account)) { browse.opt_out(&key) } else { Ok(None) },
        )
        .await
    }

    /// How many entries an account has in the opt-out ledger.
    pub async fn opt_outs(&self, account: Name) -> Result<u64, ReadError> {
        self.run(
            move |browse, scope| if scope.sees_account(Some(&account)) { browse.opt_outs(&account) } else { Ok(0) },
        )
        .await
    }

    /// The place of the first line of an application's stream whose callback is in a range.
    pub async fn streamed_at(
        &self,
        application: Name,
        stream: StreamKind,
        callbacks: RangeInclusive<CallbackId>,
    ) -> Result<Option<At>, ReadError> {
        self.run(move |browse, scope| {
            if scope.sees_application_id(&application) {
                browse.streamed_at(&application, stream, callbacks)
            } else {
                Ok(None)
            }
        })
        .await
    }

    /// Series of an account with their last values, by name.
    pub async fn series(&self, query: SeriesQuery) -> Result<Vec<SeriesRow>, ReadError> {
        self.of_account(query.account.clone(), move |browse| browse.series(&query)).await
    }

    /// Values of an account's series, in the order asked for; those that never had one are left out.
    pub async fn series_values(&self, query: ValuesQuery) -> Result<Vec<SeriesValues>, ReadError> {
        self.of_account(query.account.clone(), move |browse| browse.series_values(&query)).await
    }

    /// The dashboards of an account.
    pub async fn dashboards(&self, account: Name) -> Result<Vec<Dashboard>, ReadError> {
        self.of_account(account.clone(), move |browse| browse.dashboards(&account)).await
    }

    /// What belongs to one account as a whole; another's is as if there were nothing.
    async fn of_account<T: Send + 'static>(
        &self,
        account: Name,
        query: impl FnOnce(&dyn Browse) -> Result<Vec<T>, StoreError> + Send + 'static,
    ) -> Result<Vec<T>, ReadError> {
        self.run(move |browse, scope| if scope.sees_account(Some(&account)) { query(browse) } else { Ok(Vec::new()) })
            .await
    }

    async fn run<T: Send + 'static>(
        &self,
        query: impl FnOnce(&dyn Browse, &Scope) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let permit = Arc::clone(&self.reads).acquire_owned().await.map_err(|_| ReadError::BrokeOff)?;
        let (browse, scope) = (Arc::clone(&self.browse), self.scope.clone());
        let work = tokio::task::spawn_blocking(move || {
            let _held_until_read = permit;
            query(browse.as_ref(), &scope)
        });
        Ok(work.await.map_err(|_| ReadError::BrokeOff)??)
    }
}

/// What a segment number leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentFile {
    /// The number.
    pub number: SegmentNumber,
    /// Which segment of the message, 0-based.
    pub index: u8,
    /// The message.
    pub message: MessageRow,
    /// Its record while it is unfinished.
    pub outgoing: Option<Outgoing>,
}

/// All that is known of a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackFile {
    /// Its record, while it is pending or kept.
    pub record: Option<Callback>,
    /// The message it belongs to.
    pub message: MessageRow,
    /// Everything that happened to that message.
    pub timeline: Vec<TimelineRow>,
}

/// The message if it exists under the whole of this id, not only its stamp, and may be seen.
fn visible_message(browse: &dyn Browse, scope: &Scope, id: MessageId) -> Result<Option<MessageRow>, StoreError> {
    Ok(browse.message(id.stamp)?.filter(|row| row.message.id == id && scope.sees_message(&row.message)))
}

/// An explanation for a tenant: rules of others are left out, and one that wins is not named.
fn without_others(scope: &Scope, explanation: Explanation) -> Explanation {
    let Explanation { application, channel, summary, mut steps, .. } = explanation;
    steps.retain(|step| scope.sees_application_id(&step.application));
    match application {
        Some(winner) if !scope.sees_application_id(&winner) => {
            let named = format!("the rule of {winner}");
            for step in &mut steps {
                step.reason = step.reason.replace(&named, "a rule of another account");
            }
            let summary = "goes to none of this account's applications: another rule comes first".to_owned();
            Explanation { application: None, channel: None, summary, steps, more: 0 }
        }
        Some(_) => Explanation { application, channel, summary, steps, more: 0 },
        None => Explanation { application, channel: None, summary, steps, more: 0 },
    }
}

#[cfg(test)]
mod tests;
