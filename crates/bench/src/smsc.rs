//! The network's side of a run: accepts one bind and keeps so many messages open.

use std::collections::VecDeque;

use smpp::{Address, Bind, BindEvent, Latin1, ShortMessage, SmscOptions, Status, Tag};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::process::now_us;

/// What a run does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// MOs to send.
    pub(crate) mos: usize,
    /// Most MOs open at a time.
    pub(crate) window: usize,
    /// An MO stays open until its reply is submitted, not only until it is acknowledged.
    pub(crate) until_reply: bool,
    /// Wait this long between MOs, in microseconds; 0 sends as fast as the window allows.
    pub(crate) pace_us: u64,
    /// Submits to take before the run is over.
    pub(crate) submits: usize,
    /// Send a receipt for each submit.
    pub(crate) receipts: bool,
    /// Answer a submit so much later, in microseconds.
    pub(crate) answer_after_us: u64,
    /// Stop sending MOs at this time, when it is not 0.
    pub(crate) until_us: u64,
    /// Phones that take turns.
    pub(crate) phones: usize,
    /// Number of the first of them.
    pub(crate) first_phone: usize,
    /// First words of the MOs, which lead to applications and take turns.
    pub(crate) keywords: &'static [&'static str],
}

/// What a run saw.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// When the first MO left.
    pub(crate) first_us: u64,
    /// When the last submit came, or the last MO was acknowledged.
    pub(crate) last_us: u64,
    /// MO to submit, in microseconds.
    pub(crate) round_trips_us: Vec<u64>,
    /// MOs refused.
    pub(crate) refused: usize,
    /// MOs taken.
    pub(crate) taken: usize,
    /// MO to its acknowledgement, in microseconds.
    pub(crate) acknowledged_us: Vec<u64>,
}

/// A bound connection.
pub(crate) struct Smsc {
    socket: TcpStream,
    bind: Bind,
    started: std::time::Instant,
    out: Vec<u8>,
    buffer: Vec<u8>,
    next_id: u64,
    /// Submits to be answered, and when.
    unanswered: VecDeque<(u64, smpp::Handle)>,
}

impl Smsc {
    /// Accepts a connection and its bind; a receiver's or transmitter's bind will do as well.
    pub(crate) async fn accept(listener: &TcpListener) -> Result<Smsc, String> {
        let (socket, _) = listener.accept().await.map_err(|e| e.to_string())?;
        socket.set_nodelay(true).map_err(|e| e.to_string())?;
        let mut options = SmscOptions { system_id: Latin1::from(&b"bench"[..]), limits: smpp::Limits::default() };
        options.limits.window = 4096;
        let bind = Bind::smsc(options, 0).map_err(|e| e.to_string())?;
        let started = std::time::Instant::now();
        let mut smsc = Smsc {
            socket,
            bind,
            started,
            out: Vec::new(),
            buffer: vec![0; 256 * 1024],
            next_id: 0,
            unanswered: VecDeque::new(),
        };
        while !smsc.bind.is_bound() {
            smsc.exchange().await?;
            while let Some(event) = smsc.bind.poll_event() {
                if let BindEvent::BindAsked(_) = event {
                    let now = smsc.now_ms();
                    smsc.bind.accept_bind(now).map_err(|e| format!("{e:?}"))?;
                }
            }
        }
        smsc.flush().await?;
        Ok(smsc)
    }

    fn now_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    /// Runs a plan to its end.
    pub(crate) async fn run(&mut self, plan: Plan) -> Result<Seen, String> {
        let mut seen = Seen { first_us: now_us(), ..Seen::default() };
        let (mut sent, mut open, mut submits, mut answered) = (0, 0, 0, 0);
        let mut due_us = now_us();
        let mut sent_us = VecDeque::new();
        loop {
            let is_over = plan.until_us > 0 && now_us() >= plan.until_us;
            let mos = if is_over { sent } else { plan.mos };
            while sent < mos && open < plan.window && (plan.pace_us == 0 || now_us() >= due_us) {
                self.deliver(mo(sent, &plan), sent as u64)?;
                sent_us.push_back(now_us());
                sent += 1;
                open += 1;
                due_us += plan.pace_us;
            }
            self.answer_submits()?;
            self.flush().await?;
            let replies_wanted = if plan.until_reply { mos } else { plan.submits };
            if sent == mos && answered >= mos && submits >= replies_wanted && self.unanswered.is_empty() {
                seen.last_us = now_us();
                return Ok(seen);
            }
            let waits_for_pace = plan.pace_us > 0 && sent < mos && open < plan.window;
            let next_answer = self.unanswered.front().map(|(at, _)| *at);
            self.read([waits_for_pace.then_some(due_us), next_answer].into_iter().flatten().min()).await?;
            while let Some(event) = self.bind.poll_event() {
                match event {
                    BindEvent::DeliverAnswered { status, token, .. } if token < RECEIPTS => {
                        answered += 1;
                        let is_taken = status == Status::ROK;
                        seen.refused += usize::from(!is_taken);
                        seen.taken += usize::from(is_taken);
                        // The gateway acknowledges in order.
                        let left_us = sent_us.pop_front().unwrap_or_else(now_us);
                        if is_taken {
                            seen.acknowledged_us.push(now_us().saturating_sub(left_us));
                        }
                        open -= usize::from(!plan.until_reply);
                    }
                    BindEvent::SubmitAsked { handle, submit } => {
                        submits += 1;
                        open -= usize::from(plan.until_reply);
                        seen.round_trips_us.extend(age_us(&submit));
                        self.take_submit(handle, &submit, &plan)?;
                    }
                    BindEvent::Closed { reason, .. } => return Err(format!("the bind closed: {reason:?}")),
                    _ => {}
                }
            }
        }
    }

