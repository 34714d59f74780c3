//! What a person types: the commands, their options, and their exit codes (0 done, 1 failed, 2 usage, 78 bad
//! configuration).

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::words::{say, warn};
use crate::{client, demo, serve};

/// Bad configuration, as in `sysexits.h`.
pub(crate) const EXIT_CONFIG: u8 = 78;
/// The command failed.
pub(crate) const EXIT_FAILED: u8 = 1;

/// Hookswitch, a messaging gateway: phones on one side, HTTP applications on the other, nothing lost in between.
#[derive(Parser)]
#[command(name = "hookswitch", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Try everything in one process: a gateway, a simulated operator, a sample application and a phone in the browser.
    Demo(demo::Options),
    /// Run the gateway.
    Serve {
        /// The configuration, TOML.
        #[arg(long)]
        config: PathBuf,
    },
    /// Check a configuration without starting anything.
    Check {
        /// The configuration, TOML.
        #[arg(long)]
        config: PathBuf,
    },
    /// Ask a running gateway where a text from a phone would go, and why.
    Explain {
        /// Service address.
        #[arg(long)]
        to: String,
        /// Phone.
        #[arg(long)]
        from: String,
        /// Text.
        #[arg(long)]
        text: String,
        #[command(flatten)]
        gateway: Gateway,
    },
    /// Send a text through a running gateway.
    Send {
        /// Phone.
        #[arg(long)]
        to: String,
        /// Service address; left out, the application's default.
        #[arg(long)]
        from: Option<String>,
        /// Text.
        #[arg(long)]
        text: String,
        /// The application that sends.
        #[arg(long)]
        application: Option<String>,
        /// Makes the send safe to repeat.
        #[arg(long)]
        idempotency_key: Option<String>,
        #[command(flatten)]
        gateway: Gateway,
    },
    /// Show everything that happened to a message.
    Timeline {
        /// The message, `msg_…`.
        id: String,
        #[command(flatten)]
        gateway: Gateway,
    },
    /// Attempt a callback again that was refused or exhausted.
    Replay {
        /// The callback, `cbk_…`.
        id: String,
        #[command(flatten)]
        gateway: Gateway,
    },
    /// Print the version.
    Version,
}

/// Which running gateway, and who asks.
#[derive(Args, Clone)]
pub(crate) struct Gateway {
    /// Where it listens.
    #[arg(long, env = "HOOKSWITCH_URL", default_value = "http://127.0.0.1:8080")]
    pub(crate) gateway: String,
    /// A token: the operator's, or `account:token`.
    #[arg(long, env = "HOOKSWITCH_TOKEN", hide_env_values = true)]
    pub(crate) token: String,
}

/// Runs the command of the process's arguments.
pub(crate) fn run() -> ExitCode {
    match Cli::parse().command {
        Command::Demo(options) => demo::run(&options),
        Command::Serve { config } => serve::run(&config),
        Command::Check { config } => serve::check(&config),
        Command::Version => {
            say(format!("hookswitch {}", env!("CARGO_PKG_VERSION")));
            ExitCode::SUCCESS
        }
        Command::Explain { to, from, text, gateway } => finish(client::explain(&gateway, &to, &from, &text)),
        Command::Send { to, from, text, application, idempotency_key, gateway } => {
            let send = client::Send { to, from, text, application, idempotency_key };
            finish(client::send(&gateway, &send))
        }
        Command::Timeline { id, gateway } => finish(client::timeline(&gateway, &id)),
        Command::Replay { id, gateway } => finish(client::replay(&gateway, &id)),
    }
}

fn finish(result: Result<(), client::ClientError>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            warn(error.to_string());
            ExitCode::from(EXIT_FAILED)
        }
    }
}
