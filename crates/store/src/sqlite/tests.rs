//! What only a file can suffer: crashes, foreign and damaged files, no rights, no room, two owners.

mod older;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::callback::CallbackState;
use domain::decision::Change;
use domain::event::Needs;
use domain::message::{Direction, MessageState};
use domain::outgoing::OutgoingState;
use domain::view::View;
use engine::page::{CallbackQuery, MessageQuery};
use engine::port::{Browse, Store, StoreError, Unfinished};
use rusqlite::Connection;

use super::{OpenError, Options, SqliteBrowse, SqliteStore, schema};
use crate::limit::PHONE_RUN_ROWS;
use crate::tests::sample::*;
use crate::tests::shelf::Folder;

fn open(path: &Path) -> Result<(SqliteStore, SqliteBrowse), OpenError> {
    SqliteStore::open(path, &Options::default())
}

fn refused(path: &Path) -> OpenError {
    open(path).err().expect("it must not open")
}

fn pending(number: u64) -> Change {
    Change::PutCallback(callback(number, "weather", CallbackState::Pending))
}

fn callbacks_of(store: &mut SqliteStore) -> usize {
    let mut count = 0;
    store.unfinished(&mut |one| count += usize::from(matches!(one, Unfinished::Callback(_)))).unwrap();
    count
}

/// Waits until something is so.
fn watch(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what} in 20 s");
        std::thread::sleep(Duration::from_millis(5)); // waits: polls until the deadline
    }
}

#[test]
fn what_was_committed_survives_a_crash() {
    let (folder, after) = (Folder::fresh(), Folder::fresh());
    let (mut store, _browse) = open(&folder.file()).unwrap();
    for number in 0..50 {
        store.commit(NOW, &[pending(number), mo(number)]).unwrap();
    }
    // What a killed process leaves: the file and its log, not copied into each other. The shared memory is gone.
    for ending in ["", "-wal"] {
        let name = format!("hookswitch.db{ending}");
        fs::copy(folder.path().join(&name), after.path().join(&name)).unwrap();
    }
    let (mut store, browse) = open(&after.file()).unwrap();
    assert_eq!(callbacks_of(&mut store), 50);
    assert_eq!(browse.messages(&MessageQuery { limit: 99, ..MessageQuery::default() }).unwrap().rows.len(), 50);
}

#[test]
fn a_log_cut_off_in_a_commit_loses_that_commit_alone() {
    let (folder, after) = (Folder::fresh(), Folder::fresh());
    let (mut store, _browse) = open(&folder.file()).unwrap();
    store.commit(NOW, &[pending(1), mo(1)]).unwrap();
    let whole = fs::read(folder.path().join("hookswitch.db-wal")).unwrap().len();
    store.commit(NOW, &[pending(2), mo(2)]).unwrap();
    fs::copy(folder.file(), after.file()).unwrap();
    let log = fs::read(folder.path().join("hookswitch.db-wal")).unwrap();
    assert!(log.len() > whole + 100);
    fs::write(after.path().join("hookswitch.db-wal"), &log[..log.len() - 100]).unwrap();
    let (mut store, browse) = open(&after.file()).unwrap();
    assert_eq!(callbacks_of(&mut store), 1);
    assert!(browse.message(id(1).stamp).unwrap().is_some());
    assert!(browse.message(id(2).stamp).unwrap().is_none());
}

#[test]
fn durability_is_switched_on() {
    let folder = Folder::fresh();
    let (store, _browse) = open(&folder.file()).unwrap();
    let ask = |sql: &str| store.writer.connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(ask("PRAGMA synchronous"), 2);
    assert_eq!(ask("PRAGMA wal_autocheckpoint"), 0);
    assert_eq!(ask("PRAGMA page_size"), 4096);
    assert_eq!(ask("PRAGMA cache_size"), -8 * 1024);
    assert_eq!(ask("PRAGMA application_id"), i64::from(schema::APPLICATION_ID));
    // The marks are in the file itself, where `open` reads them, and not only in the log.
    let header = fs::read(folder.file()).unwrap();
    assert_eq!(header[68..72], schema::APPLICATION_ID.to_be_bytes());
    assert_eq!(header[60..64], schema::SCHEMA_VERSION.to_be_bytes());
}

#[test]
fn a_second_owner_is_turned_away_until_the_first_ends() {
    let folder = Folder::fresh();
    let (store, browse) = open(&folder.file()).unwrap();
    let error = refused(&folder.file());
    assert!(matches!(&error, OpenError::InUse { process: Some(number), .. } if *number == std::process::id()));
    assert!(error.to_string().starts_with("HS-2003: "), "{error}");
    drop(store);
    assert_eq!(refused(&folder.file()).code(), "HS-2003");
    drop(browse);
    open(&folder.file()).unwrap();
}

