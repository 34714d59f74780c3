//! What a browser gets: who may see and change what, and that nothing shown can become markup.

mod conversations;
mod dialling;
mod world;

use axum::Router;
use axum::body::{Body, to_bytes};
use domain::callback::CallbackState;
use domain::decision::{Outcome, Refusal};
use domain::directory::Directory;
use domain::event::{Asker, Event};
use domain::message::{Direction, MessageState};
use domain::note::NoteCode;
use engine::live::LinkStatus;
use engine::port::{Changed, Feed as _};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use self::world::*;
use super::session::{IDLE_MS, LIFE_MS, SESSIONS_MAX, Sessions, TRIES_FREE, TRY_WAIT_MS_MAX, Tries};

const PHONE: &str = "+447700900123";
const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> & \u{202e}msg_\u{0}";
const HOST_NAME: &str = "127.0.0.1:8080";

struct Browser {
    router: Router,
    cookie: Option<String>,
}

impl Browser {
    fn of(world: &World) -> Browser {
        Browser { router: super::routes(world.state.clone()), cookie: None }
    }

    async fn signed_in(world: &World) -> Browser {
        let mut browser = Browser::of(world);
        let response = browser.sign_in(TOKEN).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        let cookie = response.headers()[SET_COOKIE].to_str().unwrap();
        browser.cookie = Some(cookie.split(';').next().unwrap().to_owned());
        browser
    }

