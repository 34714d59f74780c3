//! The store is down while the network delivers.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use crate::support::gateway::Gateway;
use crate::support::{eventually, options};
use channels::simulator::{Operator, OperatorOptions};

const TEXTS: usize = 10_000;

#[test]
fn what_comes_while_the_store_is_down_is_refused_for_now_and_comes_again_once_each() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let slow = OperatorOptions { redeliver_ms: 1000, ..OperatorOptions::default() };
    let operator = runtime.block_on(Operator::listen("127.0.0.1:0", slow)).unwrap();
    let gateway = Gateway::start(options(operator.address().port()), 0);
    gateway.store_is_down.store(true, Ordering::SeqCst);
    let sending: Vec<_> = (0..TEXTS)
        .map(|number| {
            operator.queue_from_phone(&format!("4179{number:07}"), "8282", &format!("text {number}")).unwrap()
        })
        .collect();
    eventually("as many refusals as there are texts", || match operator.counts() {
        counts if counts.refused_for_now >= TEXTS as u64 => Ok(()),
        counts => Err(format!("{counts:?}")),
    });
    assert_eq!(operator.counts().delivered, 0, "nothing was acknowledged");
    assert!(gateway.messages().is_empty());
    gateway.store_is_down.store(false, Ordering::SeqCst);
    // Two more troubles while it heals: what was taken and not heard of comes again too.
    for taken in [2_000, 5_000] {
        eventually("some are taken", || match operator.counts().delivered {
            delivered if delivered >= taken => Ok(()),
            delivered => Err(format!("{delivered}")),
        });
        operator.cut_connections();
    }
    for sent in sending {
        runtime.block_on(async { tokio::time::timeout(crate::support::PATIENCE, sent).await }).unwrap().unwrap();
    }
    let messages = gateway.messages();
    let texts: HashSet<&str> = messages.iter().map(|row| row.message.text.as_str()).collect();
    let counts = operator.counts();
    println!("{TEXTS} texts, {} refusals, {} deliveries", counts.refused_for_now, counts.delivers);
    assert_eq!((messages.len(), texts.len()), (TEXTS, TEXTS), "none lost, none doubled");
}
