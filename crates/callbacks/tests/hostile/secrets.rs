//! What is secret goes to the application and nowhere else.

use crate::gateway::{API_KEY, Gateway};
use crate::server::{Server, Step, answer};

#[tokio::test(flavor = "multi_thread")]
async fn credentials_of_the_url_become_a_header_and_are_never_recorded() {
    let server = Server::always(answer("200 OK", "hi")).await;
    let url = format!("http://alice:op%3Aen-sesame@{}/x", server.address);
    let outcome = Gateway::new().attempt(&url).await;
    assert_eq!(&*outcome.record.url, format!("http://{}/x", server.address));
    assert!(
        server.requests()[0].contains("\r\nauthorization: Basic YWxpY2U6b3A6ZW4tc2VzYW1l\r\n"),
        "{}",
        server.requests()[0]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_that_a_server_echoes_are_not_recorded() {
    let echo = format!("key={API_KEY} password=op:en-sesame token=YWxpY2U6b3A6ZW4tc2VzYW1l \0 end");
    for head in ["200 OK", "500 Oops", "301 Moved"] {
        let head = format!("{head}\r\nContent-Type: text/{API_KEY}");
        for rest in [vec![], vec![Step::Close]] {
            let server = Server::always([answer(&head, &echo), rest].concat()).await;
            let url = format!("http://alice:op%3Aen-sesame@{}/x", server.address);
            let outcome = Gateway::new().attempt(&url).await;
            assert_eq!(outcome.record.body, "key=••• password=••• token=••• \u{fffd} end");
            let all = format!("{:?}", outcome.record);
            for secret in [API_KEY, "sesame", "YWxpY2U6b3A6ZW4tc2VzYW1l", "alice"] {
                assert!(!all.contains(secret), "{secret} in {all}");
            }
        }
    }
}
