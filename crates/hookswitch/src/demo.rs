//! `demo`: a gateway with an embedded store, a simulated operator on a real SMPP socket, a sample application on its
//! own HTTP port, and a phone in the browser. Everything a newcomer needs, nothing to install.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::cli::EXIT_FAILED;
use crate::config;
use crate::gateway::{Gateway, GatewayError};
use crate::sample::{self, SERVICE_ADDRESS, SERVICE_CODE};
use crate::serve::{Stops, runtime, start_log, stop};
use crate::words::{say, warn};

/// Options of the demo.
#[derive(Args)]
pub(crate) struct Options {
    /// Where HTTP listens. When it is taken and was not asked for, a free port is used.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Where the store is kept; left out, it lives in a temporary directory and goes with the demo.
    #[arg(long)]
    data: Option<PathBuf>,
}

const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
const ACCOUNT: &str = "demo";
const TOKEN: &str = "demo-account-token";
const API_KEY: &str = "demo-api-key";
const MENU_KEY: &str = "demo-menu-key";
const PHONE: &str = "+41790000100";

/// Runs the demo until Ctrl-C.
pub(crate) fn run(options: &Options) -> ExitCode {
    start_log("warn");
    match runtime().and_then(|runtime| runtime.block_on(demo(options))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            warn(error.to_string());
            ExitCode::from(EXIT_FAILED)
        }
    }
}

async fn demo(options: &Options) -> Result<(), GatewayError> {
    let mut stops = Stops::watch()?;
    let data = Data::open(options.data.as_deref())?;
    let application = sample::start().await.map_err(|e| GatewayError::System(e.to_string()))?;
    let mut gateway = start(options.listen, &data, application).await?;
    welcome(&gateway, application, &data);
    tokio::select! {
        () = stops.asked() => {}
        () = gateway.failed() => return Err(gateway.failure()),
    }
    say("\nStopping…");
    stop(gateway, &mut stops).await?;
    say("Bye.");
    Ok(())
}

/// Starts on the asked address, or on the usual one, or on a free port when that is taken.
async fn start(listen: Option<SocketAddr>, data: &Data, application: SocketAddr) -> Result<Gateway, GatewayError> {
    let attempts = match listen {
        Some(address) => vec![address.to_string()],
        None => vec![DEFAULT_LISTEN.to_owned(), "127.0.0.1:0".to_owned()],
    };
    let mut last = None;
    for address in attempts {
        let text = settings(&address, &data.path, application);
        let (settings, _) = config::parse(&text, Path::new("demo.toml"), &|_| None)
            .map_err(|e| GatewayError::Callbacks(format!("the demo's own configuration is wrong: {e}")))?;
        match Gateway::start(settings, true).await {
            Err(error @ GatewayError::Listen { .. }) => last = Some(error),
            started => return started,
        }
    }
    Err(last.unwrap_or_else(|| GatewayError::System("no address to listen on".into())))
}

fn settings(listen: &str, store: &Path, application: SocketAddr) -> String {
    let store = store.join("demo.db");
    format!(
        r#"[server]
listen = "{listen}"

[store]
url = "sqlite:{store}"

[operator]
token = "demo-operator-token"

[callbacks]
allow = ["{application_ip}/32:{application_port}"]

[[account]]
key = "{ACCOUNT}"
tokens = ["{TOKEN}"]

[[channel]]
id = "simulator"
kind = "simulator"
addresses = ["{SERVICE_ADDRESS}"]

[[channel]]
id = "ussd"
kind = "simulator"
ussd = true
addresses = ["{SERVICE_CODE}"]

{applications}"#,
        store = toml_path(&store),
        application_ip = application.ip(),
        application_port = application.port(),
        applications = applications(application),
    )
}

/// Who answers what: texts by keyword, the code by a menu.
fn applications(application: SocketAddr) -> String {
    format!(
        r#"[[application]]
id = "weather"
account = "{ACCOUNT}"
contract = "service-layer"
url = "http://{application}/gateway"
api_key = "{API_KEY}"

[[application]]
id = "menu"
account = "{ACCOUNT}"
contract = "service-layer"
url = "http://{application}/menu"
api_key = "{MENU_KEY}"

[[route]]
application = "weather"
address = "{SERVICE_ADDRESS}"
keyword = "weather"
match = "starts-with"
session = true

[[route]]
application = "weather"
address = "{SERVICE_ADDRESS}"
keyword = "again"
match = "starts-with"
session = true

[[route]]
application = "weather"
address = "{SERVICE_ADDRESS}"
keyword = "join"
match = "exact"
session = false
auto_reply = "Welcome! You will hear from us."
auto_subscribe = true
confirmation = "You are subscribed to the weather."

[[route]]
application = "menu"
address = "{SERVICE_CODE}"
session = true
"#
    )
}

/// A path inside a basic TOML string.
fn toml_path(path: &Path) -> String {
    path.display().to_string().replace('\\', "\\\\").replace('"', "\\\"")
}

fn welcome(gateway: &Gateway, application: SocketAddr, data: &Data) {
    let url = format!("http://{}", gateway.address);
    let smpp = gateway.operators.get("simulator").map(|o| o.address().to_string()).unwrap_or_default();
    say(format!(
        r#"
  Hookswitch demo

  Console and phone     {url}/
  Simulated operator    SMPP 3.4 on {smpp}, service address {SERVICE_ADDRESS}
  Sample application    http://{application}/gateway, Service Layer contract
  Store                 {store}

  Open the console, type a text like  weather Zurich  and watch it go, or dial {SERVICE_CODE}.

  Send a text to the phone:
    curl -u {ACCOUNT}:{TOKEN} {url}/v1/messages -H 'content-type: application/json' -d '{{"to":"{PHONE}","from":"{SERVICE_ADDRESS}","application":"weather","text":"Hello from curl"}}'

  List messages:
    curl -u {ACCOUNT}:{TOKEN} {url}/v1/messages

  See everything that happened to the newest one:
    curl -u {ACCOUNT}:{TOKEN} "{url}/v1/messages/$(curl -s -u {ACCOUNT}:{TOKEN} '{url}/v1/messages?limit=1' | grep -o 'msg_[0-9a-f]*' | head -n 1)/timeline"

  Ctrl-C stops."#,
        store = data.path.join("demo.db").display(),
    ));
}

/// The directory of the demo's store; a temporary one is removed at the end.
struct Data {
    path: PathBuf,
    temporary: bool,
}

impl Data {
    fn open(asked: Option<&Path>) -> Result<Data, GatewayError> {
        let (path, temporary) = match asked {
            Some(path) => (path.to_owned(), false),
            None => (std::env::temp_dir().join(format!("hookswitch-demo-{}", std::process::id())), true),
        };
        std::fs::create_dir_all(&path)
            .map_err(|e| GatewayError::System(format!("{} cannot be made: {e}", path.display())))?;
        Ok(Data { path, temporary })
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        if self.temporary {
            // What is left behind is a temporary directory.
            let _removed = std::fs::remove_dir_all(&self.path);
        }
    }
}
