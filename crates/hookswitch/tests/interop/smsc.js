// An SMSC that is not ours: the npm package `smpp` as a server, for the gateway to bind to.
//
// Each line on standard input is a JSON object: a text of a phone to deliver, in as many segments and in the order it
// says. Each line on standard output is one of what happened: who bound, how a delivery was answered, what was submitted
// (segments put together again). Submits are answered with ids in hexadecimal, upper case with leading zeros, and
// reported with the same ids in decimal, as some networks do.
'use strict';

const readline = require('node:readline');
const smpp = require('smpp');

const UDHI = 0x40;
const RECEIPT = 0x04;
const UCS2 = 0x08;
const CREDENTIALS = { system_id: 'hookswitch', password: 'secret' };

const sessions = new Set();
const unfinished = new Map();
let lastId = 0x0ab0ffff;
let lastReference = 0x00ff;

function say(event, what) {
  process.stdout.write(JSON.stringify({ event, ...what }) + '\n');
}

function pad(number, digits) {
  return String(number).padStart(digits, '0');
}

// SMPP 3.4 appendix B: YYMMDDhhmm.
function date() {
  const now = new Date();
  return [now.getUTCFullYear() % 100, now.getUTCMonth() + 1, now.getUTCDate(), now.getUTCHours(), now.getUTCMinutes()]
    .map((part) => pad(part, 2))
    .join('');
}

function elements(udh) {
  return Buffer.isBuffer(udh) ? [udh] : udh || [];
}

// 3GPP TS 23.040 §9.2.3.24.1 and §9.2.3.24.8.
function concatenation(udh) {
  for (const element of elements(udh)) {
    if (element[0] === 0x00) {
      return { reference: element[2], total: element[3], number: element[4] };
    }
    if (element[0] === 0x08) {
      return { reference: element.readUInt16BE(2), total: element[4], number: element[5] };
    }
  }
  return { reference: 0, total: 1, number: 1 };
}

function header(wide, reference, total, number) {
  return wide
    ? Buffer.from([0x06, 0x08, 0x04, reference >> 8, reference & 0xff, total, number])
    : Buffer.from([0x05, 0x00, 0x03, reference & 0xff, total, number]);
}

function report(session, pdu, id, failed) {
  const [stat, state, error] = failed ? ['UNDELIV', 5, '034'] : ['DELIVRD', 2, '000'];
  const delivered = pad(failed ? 0 : 1, 3);
  const text =
    `id:${pad(id, 10)} sub:001 dlvrd:${delivered} submit date:${date()} done date:${date()} ` +
    `stat:${stat} err:${error} text:`;
  const receipt = {
    source_addr_ton: pdu.dest_addr_ton,
    source_addr_npi: pdu.dest_addr_npi,
    source_addr: pdu.destination_addr,
    dest_addr_ton: pdu.source_addr_ton,
    dest_addr_npi: pdu.source_addr_npi,
    destination_addr: pdu.source_addr,
    esm_class: RECEIPT,
    data_coding: 0,
    short_message: text,
  };
  // Every other one says it a second time in parameters.
  if (id % 2 === 0) {
    receipt.receipted_message_id = String(id);
    receipt.message_state = state;
  }
  session.deliver_sm(receipt, (answer) => say('receipt_answered', { id, stat, status: answer.command_status }));
}

function submitted(session, pdu) {
  lastId += 1;
  const id = lastId;
  session.send(pdu.response({ message_id: pad(id.toString(16).toUpperCase(), 8) }));
  const place = concatenation(pdu.short_message.udh);
  const key = `${pdu.destination_addr} ${place.reference} ${place.total}`;
  const parts = unfinished.get(key) || new Map();
  unfinished.set(key, parts.set(place.number, pdu.short_message.message));
  if (parts.size === place.total) {
    unfinished.delete(key);
    const text = [...parts.keys()].sort((a, b) => a - b).map((number) => parts.get(number)).join('');
    say('submitted', {
      from: pdu.source_addr,
      to: pdu.destination_addr,
      ton: pdu.dest_addr_ton,
      text,
      segments: place.total,
      data_coding: pdu.data_coding,
      has_header: (pdu.esm_class & UDHI) !== 0,
      wants_report: pdu.registered_delivery & 1,
    });
  }
  report(session, pdu, id, pdu.destination_addr.endsWith('66'));
}

function bind(session, pdu) {
  if (pdu.system_id !== CREDENTIALS.system_id || pdu.password !== CREDENTIALS.password) {
    say('refused', { system_id: pdu.system_id });
    session.send(pdu.response({ command_status: smpp.ESME_RINVPASWD }));
    session.close();
    return;
  }
  session.send(pdu.response({ system_id: 'node-smpp', sc_interface_version: 0x34 }));
  sessions.add(session);
  say('bound', { as: pdu.command, interface_version: pdu.interface_version });
}

// {"token", "from", "to", "parts": [text, …], "order": [number, …], "ucs2": bool, "wide": bool}
function deliver(wanted) {
  const [session] = sessions;
  const total = wanted.parts.length;
  lastReference += 1;
  for (const number of wanted.order) {
    const message = wanted.parts[number - 1];
    const short_message =
      total === 1 ? { message } : { message, udh: header(wanted.wide, lastReference, total, number) };
    const pdu = {
      source_addr_ton: 1,
      source_addr_npi: 1,
      source_addr: wanted.from,
      dest_addr_ton: 0,
      dest_addr_npi: 1,
      destination_addr: wanted.to,
      data_coding: wanted.ucs2 ? UCS2 : 0,
      short_message,
    };
    session.deliver_sm(pdu, (answer) =>
      say('delivered', { token: wanted.token, number, status: answer.command_status }),
    );
  }
}

const server = smpp.createServer({}, (session) => {
  session.on('bind_transceiver', (pdu) => bind(session, pdu));
  session.on('bind_transmitter', (pdu) => bind(session, pdu));
  session.on('bind_receiver', (pdu) => bind(session, pdu));
  session.on('submit_sm', (pdu) => submitted(session, pdu));
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => {
    say('unbound', {});
    session.send(pdu.response());
    session.close();
  });
  session.on('unknown', (pdu) => say('unknown', { command_id: pdu.command_id }));
  session.on('error', (error) => say('error', { words: String(error) }));
  session.on('close', () => sessions.delete(session));
});

server.listen(0, '127.0.0.1', () => say('listening', { port: server.address().port }));
const lines = readline.createInterface({ input: process.stdin });
lines.on('line', (line) => deliver(JSON.parse(line)));
lines.on('close', () => process.exit(0));
