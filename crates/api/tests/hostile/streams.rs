//! Those who watch: as many as there are places, told nothing once they may not see it, and kept nothing for while they
//! do not read.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use domain::id::{MessageId, Stamp};
use engine::port::{Changed, Feed as _};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use tokio::time::timeout;
use tower::ServiceExt;

use crate::wire::DEADLINE;
use crate::world::{NOW, World};

/// Places for those who watch.
const PLACES: usize = 64;

async fn ask(world: &World, request: Request<Body>) -> Response {
    world.router.clone().oneshot(request).await.unwrap()
}

/// Signs in and gives the cookie.
async fn sign_in(world: &World) -> String {
    let request = Request::post("/console/sign-in").header("host", "gateway").header("origin", "http://gateway");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let response = ask(world, request.body(Body::from("token=root-token")).unwrap()).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

async fn watch(world: &World, cookie: &str) -> Response {
    let request = Request::get("/console/events").header("host", "gateway").header("cookie", cookie);
    ask(world, request.body(Body::empty()).unwrap()).await
}

fn change(counter: u64) -> Changed {
    let message = MessageId::new(Stamp::new(NOW.ms() as u64 + counter / 4096, (counter % 4096) as u16), 7);
    Changed { message, account: None, application: None, state: None }
}

/// The next thing that is told; none at the end.
async fn told(body: &mut Body) -> Option<String> {
    let frame = timeout(DEADLINE, body.frame()).await.expect("told in time")?;
    Some(String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap())
}

async fn told_until(body: &mut Body, text: &str) {
    while !told(body).await.expect("the stream goes on").contains(text) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_so_many_places_and_who_goes_makes_room() {
    let world = World::new();
    let cookie = sign_in(&world).await;
    let mut watching = Vec::new();
    for _ in 0..PLACES {
        let response = watch(&world, &cookie).await;
        assert_eq!(response.status(), StatusCode::OK);
        watching.push(response);
    }
    assert_eq!(watch(&world, &cookie).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    for _ in 0..PLACES {
        watching.pop();
        let taken = async {
            loop {
                let response = watch(&world, &cookie).await;
                if response.status() == StatusCode::OK {
                    return response;
                }
                tokio::task::yield_now().await;
            }
        };
        let response = timeout(DEADLINE, taken).await.expect("room in time");
        watching.insert(0, response);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_kept_for_who_does_not_read() {
    let world = World::new();
    let cookie = sign_in(&world).await;
    let mut slow = watch(&world, &cookie).await.into_body();
    let mut quick = watch(&world, &cookie).await.into_body();
    for counter in 0..50_000 {
        world.state.feed.publish(vec![change(counter)]);
        if counter % 1000 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let last = change(1_000_000);
    let (mut bytes, mut everything) = (0, false);
    // Whoever reads is told all along, and of the last one by its name or by "all".
    told_until(&mut quick, "data: ").await;
    loop {
        world.state.feed.publish(vec![last.clone()]);
        let frame = told(&mut slow).await.expect("the stream goes on");
        bytes += frame.len();
        everything |= frame.contains("data: *");
        if frame.contains(&last.message.to_string()) {
            break;
        }
    }
    assert!(everything, "told to read all of it again");
    assert!(bytes < 128 * 1024, "{bytes} bytes for one who did not read");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_out_is_told_nothing_more() {
    let world = World::new();
    let (theirs, other) = (sign_in(&world).await, sign_in(&world).await);
    let mut signed_out = watch(&world, &theirs).await.into_body();
    let mut signed_in = watch(&world, &other).await.into_body();
    world.state.feed.publish(vec![change(1)]);
    told_until(&mut signed_out, &change(1).message.to_string()).await;
    told_until(&mut signed_in, &change(1).message.to_string()).await;

    let page = Request::get("/console/overview").header("host", "gateway").header("cookie", &theirs);
    let page = ask(&world, page.body(Body::empty()).unwrap()).await.into_body().collect().await.unwrap().to_bytes();
    let page = String::from_utf8(page.to_vec()).unwrap();
    let token = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let request = Request::post("/console/sign-out").header("host", "gateway").header("origin", "http://gateway");
    let request = request.header("cookie", &theirs).header("x-csrf-token", token);
    assert_eq!(ask(&world, request.body(Body::empty()).unwrap()).await.status(), StatusCode::SEE_OTHER);

    world.state.feed.publish(vec![change(2)]);
    assert_eq!(told(&mut signed_out).await, None);
    told_until(&mut signed_in, &change(2).message.to_string()).await;
    assert_eq!(watch(&world, &theirs).await.status(), StatusCode::UNAUTHORIZED);
}

/// A stream says nothing of what was before it: pages read everything anew when it opens. So nothing may fall between.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_changes_after_a_stream_has_opened_is_told() {
    let world = World::new();
    let cookie = sign_in(&world).await;
    for counter in 0..50 {
        let request = Request::get("/console/events").header("host", "gateway").header("cookie", &cookie);
        let request = request.header("last-event-id", "1").body(Body::empty()).unwrap();
        let mut body = timeout(Duration::from_secs(10), ask(&world, request)).await.unwrap().into_body();
        // The head of the response is here; not a byte of its body was asked for.
        world.state.feed.publish(vec![change(counter)]);
        told_until(&mut body, &change(counter).message.to_string()).await;
    }
}
