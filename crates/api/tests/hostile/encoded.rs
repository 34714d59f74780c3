//! Packed bodies: never unpacked, so a few bytes stay a few bytes.

use axum::body::Body;
use http::{Request, StatusCode};

use crate::world::World;

/// Zeros in plenty, as gzip has them: 1,000 to 1 and more.
fn packed() -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3];
    bytes.extend_from_slice(&[0xed, 0xc1, 0x01, 0x0d, 0, 0, 0, 0xc2, 0xa0, 0xf7, 0x4f, 0x6d]);
    bytes.resize(900_000, 0);
    bytes
}

const SEND: &str = r#"{"to":"+41791234567","from":"8282","text":"hi","application":"weather"}"#;
const FORM: &str = "api_key=weather-key&phone_number=41791234567&body=hi";

#[tokio::test]
async fn packed_bodies_are_refused_and_never_unpacked() {
    let world = World::new();
    let nested = ["gzip"; 10].join(", ");
    let codings = [
        "gzip",
        "x-gzip",
        "GZIP",
        "deflate",
        "br",
        "zstd",
        "compress",
        "snappy",
        "identity",
        "",
        "gzip, gzip",
        &nested,
    ];
    let paths = ["/v1/messages", "/v1/explain", "/v1/segments", "/api/send_message", "/api/close_sessions"];
    let mut count = 0;
    for path in paths {
        let is_form = path.starts_with("/api/");
        let plain = if is_form { FORM } else { SEND };
        let media = if is_form { "application/x-www-form-urlencoded" } else { "application/json" };
        for coding in codings {
            // Also what only claims to be packed: two readers must not read two things.
            for body in [packed(), plain.as_bytes().to_vec()] {
                let request = Request::post(path).header("content-type", media).header("content-encoding", coding);
                let request = request.header("authorization", "Bearer acme-token").body(Body::from(body)).unwrap();
                let reply = world.ask(request).await;
                let expected =
                    if is_form { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::UNSUPPORTED_MEDIA_TYPE };
                assert_eq!(reply.status, expected, "{path} {coding}: {}", reply.body);
                assert!(reply.body.contains("Content-Encoding") && reply.body.contains("HS-1207"), "{}", reply.body);
                count += 1;
            }
        }
    }
    assert_eq!(world.stored.events.lock().unwrap().len(), 0);
    eprintln!("{count} packed bodies refused");
}

#[tokio::test]
async fn packed_bodies_that_do_not_say_so_are_not_understood() {
    let world = World::new();
    for media in ["application/json", "application/gzip", "application/octet-stream", ""] {
        let request = Request::post("/v1/messages").header("content-type", media);
        let request = request.header("authorization", "Bearer acme-token").body(Body::from(packed())).unwrap();
        let reply = world.ask(request).await;
        assert!(
            matches!(reply.status, StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE),
            "{media}: {}",
            reply.body
        );
    }
    let reply = world.ask(Request::post("/api/send_message").body(Body::from(packed())).unwrap()).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", reply.body);
    assert_eq!(world.stored.events.lock().unwrap().len(), 0);
}