#[test]
fn a_newer_store_is_refused_and_left_alone() {
    let folder = Folder::fresh();
    drop(open(&folder.file()).unwrap());
    let connection = Connection::open(folder.file()).unwrap();
    connection.pragma_update(None, "journal_mode", "DELETE").unwrap();
    connection.pragma_update(None, "user_version", schema::SCHEMA_VERSION + 1).unwrap();
    drop(connection);
    let before = fs::read(folder.file()).unwrap();
    let error = refused(&folder.file());
    assert!(matches!(error, OpenError::Newer { found: 3, known: 2, .. }), "{error}");
    assert_eq!(fs::read(folder.file()).unwrap(), before);
    assert!(!folder.path().join("hookswitch.db-wal").exists());
}

#[test]
fn other_files_are_refused_and_left_alone() {
    let check = |bytes: &[u8], code: &str| {
        let folder = Folder::fresh();
        fs::write(folder.file(), bytes).unwrap();
        let error = refused(&folder.file());
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().starts_with(code));
        assert_eq!(fs::read(folder.file()).unwrap(), bytes);
    };
    check(b"x", "HS-2004");
    check(&[0; 8192], "HS-2004");
    check(b"SQLite format 3\0", "HS-2004");
    let folder = Folder::fresh();
    let other = Connection::open(folder.file()).unwrap();
    other.execute_batch("CREATE TABLE theirs(a)").unwrap();
    drop(other);
    check(&fs::read(folder.file()).unwrap(), "HS-2004");
    // A store that is cut off, or full of something else behind its first page's header.
    let folder = Folder::fresh();
    drop(open(&folder.file()).unwrap());
    let good = fs::read(folder.file()).unwrap();
    assert!(good.len() > 3 * 4096);
    check(&good[..good.len() - 4096], "HS-2006");
    let garbage = [&good[..100], &vec![0xa5; good.len() - 100]].concat();
    check(&garbage, "HS-2006");
}

#[test]
fn what_cannot_be_written_is_refused() {
    let folder = Folder::fresh();
    assert_eq!(refused(&folder.path().join("missing/hookswitch.db")).code(), "HS-2001");
    assert_eq!(refused(Path::new("/proc/hookswitch.db")).code(), "HS-2010");
    fs::create_dir(folder.path().join("folder")).unwrap();
    assert_eq!(refused(&folder.path().join("folder")).code(), "HS-2004");
    drop(open(&folder.file()).unwrap());
    let mut rights = fs::metadata(folder.file()).unwrap().permissions();
    rights.set_readonly(true);
    fs::set_permissions(folder.file(), rights).unwrap();
    assert_eq!(refused(&folder.file()).code(), "HS-2002");
}

#[test]
fn a_full_disk_costs_the_batch_and_nothing_else() {
    let folder = Folder::fresh();
    let (mut store, browse) = open(&folder.file()).unwrap();
    store.commit(NOW, &[mo(1)]).unwrap();
    let pages: i64 = store.writer.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    let allow = |store: &SqliteStore, pages: i64| {
        store.writer.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
    };
    allow(&store, pages + 1);
    let big: Vec<Change> = (10..200).map(mo).collect();
    for _ in 0..3 {
        let error = store.commit(NOW, &big).unwrap_err();
        assert!(matches!(error, StoreError::Full(_)), "{error}");
    }
    // Also a batch that would begin a day.
    let tomorrow = add(message(id_of_day(TODAY + 1, 1), Direction::Mo), MessageState::Received);
    assert!(matches!(store.commit(NOW, std::slice::from_ref(&tomorrow)), Err(StoreError::Full(_))));
    assert_eq!(browse.message(id(10).stamp).unwrap(), None);
    // What was there is there, and what fits is taken.
    assert!(browse.message(id(1).stamp).unwrap().is_some());
    store.commit(NOW, &[mo(2)]).unwrap();
    allow(&store, 1_000_000);
    store.commit(NOW, &big).unwrap();
    store.commit(NOW, &[tomorrow]).unwrap();
    assert_eq!(browse.messages(&MessageQuery { limit: 200, ..MessageQuery::default() }).unwrap().rows.len(), 193);
}

