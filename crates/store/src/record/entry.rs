//! The append-only entries of a timeline, several to a row.

use domain::callback::{AttemptFailure, AttemptRecord, BodyType, CallbackKind, Rendered};
use domain::id::CallbackId;
use domain::note::{Entry, Note, NoteCode, RequestBody};
use domain::time::At;
use engine::port::StoreError;
use serde::{Deserialize, Serialize};

use super::{Bytes, IdRecord, Record, damaged, known};

/// Version 1 of the entries of one timeline row.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EntriesRecord<'a>(#[serde(borrow)] Vec<EntryRecord<'a>>);

impl<'a> Record<'a> for EntriesRecord<'a> {
    const KIND: &'static str = "timeline row";
}

#[derive(Debug, Serialize, Deserialize)]
enum EntryRecord<'a> {
    Note {
        code: u16,
        #[serde(borrow)]
        args: Vec<&'a str>,
    },
    CallbackMade {
        id: IdRecord,
        kind: u8,
        application: &'a str,
        body_type: u8,
        #[serde(borrow)]
        body: Bytes<'a>,
    },
    Attempt(#[serde(borrow)] AttemptRow<'a>),
}

#[derive(Debug, Serialize, Deserialize)]
struct AttemptRow<'a> {
    callback: IdRecord,
    number: u32,
    started_at: i64,
    took_ms: u32,
    url: &'a str,
    status: Option<u16>,
    failure: Option<u8>,
    detail: &'a str,
    content_type: &'a str,
    body: &'a str,
}

impl<'a> EntriesRecord<'a> {
    /// The stored form of entries.
    ///
    /// # Errors
    /// A callback's body is not bytes yet: it would be lost.
    pub(crate) fn of(entries: &'a [Entry]) -> Result<EntriesRecord<'a>, StoreError> {
        entries.iter().map(EntryRecord::of).collect::<Result<Vec<_>, _>>().map(EntriesRecord)
    }

    pub(crate) fn entries(self) -> Result<Vec<Entry>, StoreError> {
        self.0.into_iter().map(EntryRecord::entry).collect()
    }

    /// The body of a callback, when it was made in this row.
    pub(crate) fn request(&self, callback: CallbackId) -> Result<Option<Rendered>, StoreError> {
        for entry in &self.0 {
            if let EntryRecord::CallbackMade { id, body_type, body, .. } = entry
                && *id == IdRecord::from(callback)
            {
                return rendered(*body_type, *body).map(Some);
            }
        }
        Ok(None)
    }
}

impl<'a> EntryRecord<'a> {
    fn of(entry: &'a Entry) -> Result<EntryRecord<'a>, StoreError> {
        Ok(match entry {
            Entry::Note(note) => {
                EntryRecord::Note { code: note.code.code(), args: note.args.iter().map(String::as_str).collect() }
            }
            Entry::CallbackMade { id, kind, application, request } => {
                let RequestBody::Rendered(rendered) = request else {
                    return Err(StoreError::Unavailable(format!("callback {id} came without its bytes")));
                };
                let (body_type, body) = (body_type_code(rendered.body_type), Bytes(&rendered.body));
                EntryRecord::CallbackMade { id: (*id).into(), kind: kind.code(), application, body_type, body }
            }
            Entry::Attempt { callback, record } => EntryRecord::Attempt(AttemptRow {
                callback: (*callback).into(),
                number: record.number,
                started_at: record.started_at.0,
                took_ms: record.took_ms,
                url: &record.url,
                status: record.status,
                failure: record.failure.map(AttemptFailure::code),
                detail: &record.detail,
                content_type: &record.content_type,
                body: &record.body,
            }),
        })
    }

    fn entry(self) -> Result<Entry, StoreError> {
        const KIND: &str = EntriesRecord::KIND;
        Ok(match self {
            EntryRecord::Note { code, args } => {
                let code = known(KIND, "note", code, NoteCode::from_code(code))?;
                Entry::Note(Note { code, args: args.into_iter().map(str::to_owned).collect() })
            }
            EntryRecord::CallbackMade { id, kind, application, body_type, body } => Entry::CallbackMade {
                id: id.callback(),
                kind: known(KIND, "kind of callback", kind, CallbackKind::from_code(kind))?,
                application: application.into(),
                request: RequestBody::Rendered(rendered(body_type, body)?),
            },
            EntryRecord::Attempt(row) => {
                let (callback, record) = (row.callback.callback(), row.record()?);
                Entry::Attempt { callback, record }
            }
        })
    }
}

impl AttemptRow<'_> {
    fn record(self) -> Result<AttemptRecord, StoreError> {
        let failure = match self.failure {
            Some(code) => Some(known(EntriesRecord::KIND, "attempt failure", code, AttemptFailure::from_code(code))?),
            None => None,
        };
        Ok(AttemptRecord {
            number: self.number,
            started_at: At(self.started_at),
            took_ms: self.took_ms,
            url: self.url.into(),
            status: self.status,
            failure,
            detail: self.detail.to_owned(),
            content_type: self.content_type.to_owned(),
            body: self.body.to_owned(),
        })
    }
}

const fn body_type_code(body_type: BodyType) -> u8 {
    match body_type {
        BodyType::Form => 0,
        BodyType::Json => 1,
    }
}

fn rendered(body_type: u8, body: Bytes<'_>) -> Result<Rendered, StoreError> {
    let body_type = match body_type {
        0 => BodyType::Form,
        1 => BodyType::Json,
        other => return Err(damaged(EntriesRecord::KIND, format_args!("unknown type of body {other}"))),
    };
    Ok(Rendered { body_type, body: body.0.into() })
}