    fn request(&self, method: Method, path: &str) -> http::request::Builder {
        let request = Request::builder().method(method).uri(path).header(HOST, HOST_NAME);
        match &self.cookie {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    async fn run(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn get(&self, path: &str) -> Response<Body> {
        self.run(self.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    async fn page(&self, path: &str) -> String {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        text(response).await
    }

    async fn post(&self, path: &str, origin: Option<&str>, form: &str) -> Response<Body> {
        let mut request = self.request(Method::POST, path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        self.run(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    async fn sign_in(&self, token: &str) -> Response<Body> {
        let token: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
        self.post("/console/sign-in", Some(OURS), &format!("token={token}&next=%2Fconsole%2Fmessages")).await
    }

    async fn form_token(&self, path: &str) -> String {
        let page = self.page(path).await;
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").expect("the page has a form");
        rest.split_once('"').unwrap().0.to_owned()
    }
}

const OURS: &str = "http://127.0.0.1:8080";

async fn text(response: Response<Body>) -> String {
    String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap()
}

fn full(world: &World) {
    tell_exchange(&world.archive, 0, PHONE, "weather bergen", "Bergen: rain, 7 degrees");
    tell_failure(&world.archive, 5000, PHONE, "hello", CallbackState::Pending);
    tell_failure(&world.archive, 9000, "+447700900777", "hei", CallbackState::Exhausted);
}

const PAGES: [&str; 8] = [
    "/",
    "/console/overview",
    "/console/messages",
    "/console/callbacks",
    "/console/callbacks?show=all",
    "/console/channels",
    "/console/applications",
    "/console/routes",
];

#[tokio::test]
async fn every_response_forbids_foreign_content_and_is_not_kept() {
    let world = World::demo();
    full(&world);
    let browser = Browser::of(&world);
    let message = format!("/console/messages/{}", message_id(0));
    let callback = format!("/console/callbacks/{}", callback_id(5000));
    let missing = "/console/nothing/here";
    for path in PAGES.into_iter().chain([message.as_str(), &callback, "/console/phone/exchange", missing]) {
        let response = browser.get(path).await;
        let headers = response.headers();
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "same-origin", "{path}");
        assert_eq!(headers[CACHE_CONTROL], "no-store", "{path}");
        let page = text(response).await;
        assert!(!page.contains(" style=") && !page.contains("<style") && !page.contains(" onclick="), "{path}");
        assert_eq!(page.matches("<script").count(), page.matches("<script src=\"/console/assets/").count(), "{path}");
    }
    let refused = browser.post("/console/phone", Some(OURS), "text=a").await;
    assert!(refused.headers().contains_key(CONTENT_SECURITY_POLICY));
}

#[tokio::test]
async fn hostile_texts_stay_text_on_every_page() {
    let world = World::demo();
    let mo = message(0, Direction::Mo, PHONE, HOSTILE);
    let id = mo.id;
    let hostile_note = note(NoteCode::Unrouted, &[HOSTILE]);
    let rows =
        vec![row(0, vec![hostile_note, made(0, &format!("body={HOSTILE}")), attempt(0, 1, Some(200), None, HOSTILE)])];
    world.archive.add(mo, MessageState::Received, rows);
    world.handsets.arrive(PHONE, "8282", HOSTILE, at(1));
    assert!(text(Browser::of(&world).get("/?phone=%2B447700900123").await).await.contains("&lt;script&gt;alert(1)"));
    let link = LinkStatus { state: "refused", detail: HOSTILE.to_owned(), since: at(0) };
    world.live.set_link(&"carrier".into(), 0, link);
    let browser = Browser::of(&world);
    let encoded: String = form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect();
    let paths = [
        "/?phone=%2B447700900123".to_owned(),
        format!("/?phone={encoded}"),
        format!("/?to={encoded}"),
        format!("/console/messages?text={encoded}&phone={encoded}&application={encoded}"),
        format!("/console/messages/{id}"),
        format!("/console/messages/{id}/timeline"),
        format!("/console/callbacks/{}", callback_id(0)),
        format!("/console/callbacks?show={encoded}&application={encoded}"),
        format!("/console/routes?phone={encoded}&to={encoded}&text={encoded}"),
        format!("/console/routes?to=8282&text={encoded}"),
        "/console/messages".to_owned(),
        "/console/overview".to_owned(),
        "/console/channels".to_owned(),
    ];
    for path in paths {
        let page = text(browser.get(&path).await).await;
        assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{path}");
        assert!(!page.contains("\"'>"), "{path}");
    }
}

#[tokio::test]
async fn empty_pages_say_what_to_do() {
    let world = World::new(true, OURS, Directory::default());
    let browser = Browser::of(&world);
    for (path, words) in [
        ("/", "There is nobody to text"),
        ("/console/overview", "Type a text on the"),
        ("/console/messages", "No messages yet"),
        ("/console/messages?text=x", "Loosen the search"),
        ("/console/callbacks", "Nothing needs attention"),
        ("/console/callbacks?show=pending", "Nothing is owed"),
        ("/console/callbacks?show=exhausted", "No callback ended this way"),
        ("/console/channels", "[[channel]]"),
        ("/console/applications", "[[application]]"),
        ("/console/routes", "[[route]]"),
    ] {
        assert!(browser.page(path).await.contains(words), "{path} lacks {words}");
    }
}

#[tokio::test]
async fn the_phone_page_shows_the_talk_and_everything_that_happened() {
    let world = World::demo();
    tell_exchange(&world.archive, 0, PHONE, "weather bergen", "Bergen: rain");
    world.handsets.arrive(PHONE, "8282", "Bergen: rain", at(700));
    let browser = Browser::of(&world);
    for path in ["/?phone=%2B447700900123", "/console/phone/exchange?phone=%2B447700900123"] {
        let page = browser.page(path).await;
        assert!(page.contains("class=\"bubble sent\"") && page.contains("class=\"bubble received\""), "{path}");
        let mut rest = page.split_once("id=\"timeline\"").expect("the timeline has a stable id").1;
        let codes = [
            "received",
            "routed",
            "session_opened",
            "callback_made",
            "attempt",
            "answered",
            "replied",
            "in_reply_to",
            "segmented",
            "queued",
            "submitted",
            "reported",
        ];
        for code in codes {
            rest = rest
                .split_once(&format!("data-code=\"{code}\""))
                .unwrap_or_else(|| panic!("{path}: no {code} in order"))
                .1;
        }
        assert!(!page.contains("hidden-key"), "keys are not shown");
    }
    let page = browser.page("/").await;
    for id in ["id=\"phone-text\"", "id=\"phone-send\"", "id=\"phone-number\"", "id=\"phone-to\"", "id=\"phone-hints\""]
    {
        assert!(page.contains(id), "{id}");
    }
    assert!(page.contains("data-text=\"weather\""), "keywords are offered");
}

#[tokio::test]
async fn a_text_from_the_phone_needs_the_form_token_and_our_origin() {
    let world = World::demo();
    let browser = Browser::of(&world);
    let token = browser.form_token("/").await;
    let form = |token: &str| format!("csrf={token}&phone=%2B447700900123&to=8282&text=weather+bergen");
    for (origin, token) in [
        (Some(OURS), ""),
        (Some(OURS), "0000"),
        (None, token.as_str()),
        (Some("null"), &token),
        (Some("https://evil.example"), &token),
        (Some("http://127.0.0.1:9999"), &token),
        (Some("http://127.0.0.1:8080.evil.example"), &token),
    ] {
        let response = browser.post("/console/phone", origin, &form(token)).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{origin:?} {token}");
    }
    assert!(world.handsets.sent.lock().unwrap().is_empty());
    let sent = browser.post("/console/phone", Some(OURS), &form(&token)).await;
    assert_eq!(sent.status(), StatusCode::SEE_OTHER);
    assert_eq!(sent.headers()[LOCATION], "/?phone=%2B447700900123&to=8282");
    let texts = world.handsets.sent.lock().unwrap().clone();
    assert_eq!(texts, [(PHONE.to_owned(), "8282".to_owned(), "weather bergen".to_owned())]);
}

#[tokio::test]
async fn a_script_sends_the_token_in_a_header_and_is_told_in_words() {
    let world = World::demo();
    let browser = Browser::of(&world);
    let token = browser.form_token("/").await;
    for (text_typed, status, words) in [
        ("hello", StatusCode::ACCEPTED, "sent"),
        ("no+link", StatusCode::UNPROCESSABLE_ENTITY, "The gateway is not bound to the simulated operator."),
        ("+", StatusCode::UNPROCESSABLE_ENTITY, "The text is empty. Type at least one character."),
    ] {
        let request = browser
            .request(Method::POST, "/console/phone")
            .header(ORIGIN, OURS)
            .header("x-csrf-token", &token)
            .header("accept", "text/plain")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("phone=%2B447700900123&to=8282&text={text_typed}")));
        let response = browser.run(request.unwrap()).await;
        assert_eq!(response.status(), status, "{text_typed}");
        assert_eq!(text(response).await, words);
    }
}

#[tokio::test]
async fn the_demo_answers_only_under_its_own_names() {
    let world = World::new(true, "http://demo.test:8080", directory());
    let browser = Browser::of(&world);
    for (host, status) in [
        ("127.0.0.1:8080", StatusCode::OK),
        ("localhost", StatusCode::OK),
        ("LOCALHOST:80", StatusCode::OK),
        ("[::1]:8080", StatusCode::OK),
        ("demo.test:8080", StatusCode::OK),
        ("rebound.evil.example:8080", StatusCode::FORBIDDEN),
        ("localhost.evil.example", StatusCode::FORBIDDEN),
        ("192.168.1.4:8080", StatusCode::FORBIDDEN),
        ("", StatusCode::FORBIDDEN),
    ] {
        let request = Request::builder().uri("/").header(HOST, host).body(Body::empty()).unwrap();
        assert_eq!(browser.run(request).await.status(), status, "{host}");
    }
}

#[tokio::test]
async fn serving_shows_nothing_without_a_session() {
    let world = World::serving(OURS);
    full(&world);
    let browser = Browser::of(&world);
    for path in PAGES {
        let response = browser.get(path).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{path}");
        assert!(response.headers()[LOCATION].to_str().unwrap().starts_with("/console/sign-in?next="), "{path}");
        assert!(!text(response).await.contains("bergen"), "{path}");
    }
    assert_eq!(browser.get("/console/events").await.status(), StatusCode::UNAUTHORIZED);
    let replay = format!("/console/callbacks/{}/replay", callback_id(9000));
    assert_eq!(browser.post(&replay, Some(OURS), "csrf=").await.status(), StatusCode::UNAUTHORIZED);
    assert!(browser.page("/console/sign-in").await.contains("Operator token"));
}

#[tokio::test]
async fn the_operator_signs_in_and_out() {
    let world = World::serving(OURS);
    full(&world);
    let browser = Browser::of(&world);
    let wrong = browser.sign_in("guess").await;
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    assert!(!wrong.headers().contains_key(SET_COOKIE));
    let foreign = browser.post("/console/sign-in", Some("https://evil.example"), "token=x").await;
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    assert_eq!(browser.sign_in("acme-token").await.status(), StatusCode::UNAUTHORIZED, "a tenant is no operator");

    let right = browser.sign_in(TOKEN).await;
    assert_eq!(right.headers()[LOCATION], "/console/messages");
    let cookie = right.headers()[SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("hookswitch=") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");

    let browser = Browser::signed_in(&world).await;
    assert!(browser.page("/console/messages").await.contains("weather bergen"));
    assert!(!browser.page("/").await.contains("phone-text"), "there is no phone");
    let token = browser.form_token("/").await;
    assert_eq!(browser.post("/console/sign-out", Some(OURS), "").await.status(), StatusCode::FORBIDDEN);
    let out = browser.post("/console/sign-out", Some(OURS), &format!("csrf={token}")).await;
    assert!(out.headers()[SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(browser.get("/").await.status(), StatusCode::SEE_OTHER, "the session is closed on the server");
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_the_host() {
    let world = World::serving("https://gateway.example");
    let browser = Browser::of(&world);
    let form = format!("token={}", form_urlencoded::byte_serialize(TOKEN.as_bytes()).collect::<String>());
    let response = browser.post("/console/sign-in", Some("https://gateway.example"), &form).await;
    let cookie = response.headers()[SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("__Host-hookswitch=") && cookie.contains("; Secure"), "{cookie}");
    assert_eq!(response.headers()[LOCATION], "/");
}

#[tokio::test]
async fn after_signing_in_one_stays_on_this_site() {
    let world = World::serving(OURS);
    let browser = Browser::of(&world);
    let token: String = form_urlencoded::byte_serialize(TOKEN.as_bytes()).collect();
    for (next, goes_to) in [
        ("/console/callbacks", "/console/callbacks"),
        ("//evil.example", "/"),
        ("/console/../..//evil.example\\", "/"),
        ("https://evil.example", "/"),
        ("/console/a\nb", "/"),
    ] {
        let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let response = browser.post("/console/sign-in", Some(OURS), &format!("token={token}&next={next}")).await;
        assert_eq!(response.headers()[LOCATION], goes_to, "{next}");
    }
}

#[tokio::test]
async fn a_session_ends_when_idle_and_when_old() {
    let world = World::serving(OURS);
    let browser = Browser::signed_in(&world).await;
    for _ in 0..3 {
        world.later_ms(IDLE_MS - 1);
        assert_eq!(browser.get("/").await.status(), StatusCode::OK, "a visit keeps it open");
    }
    world.later_ms(IDLE_MS);
    assert_eq!(browser.get("/").await.status(), StatusCode::SEE_OTHER);

    let browser = Browser::signed_in(&world).await;
    for _ in 0..LIFE_MS / (IDLE_MS / 2) {
        world.later_ms(IDLE_MS / 2);
        browser.get("/").await;
    }
    assert_eq!(browser.get("/").await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn guessing_is_slowed() {
    let world = World::serving(OURS);
    let browser = Browser::of(&world);
    for _ in 0..TRIES_FREE {
        assert_eq!(browser.sign_in("guess").await.status(), StatusCode::UNAUTHORIZED);
    }
    let response = browser.sign_in(TOKEN).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS, "the right one waits too");
    assert_eq!(response.headers()["retry-after"], "1");
    world.later_ms(1000);
    assert_eq!(browser.sign_in("guess").await.status(), StatusCode::UNAUTHORIZED);
    world.later_ms(1000);
    assert_eq!(browser.sign_in("guess").await.status(), StatusCode::TOO_MANY_REQUESTS, "the wait doubles");
    world.later_ms(TRY_WAIT_MS_MAX);
    assert_eq!(browser.sign_in(TOKEN).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(browser.sign_in("guess").await.status(), StatusCode::UNAUTHORIZED, "it starts afresh");
}

#[test]
fn tries_are_counted_by_network_and_bounded() {
    let tries = Tries::default();
    for _ in 0..TRIES_FREE {
        assert_eq!(tries.admit("2001:db8::1".parse().unwrap(), at(0)), Ok(()));
    }
    assert_eq!(tries.admit("2001:db8::ffff".parse().unwrap(), at(0)), Err(1000), "one /64 is one guesser");
    assert_eq!(tries.admit("2001:db8:1::1".parse().unwrap(), at(0)), Ok(()));
    assert_eq!(tries.admit("::ffff:10.0.0.1".parse().unwrap(), at(0)), Ok(()));
    for n in 0..5000_u32 {
        assert_eq!(tries.admit(std::net::Ipv4Addr::from(n).into(), at(1)), Ok(()));
    }
    assert_eq!(tries.admit("2001:db8::1".parse().unwrap(), at(2)), Ok(()), "the quietest was forgotten");
}

#[test]
fn sessions_are_bounded() {
    let sessions = Sessions::default();
    let first = sessions.open(at(0)).unwrap();
    let second = sessions.open(at(1)).unwrap();
    assert!(first.len() == 64 && first != second);
    for n in 0..SESSIONS_MAX as u64 - 1 {
        sessions.open(at(2 + n)).unwrap();
    }
    assert!(!sessions.is_open(&first, at(1000)), "the one not seen for longest goes");
    assert!(sessions.is_open(&second, at(1000)));
    assert!(sessions.visit("", at(1000)).is_none());
}

#[tokio::test]
async fn messages_are_found_and_paged() {
    let world = World::demo();
    for n in 0..120_u64 {
        let mo = message(n * 10, Direction::Mo, PHONE, &format!("text number {n}."));
        world.archive.add(mo, MessageState::Answered, Vec::new());
    }
    let browser = Browser::of(&world);
    let mut path = "/console/messages?phone=%2B44+7700+900123&direction=mo".to_owned();
    let mut seen = 0;
    for pages in 1.. {
        let page = browser.page(&path).await;
        seen += page.matches("text number").count() / 2;
        let Some((_, rest)) = page.split_once("rel=\"next\" href=\"") else {
            assert_eq!((pages, seen), (3, 120));
            break;
        };
        path = rest.split_once('"').unwrap().0.replace("&amp;", "&");
    }
    for (query, found) in [
        ("text=NUMBER+7.", 1),
        ("state=rejected", 0),
        ("direction=mt", 0),
        ("application=survey", 0),
        ("phone=%2B447700900000", 0),
    ] {
        let page = browser.page(&format!("/console/messages?{query}")).await;
        assert_eq!(page.matches("text number").count() / 2, found, "{query}");
    }
    assert!(browser.page("/console/messages?phone=%2B").await.contains("The phone is no address"));
}

#[tokio::test]
async fn a_message_shows_what_it_caused() {
    let world = World::demo();
    full(&world);
    let browser = Browser::of(&world);
    for path in
        [format!("/console/messages/{}", message_id(0)), format!("/console/messages/{}/timeline", message_id(0))]
    {
        let page = browser.page(&path).await;
        assert!(page.contains("Bergen: rain, 7 degrees") && page.contains("data-code=\"reported\""), "{path}");
        assert!(page.contains(&format!("href=\"/console/messages/{}\"", message_id(60))), "{path}");
    }
    let reply = browser.page(&format!("/console/messages/{}", message_id(60))).await;
    assert!(reply.contains("Caused by"));
    for unknown in ["msg_0", "msg_00000000000000000000000000000000"] {
        assert_eq!(browser.get(&format!("/console/messages/{unknown}")).await.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn failing_callbacks_come_first_and_are_replayed() {
    let world = World::demo();
    full(&world);
    let browser = Browser::of(&world);
    let list = browser.page("/console/callbacks").await;
    assert!(list.contains("Failing") && list.contains("Exhausted"));
    assert!(!browser.page("/console/callbacks?show=refused").await.contains("/console/callbacks/cbk_"));
    let path = format!("/console/callbacks/{}", callback_id(9000));
    let page = browser.page(&path).await;
    assert!(page.contains("connection refused by 127.0.0.1:9000") && page.contains("&lt;h1&gt;down for maintenance"));
    let pending = browser.page(&format!("/console/callbacks/{}", callback_id(5000))).await;
    assert!(!pending.contains("/replay\""), "what is still attempted is not replayed");
    let answered = browser.page(&format!("/console/callbacks/{}", callback_id(0))).await;
    assert!(answered.contains("owes nothing") && answered.contains("data-code=\"attempt\""));

    let token = browser.form_token(&path).await;
    for (outcome, words) in [
        (Outcome::Done, "Replayed: it is attempted again"),
        (Outcome::Refused(Refusal::StillPending), "It is still being attempted"),
        (Outcome::Refused(Refusal::NotFound), "nothing to replay"),
    ] {
        let inlet = world.inlet.clone();
        let engine = std::thread::spawn(move || {
            let arrived = inlet.take(std::time::Duration::from_secs(10)).events.pop().expect("an event is posted");
            arrived.ticket.expect("somebody waits")(Ok(outcome));
            arrived.event
        });
        let response = browser.post(&format!("{path}/replay"), Some(OURS), &format!("csrf={token}")).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(engine.join().unwrap(), Event::ReplayAsked { asker: Asker::Operator, callback: callback_id(9000) });
        let after = response.headers()[LOCATION].to_str().unwrap().to_owned();
        assert!(browser.page(&after).await.contains(words), "{words}");
    }
}

#[tokio::test]
async fn what_needs_attention_is_named_with_its_reason() {
    let world = World::demo();
    full(&world);
    let reason = "bind refused with ESME_RINVPASWD: check the password of the channel";
    world.live.set_link(&"carrier".into(), 0, LinkStatus { state: "refused", detail: reason.to_owned(), since: at(0) });
    world.live.update(|live| {
        live.store_trouble = Some("no space left on device".to_owned());
        live.applications.entry("weather".into()).or_default().breaker_open = true;
    });
    world.later_ms(90_000);
    let browser = Browser::of(&world);
    let overview = browser.page("/console/overview").await;
    for words in [reason, "no space left on device", "Application weather does not answer", "Callbacks are failing"] {
        assert!(overview.contains(words), "{words}");
    }
    let channels = browser.page("/console/channels").await;
    assert!(channels.contains(reason) && channels.contains("for 90 s") && channels.contains("Down"));
    let applications = browser.page("/console/applications").await;
    assert!(applications.contains("http://127.0.0.1:9000/gateway") && !applications.contains("user:pass"));
    assert!(applications.contains("Open"));
}

#[tokio::test]
async fn a_text_is_explained_with_the_rules_that_lost_and_its_segments() {
    let browser = Browser::of(&World::demo());
    let text_sent: String = form_urlencoded::byte_serialize("weather 🌧 ".repeat(10).as_bytes()).collect();
    let page = browser.page(&format!("/console/routes?phone=%2B447700900123&to=8282&text={text_sent}")).await;
    for words in
        ["goes to weather", "Wins: ", "Loses: ", "the text does not start with the word", "2 segments", "UCS-2"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(browser.page("/console/routes?to=9999&text=a").await.contains("No channel serves this address"));
}

#[tokio::test]
async fn changes_are_announced_to_who_watches() {
    let world = World::demo();
    let browser = Browser::of(&world);
    let response = browser.get("/console/events?phone=%2B447700900123").await;
    assert_eq!(response.headers()[CONTENT_TYPE], "text/event-stream");
    let mut body = response.into_body();
    let changed = Changed { message: message_id(0), account: None, application: None, state: None };
    world.feed.publish(vec![changed]);
    let mut told = String::new();
    while !told.contains("event: changed") {
        let frame = tokio::time::timeout(std::time::Duration::from_secs(10), body.frame()).await;
        told.push_str(std::str::from_utf8(frame.unwrap().unwrap().unwrap().data_ref().unwrap()).unwrap());
    }
    assert!(told.contains(&format!("data: {}\n\n", message_id(0))), "{told}");
    world.handsets.arrive("+447700900555", "8282", "for somebody else", at(1));
    world.handsets.arrive(PHONE, "8282", "here", at(2));
    while !told.ends_with("data: *\n\n") {
        let frame = tokio::time::timeout(std::time::Duration::from_secs(10), body.frame()).await;
        told.push_str(std::str::from_utf8(frame.unwrap().unwrap().unwrap().data_ref().unwrap()).unwrap());
    }
    world.state.ready.set_draining();
    let end = tokio::time::timeout(std::time::Duration::from_secs(10), body.frame()).await.unwrap();
    assert!(end.is_none(), "a stream ends when the gateway stops");
}

#[tokio::test]
async fn assets_are_kept_under_the_address_of_their_content() {
    let world = World::serving(OURS);
    let browser = Browser::of(&world);
    for (name, kind) in [
        ("console.css", "text/css; charset=utf-8"),
        ("console.js", "text/javascript; charset=utf-8"),
        ("favicon.svg", "image/svg+xml"),
    ] {
        let response = browser.get(&super::asset::url(name)).await;
        assert_eq!(response.status(), StatusCode::OK, "{name}");
        assert_eq!(response.headers()[CONTENT_TYPE], kind);
        assert_eq!(response.headers()[CACHE_CONTROL], "public, max-age=31536000, immutable");
        let stale = browser.get(&format!("/console/assets/0000/{name}")).await;
        assert_eq!(stale.headers()[CACHE_CONTROL], "no-cache");
    }
    assert_eq!(browser.get("/console/assets/0000/..%2fCargo.toml").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_store_that_cannot_be_read_says_so() {
    let world = World::demo();
    world.archive.broken.store(true, std::sync::atomic::Ordering::Relaxed);
    let response = Browser::of(&world).get("/console/messages").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(text(response).await.contains("the disk is gone"));
}

#[tokio::test]
async fn a_list_asked_for_beyond_its_end_is_a_page_all_the_same() {
    let world = World::demo();
    for path in ["/console/applications", "/console/channels", "/console/routes"] {
        let page = Browser::of(&world).page(&format!("{path}?from={}", usize::MAX)).await;
        assert!(page.contains(&format!("href=\"{path}\"")), "{path} leads back to its first rows");
    }
}