/// Once it is unknown what is durable nothing is written any more, whatever it is.
#[test]
fn a_damaged_table_ends_all_writing() {
    let folder = Folder::fresh();
    drop(open(&folder.file()).unwrap());
    let connection = Connection::open(folder.file()).unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'outgoing'";
    let page: usize = connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap().try_into().unwrap();
    drop(connection);
    let mut bytes = fs::read(folder.file()).unwrap();
    bytes[(page - 1) * 4096..page * 4096].fill(0xa5);
    fs::write(folder.file(), bytes).unwrap();
    let (mut store, _browse) = open(&folder.file()).unwrap();
    store.commit(NOW, &[mo(1)]).unwrap();
    let damaged = [Change::PutOutgoing(outgoing(id(1), OutgoingState::Queued)), mo(2)];
    assert!(matches!(store.commit(NOW, &damaged), Err(StoreError::Fatal(_))));
    assert!(matches!(store.commit(NOW, &[mo(3)]), Err(StoreError::Fatal(_))));
    assert!(matches!(store.sweep(NOW, NOW), Err(StoreError::Fatal(_))));
}

#[test]
fn a_damaged_record_does_not_hide_the_others() {
    let folder = Folder::fresh();
    let (mut store, browse) = open(&folder.file()).unwrap();
    let mt = |number| Change::PutOutgoing(outgoing(id(number), OutgoingState::Queued));
    for number in 1..=3 {
        let remembered = Change::PutPhone(phone(number, &["weather"]));
        let parked = Change::ParkReport(parked(&number.to_string(), NOW));
        store.commit(NOW, &[mo(number), pending(number), mt(number), remembered, parked]).unwrap();
        let more = Change::AddEntries { message: id(number), state: None, entries: vec![note("more")] };
        store.commit(NOW, &[more]).unwrap();
    }
    let day = TODAY as i32;
    let k = id(2).stamp.0;
    let key = phone_key(2);
    store
        .writer
        .connection
        .execute_batch(&format!(
            "UPDATE message_{day} SET data = x'01ff' WHERE k = {k};
             UPDATE message_{day} SET entries = x'09' WHERE k = {k};
             UPDATE callback SET data = x'' WHERE id = x'{:032x}';
             UPDATE outgoing SET data = 'text' WHERE k = {k};
             UPDATE unmatched SET data = x'0100' WHERE network_id = '2';
             UPDATE phone SET data = x'01' WHERE key = '{}';",
            callback_id(2).to_u128(),
            key.as_str()
        ))
        .unwrap();

    let mut found = Vec::new();
    store.unfinished(&mut |one| found.push(one)).unwrap();
    assert_eq!(found.len(), 2 + 2 + 3, "{found:?}");
    let stamps = [id(1).stamp, id(2).stamp, id(3).stamp];
    assert_eq!(store.messages(&stamps).unwrap().len(), 2);
    assert_eq!(store.overdue(None, NOW.plus_ms(9_000)).unwrap().0, [id(1), id(3)]);
    let (mut needs, mut view) = (Needs::default(), View::default());
    needs.phones.extend([1, 2, 3].map(phone_key));
    needs.callbacks.extend([1, 2, 3].map(callback_id));
    needs.outgoing.extend(stamps);
    assert!(matches!(store.load(&needs, &mut view), Err(StoreError::Corrupt(_))));
    assert_eq!((view.phones.len(), view.callbacks.len(), view.outgoing.len()), (2, 2, 2));
    // The damaged record can be replaced.
    store.commit(NOW, &[Change::PutPhone(phone(2, &[]))]).unwrap();
    assert_eq!(browse.phone(&key).unwrap(), Some(phone(2, &[])));

    let all = MessageQuery { limit: 9, ..MessageQuery::default() };
    assert_eq!(browse.messages(&all).unwrap().rows.len(), 2);
    assert_eq!(browse.callbacks(&CallbackQuery { limit: 9, ..CallbackQuery::default() }).unwrap().rows.len(), 2);
    assert_eq!(browse.unmatched(9).unwrap().len(), 2);
    assert!(matches!(browse.message(id(2).stamp), Err(StoreError::Corrupt(_))));
    let timeline = browse.timeline(id(2).stamp).unwrap();
    assert_eq!(timeline.len(), 2);
    assert_ne!(timeline[0].entries, [note("first")]);
    assert_eq!(timeline[1].entries, [note("more")]);
}

