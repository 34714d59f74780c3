//! Files of earlier versions: their tables as they were made then, written out.

use domain::decision::Change;
use domain::metric::{Finite, Point, SeriesName};
use engine::page::SeriesQuery;
use engine::port::{Browse, Store};
use rusqlite::Connection;

use super::{NOW, open};
use crate::record::encode;
use crate::record::send::SendRecord;
use crate::tests::sample::send;
use crate::tests::shelf::Folder;

const VERSION_1: &str = "
    PRAGMA application_id = 1215001463;
    PRAGMA user_version = 1;
    CREATE TABLE callback(
        id BLOB PRIMARY KEY, state INTEGER NOT NULL, application TEXT NOT NULL, data BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE outgoing(k INTEGER PRIMARY KEY, data BLOB NOT NULL);
    CREATE TABLE phone(
        key TEXT PRIMARY KEY, due INTEGER, sessions INTEGER NOT NULL, data BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE unmatched(
        channel TEXT, network_id TEXT, at INTEGER NOT NULL, data BLOB NOT NULL,
        PRIMARY KEY(channel, network_id)
    ) WITHOUT ROWID;
    CREATE TABLE idempotency(
        account TEXT, key TEXT, until INTEGER NOT NULL, data BLOB NOT NULL,
        PRIMARY KEY(account, key)
    ) WITHOUT ROWID;
    CREATE INDEX idempotency_until ON idempotency(until);
    CREATE TABLE day(day INTEGER PRIMARY KEY, filed INTEGER NOT NULL, runs INTEGER NOT NULL);
    CREATE TABLE meta(
        only INTEGER PRIMARY KEY CHECK(only = 1), last_stamp INTEGER NOT NULL, dropped INTEGER NOT NULL
    );
    INSERT INTO meta(only, last_stamp, dropped) VALUES(1, 77, 0);
";

#[test]
fn a_file_of_version_1_opens_with_all_it_had_and_takes_what_is_new() {
    let folder = Folder::fresh();
    let mut bytes = Vec::new();
    let remembered = send("k", NOW.plus_ms(1000));
    encode(&SendRecord::from(&remembered), &mut bytes);
    let old = Connection::open(folder.file()).unwrap();
    old.execute_batch(VERSION_1).unwrap();
    let put = "INSERT INTO idempotency(account, key, until, data) VALUES('acme', 'k', ?1, ?2)";
    old.execute(put, rusqlite::params![remembered.until.0, bytes]).unwrap();
    drop(old);
    // Twice: the second time it is a file of this version.
    for count in 1..=2 {
        let (mut store, browse) = open(&folder.file()).unwrap();
        let mut needs = domain::event::Needs::default();
        needs.idempotency.insert(("acme".into(), "k".into()));
        let mut view = domain::view::View::default();
        store.load(&needs, &mut view).unwrap();
        assert_eq!(view.idempotency.into_values().next(), Some(remembered.clone()));
        assert_eq!(store.last_stamp().unwrap().0 >> 1, 77 >> 1);
        let series = SeriesName::parse(&format!("n{count}.sum")).unwrap();
        let points = [Point { series, value: Finite::new(1.0).unwrap() }].into();
        let fired = Change::AddPoints { account: "acme".into(), points, new_series: Vec::new() };
        store.commit(NOW, &[fired]).unwrap();
        let query = SeriesQuery { account: "acme".into(), text: None, after: None, limit: 9 };
        assert_eq!(browse.series(&query).unwrap().len(), count);
    }
    let now = Connection::open(folder.file()).unwrap();
    let version: i32 = now.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, super::schema::SCHEMA_VERSION);
}