    fn deliver(&mut self, message: ShortMessage, token: u64) -> Result<(), String> {
        let now = self.now_ms();
        self.bind.deliver(token, &message, now).map_err(|e| format!("{e:?}"))
    }

    fn take_submit(&mut self, handle: smpp::Handle, submit: &ShortMessage, plan: &Plan) -> Result<(), String> {
        if plan.answer_after_us > 0 {
            self.unanswered.push_back((now_us() + plan.answer_after_us, handle));
            return Ok(());
        }
        let id = self.take(handle)?;
        if plan.receipts {
            let mut message = ShortMessage {
                source: submit.destination.clone(),
                destination: submit.source.clone(),
                esm_class: 0x04,
                ..ShortMessage::default()
            };
            let text = format!(
                "id:{:x} sub:001 dlvrd:001 submit date:2611220506 done date:2611220506 stat:DELIVRD err:000 text:",
                self.next_id
            );
            message.set_octets(text.as_bytes()).map_err(|e| format!("{e:?}"))?;
            message.tlvs.push_text(Tag::RECEIPTED_MESSAGE_ID, &id).map_err(|e| format!("{e:?}"))?;
            message.tlvs.push_u8(Tag::MESSAGE_STATE, 2);
            self.deliver(message, RECEIPTS + self.next_id)?;
        }
        Ok(())
    }

    /// Takes a submit under a fresh id.
    fn take(&mut self, handle: smpp::Handle) -> Result<Latin1, String> {
        self.next_id += 1;
        let id = Latin1::from(format!("{:x}", self.next_id).as_bytes());
        let now = self.now_ms();
        self.bind.respond_submit(handle, Status::ROK, &id, now).map_err(|e| format!("{e:?}"))?;
        Ok(id)
    }

    /// Answers the submits whose time has come.
    fn answer_submits(&mut self) -> Result<(), String> {
        while let Some((at, handle)) = self.unanswered.front().copied() {
            if at > now_us() {
                break;
            }
            self.unanswered.pop_front();
            self.take(handle)?;
        }
        Ok(())
    }

    async fn exchange(&mut self) -> Result<(), String> {
        self.flush().await?;
        self.read(None).await
    }

    async fn flush(&mut self) -> Result<(), String> {
        self.out.clear();
        self.bind.take_output(&mut self.out);
        if self.out.is_empty() { Ok(()) } else { self.socket.write_all(&self.out).await.map_err(|e| e.to_string()) }
    }

    /// Reads what is there; with a time it waits no longer than that. Timers are a millisecond coarse, so the last one
    /// is spent looking.
    async fn read(&mut self, until_us: Option<u64>) -> Result<(), String> {
        let count = match until_us {
            None => self.socket.read(&mut self.buffer).await.map_err(|e| e.to_string())?,
            Some(at) if at.saturating_sub(now_us()) > COARSE_US => {
                let wait = std::time::Duration::from_micros(at.saturating_sub(now_us()) - COARSE_US);
                match tokio::time::timeout(wait, self.socket.read(&mut self.buffer)).await {
                    Ok(count) => count.map_err(|e| e.to_string())?,
                    Err(_) => return Ok(()),
                }
            }
            Some(_) => match self.socket.try_read(&mut self.buffer) {
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    tokio::task::yield_now().await;
                    return Ok(());
                }
                Err(error) => return Err(error.to_string()),
            },
        };
        if count == 0 {
            return Err("the gateway closed the connection".into());
        }
        let now = self.now_ms();
        self.bind.receive(&self.buffer[..count], now);
        Ok(())
    }
}

/// How much a timer may be late, in microseconds.
const COARSE_US: u64 = 1_500;

/// Tokens from here on belong to receipts.
const RECEIPTS: u64 = 1 << 40;

/// The `index`-th MO: phones and first words take turns; the text tells when it left.
fn mo(index: usize, plan: &Plan) -> ShortMessage {
    let phone = 41_790_000_000 + (plan.first_phone + index % plan.phones) as u64;
    let keyword = plan.keywords[index % plan.keywords.len()];
    ShortMessage {
        source: Address { ton: 1, npi: 1, address: Latin1::from(phone.to_string().as_bytes()) },
        destination: Address { ton: 0, npi: 1, address: Latin1::from(&b"8282"[..]) },
        short_message: format!("{keyword} at {}", now_us()).into_bytes(),
        ..ShortMessage::default()
    }
}

fn age_us(submit: &ShortMessage) -> Option<u64> {
    let text = std::str::from_utf8(submit.octets()).ok()?;
    let sent_us: u64 = text.rsplit(' ').next()?.parse().ok()?;
    Some(now_us().saturating_sub(sent_us))
}