/// Phones are found among those filed in runs, those not yet filed, on other days, and after a restart.
#[test]
fn a_phone_is_found_wherever_its_messages_are_filed() {
    let folder = Folder::fresh();
    let (mut store, mut browse) = open(&folder.file()).unwrap();
    let yesterday = add(message(id_of_day(TODAY - 1, 5), Direction::Mo), MessageState::Received);
    store.commit(NOW, &[yesterday]).unwrap();
    let count = PHONE_RUN_ROWS as u64 + 1000;
    let numbers: Vec<u64> = (1..=count).collect();
    for some in numbers.chunks(4096) {
        let changes: Vec<Change> = some.iter().map(|number| mo(*number)).collect();
        store.commit(NOW, &changes).unwrap();
    }
    // One that comes out of order.
    store.commit(NOW, &[mo(0)]).unwrap();
    let filed = |store: &SqliteStore, day: u64| -> i64 {
        let sql = format!("SELECT count(*) FROM phone_run_{day}");
        store.writer.connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(filed(&store, TODAY - 1), 1);
    assert!(filed(&store, TODAY) >= 7);
    let wanted = message(id(0), Direction::Mo).phone().key();
    let expected = (0..=count).filter(|number| message(id(*number), Direction::Mo).phone().key() == wanted).count()
        + usize::from(message(id_of_day(TODAY - 1, 5), Direction::Mo).phone().key() == wanted);
    for _ in 0..2 {
        let mut query = MessageQuery { phone: Some(wanted.clone()), limit: 200, ..MessageQuery::default() };
        let mut found = Vec::new();
        loop {
            let page = browse.messages(&query).unwrap();
            found.extend(page.rows.iter().map(|row| row.message.id.stamp));
            let Some(next) = page.next else { break };
            query.before = Some(domain::id::Stamp(next as u64));
        }
        assert!(found.is_sorted_by(|newer, older| newer > older));
        assert_eq!(found.len(), expected);
        assert_eq!(found.last(), Some(&id(0).stamp));
        drop((store, browse));
        (store, browse) = open(&folder.file()).unwrap();
    }
}

#[test]
fn the_rows_of_a_dropped_day_are_removed_beside_the_commits() {
    let folder = Folder::fresh();
    let (mut store, _browse) = open(&folder.file()).unwrap();
    let old: Vec<Change> = (0..5_000)
        .map(|number| add(message(id_of_day(TODAY - 3, number), Direction::Mo), MessageState::Received))
        .collect();
    store.commit(NOW, &old).unwrap();
    store.commit(NOW, &[sent("a", id_of_day(TODAY - 3, 1)), mo(1)]).unwrap();
    assert_eq!(store.sweep(NOW, NOW).unwrap().days, 1);
    store.commit(NOW, &[mo(2)]).unwrap();
    let reader = Connection::open(folder.file()).unwrap();
    let tables = || -> i64 {
        let sql = "SELECT count(*) FROM sqlite_schema WHERE name GLOB 'dropped_*'";
        reader.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    watch("the dropped day is gone", || tables() == 0);
    store.commit(NOW, &[mo(3)]).unwrap();
}

#[test]
fn the_log_is_copied_beside_the_commits_and_emptied_when_idle() {
    let folder = Folder::fresh();
    let (mut store, _browse) = open(&folder.file()).unwrap();
    let log = || fs::metadata(folder.path().join("hookswitch.db-wal")).map_or(0, |about| about.len());
    let mut number = 0;
    while log() < 20 * 1024 * 1024 {
        let changes: Vec<Change> = (number..number + 2_000).map(mo).collect();
        number += 2_000;
        store.commit(NOW, &changes).unwrap();
    }
    let size = || fs::metadata(folder.file()).unwrap().len();
    watch("the log is copied", || size() > 10 * 1024 * 1024);
    watch("the idle log is empty", || log() == 0);
    store.commit(NOW, &[mo(number)]).unwrap();
    assert!(log() > 0);
}

/// A reader sees one state of the file however long it reads, and never keeps a commit from happening.
#[test]
fn readers_and_the_writer_do_not_wait_for_each_other() {
    let folder = Folder::fresh();
    let (mut store, browse) = open(&folder.file()).unwrap();
    store.commit(NOW, &[mo(0)]).unwrap();
    let is_over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                    let page = browse.messages(&MessageQuery { limit: 200, ..MessageQuery::default() }).unwrap();
                    assert!(page.next.is_some() || page.rows.len() % 2 == 1, "half of a batch: {}", page.rows.len());
                }
            });
        }
        for number in (1..400).step_by(2) {
            store.commit(NOW, &[mo(number), mo(number + 1)]).unwrap();
        }
        is_over.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn the_lock_file_lies_beside_the_store() {
    let store = PathBuf::from("/a/b.db");
    assert_eq!(super::ownership::lock_path(&store), Path::new("/a/b.db.lock"));
}
