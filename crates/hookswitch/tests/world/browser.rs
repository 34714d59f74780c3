//! A browser: Chromium without a window, driven through WebDriver (W3C WebDriver), which is JSON over HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};

use super::process::wait_for;
use super::program::{Program, system_tool};

/// The key under which WebDriver names an element (W3C WebDriver §12).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// How long one command may take.
const COMMAND: Duration = Duration::from_secs(60);
/// Chromium without what tests don't need and without a word to the outside.
const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--window-size=1280,900",
];

/// A running browser with one window; ends when dropped.
pub struct Browser {
    _driver: Program,
    port: u16,
    session: String,
}

impl Browser {
    /// Starts one whose files are in `profile`.
    pub fn start(profile: &Path) -> Browser {
        system_tool("chromium");
        let mut command = system_tool("chromedriver");
        command.args(["--port=0", "--log-level=WARNING"]);
        let mut driver = Program::start("chromedriver", command);
        let port = driver.wait_for_line("chromedriver's port", |line| {
            line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
        });
        let mut flags: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
        flags.push(format!("--user-data-dir={}", profile.display()));
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            // An alert stays open, so that a test sees it.
            "unhandledPromptBehavior": "ignore",
            "goog:chromeOptions": {"args": flags},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let opened = exchange(port, "POST", "/session", Some(&wanted)).unwrap_or_else(|error| panic!("{error}"));
        let session = opened["sessionId"].as_str().expect("a session").to_owned();
        Browser { _driver: driver, port, session }
    }

    fn try_command(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        exchange(self.port, method, &format!("/session/{}{path}", self.session), body)
    }

    fn command(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        self.try_command(method, path, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Goes to a page and waits until it is loaded.
    pub fn open(&self, url: &str) {
        self.command("POST", "/url", Some(&json!({"url": url})));
    }

    /// Where it is.
    pub fn url(&self) -> String {
        self.command("GET", "/url", None).as_str().unwrap().to_owned()
    }

    /// What a script gives.
    pub fn script(&self, script: &str) -> Value {
        self.command("POST", "/execute/sync", Some(&json!({"script": script, "args": []})))
    }

    fn elements(&self, selector: &str) -> Vec<String> {
        let found = self.command("POST", "/elements", Some(&json!({"using": "css selector", "value": selector})));
        found.as_array().unwrap().iter().map(|e| e[ELEMENT].as_str().unwrap().to_owned()).collect()
    }

    fn element(&self, selector: &str) -> String {
        let mut found = None;
        wait_for(selector, || {
            found = self.elements(selector).into_iter().next();
            found.is_some()
        });
        found.unwrap()
    }

    /// The visible texts of all elements that a CSS selector finds, at one moment.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let selector = json!(selector).to_string();
        let texts = self.script(&format!("return [...document.querySelectorAll({selector})].map(e => e.innerText)"));
        texts.as_array().unwrap().iter().map(|text| text.as_str().unwrap_or("").to_owned()).collect()
    }

    /// Types into a field.
    pub fn write(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.command("POST", &format!("/element/{element}/value"), Some(&json!({"text": text})));
    }

    /// Empties a field.
    pub fn clear(&self, selector: &str) {
        let element = self.element(selector);
        self.command("POST", &format!("/element/{element}/clear"), Some(&json!({})));
    }

    /// Clicks, as a mouse would: what is covered can't be clicked.
    pub fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.command("POST", &format!("/element/{element}/click"), Some(&json!({})));
    }

    /// The text of a dialog that is open.
    pub fn dialog(&self) -> Option<String> {
        let text = self.try_command("GET", "/alert/text", None).ok()?;
        text.as_str().map(str::to_owned)
    }

    /// What the page's console said at the level of errors, such as scripts that broke or were refused.
    pub fn errors(&self) -> Vec<String> {
        let entries = self.command("POST", "/se/log", Some(&json!({"type": "browser"})));
        let severe = entries.as_array().unwrap().iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Sets the inner size of the window, in CSS pixels.
    pub fn resize(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height});
        self.command("POST", "/window/rect", Some(&size));
    }

    /// Makes pages believe that the person prefers `light` or `dark` (Media Queries Level 5 §12.5).
    pub fn prefers(&self, scheme: &str) {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        let wish = json!({"cmd": "Emulation.setEmulatedMedia", "params": media});
        self.command("POST", "/goog/cdp/execute", Some(&wish));
    }

    /// Whether the page is no wider than the window.
    pub fn fits(&self) -> bool {
        self.script("return document.documentElement.scrollWidth <= window.innerWidth").as_bool().unwrap()
    }

    /// Takes a picture of the window, when `HOOKSWITCH_PICTURES` names a folder for them: for people who change the
    /// console and want to see what the tests see.
    pub fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("HOOKSWITCH_PICTURES") {
            self.draw(&PathBuf::from(folder).join(format!("{name}.png"))).unwrap_or_else(|error| panic!("{error}"));
        }
    }

    fn draw(&self, file: &Path) -> Result<(), String> {
        let picture = self.try_command("GET", "/screenshot", None)?;
        let octets = base64::engine::general_purpose::STANDARD
            .decode(picture.as_str().unwrap_or_default())
            .map_err(|error| error.to_string())?;
        std::fs::write(file, octets).map_err(|error| error.to_string())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("failed-{}.png", std::process::id()));
            eprintln!("the page at the failure: {} {:?}", file.display(), self.draw(&file));
        }
        // Ends Chromium; chromedriver itself is killed with its program.
        let _ended = self.try_command("DELETE", "", None);
    }
}

/// One command: the member `value` of the answer, or what it says is wrong.
fn exchange(port: u16, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
    let broken = |error: std::io::Error| format!("chromedriver: {error}");
    let body = body.map(Value::to_string).unwrap_or_default();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json; charset=utf-8\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut socket = TcpStream::connect(("127.0.0.1", port)).map_err(broken)?;
    socket.set_read_timeout(Some(COMMAND)).map_err(broken)?;
    socket.write_all(request.as_bytes()).map_err(broken)?;
    let mut reader = BufReader::new(socket);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).map_err(broken)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().map_err(|_| format!("chromedriver: {line}"))?;
        }
    }
    let mut answer = vec![0; length];
    reader.read_exact(&mut answer).map_err(broken)?;
    let answer: Value = serde_json::from_slice(&answer).map_err(|error| format!("chromedriver: {error}"))?;
    match answer["value"]["error"].as_str() {
        None => Ok(answer["value"].clone()),
        Some(error) => Err(format!("{error}: {}", answer["value"]["message"].as_str().unwrap_or_default())),
    }
}
