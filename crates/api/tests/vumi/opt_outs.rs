//! The opt-outs of an account, and the same ledger in the native API.

use crate::gateway::{Answer, Gateway};

const PATH: &str = "/api/v1/go/optouts/msisdn/%2B12345";

async fn ask(gateway: &Gateway, method: &str, path: &str, token: &str) -> Answer {
    gateway.ask_raw(method, path, &format!("authorization: Bearer {token}\r\n"), "").await
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_come_and_go() {
    let gateway = Gateway::start().await;
    let entry = r#"{"status":{"code":200,"reason":"OK"},"opt_out":{"user_account":"acc","message":null,"created_at":"2026-11-22 00:00:00.123000","address_type":"msisdn","address":"+12345"}}"#;
    let missing = r#"{"status":{"code":404,"reason":"Opt out not found."}}"#;
    let check = async |method: &str, path: &str, status: &str, body: &str| {
        let answer = ask(&gateway, method, path, "acc-token").await;
        assert_eq!((answer.status.as_str(), answer.body.as_str()), (status, body), "{method} {path}");
        assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    };
    let count = "/api/v1/go/optouts/count";
    check("GET", PATH, "404 Not Found", missing).await;
    check("GET", count, "200 OK", r#"{"status":{"code":200,"reason":"OK"},"opt_out_count":0}"#).await;
    check("PUT", PATH, "200 OK", entry).await;
    check("PUT", PATH, "409 Conflict", r#"{"status":{"code":409,"reason":"Opt out already exists."}}"#).await;
    check("GET", PATH, "200 OK", entry).await;
    check("GET", "/api/v1/go/optouts/gtalk_id/%2B12345", "404 Not Found", missing).await;
    check("GET", count, "200 OK", r#"{"status":{"code":200,"reason":"OK"},"opt_out_count":1}"#).await;
    assert_eq!(ask(&gateway, "GET", PATH, "other-token").await.body, missing, "another account's ledger");
    check("DELETE", PATH, "200 OK", entry).await;
    check("DELETE", PATH, "404 Not Found", r#"{"status":{"code":404,"reason":"There's nothing to delete."}}"#).await;
    let bad = r#"{"status":{"code":400,"reason":"Bad request"}}"#;
    for path in ["MSISDN/%2B1", "msisdn/%2B", "msisdn/%0A", "msisdn/%FF"] {
        check("PUT", &format!("/api/v1/go/optouts/{path}"), "400 Bad Request", bad).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_token_of_the_account_opens_them() {
    let gateway = Gateway::start().await;
    let no = r#"{"status":{"code":401,"reason":"Owner ID not valid."}}"#;
    for path in [PATH, "/api/v1/go/optouts/count", "/api/v1/go/optouts/MSISDN/x"] {
        for headers in [
            "",
            "authorization: Bearer wrong\r\n",
            "authorization: Bearer\r\n",
            "authorization: Bearer root-token\r\n",
            "authorization: Basic YWNjOmFjYy10b2tlbg==\r\n",
        ] {
            let answer = gateway.ask_raw("GET", path, headers, "").await;
            assert_eq!((answer.status.as_str(), answer.body.as_str()), ("401 Unauthorized", no), "{path} {headers}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_native_api_has_the_same_ledger() {
    let gateway = Gateway::start().await;
    let world = &gateway.world;
    let path = "/v1/opt-outs/msisdn/%2B12345";
    let ask =
        async |method: &str, token: &str, path: &str| world.ask(crate::world::request(method, token, path, None)).await;
    assert_eq!(ask("GET", "acc-token", path).await.status.as_u16(), 404);
    let made = ask("PUT", "acc-token", path).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.body);
    let entry = made.json();
    assert_eq!(
        (&entry["account"], &entry["addressType"], &entry["address"]),
        (&"acc".into(), &"msisdn".into(), &"+12345".into())
    );
    assert_eq!(entry["_links"]["self"]["href"], path);
    let again = ask("PUT", "acc-token", path).await;
    assert_eq!((again.status.as_u16(), again.json()["code"].as_str()), (409, Some("HS-1112")));
    assert_eq!(ask("GET", "other-token", path).await.status.as_u16(), 404, "another account's ledger");
    assert_eq!(ask("GET", "root-token", path).await.status.as_u16(), 400, "the operator says whose");
    assert_eq!(ask("GET", "root-token", &format!("{path}?account=acc")).await.json(), entry);
    assert_eq!(ask("GET", "acc-token", &format!("{path}?account=other")).await.status.as_u16(), 400);
    assert_eq!(ask("GET", "acc-token", "/v1/opt-outs/MSISDN/1").await.status.as_u16(), 400);
    assert_eq!(ask("DELETE", "acc-token", path).await.status.as_u16(), 204);
    assert_eq!(ask("DELETE", "acc-token", path).await.status.as_u16(), 404);
    assert_eq!(ask("GET", "", path).await.status.as_u16(), 401);
}
