"""An ESME that is not ours: smpplib, a client of SMPP 3.4 from PyPI, against the simulated operator.

Told on the command line where the operator listens and which phone to send to. Prints one JSON object a line: what it
submitted, the answers, and the receipts. Exits with 0 once each segment has its receipt, with 1 when it got something
else or waited too long.
"""

import json
import sys
import time

import smpplib.client
import smpplib.consts
import smpplib.gsm

PATIENCE_S = 30
SERVICE_ADDRESS = "8282"
UCS2 = smpplib.consts.SMPP_ENCODING_ISO10646
TEXTS = [
    ("gsm7", "Grüße @ 5€ {ok}", smpplib.consts.SMPP_ENCODING_DEFAULT),
    ("ucs2", "Привет, мир 👋", UCS2),
    ("long gsm7", "A long one: " + "0123456789" * 30, smpplib.consts.SMPP_ENCODING_DEFAULT),
    ("long ucs2", "Длинное сообщение: " + "абвгд" * 20, UCS2),
]


def say(**what):
    print(json.dumps(what), flush=True)


def text_of(octets):
    return octets.decode("ascii") if isinstance(octets, bytes) else octets


class Esme:
    def __init__(self, port, phone, name):
        self.phone = phone
        self.waiting = {}  # segments without an answer, by sequence number
        self.unreported = set()  # ids without a receipt
        self.early = []  # receipts that came before the answer
        self.client = smpplib.client.Client("127.0.0.1", port, timeout=2, allow_unknown_opt_params=True)
        self.client.set_message_sent_handler(self.answered)
        self.client.set_message_received_handler(self.received)
        self.client.connect()
        bound = self.client.bind_transceiver(system_id=name, password="secret")
        say(event="bound", system_id=text_of(bound.system_id), sequence=bound.sequence)

    def submit(self, name, text, coding):
        parts, coding, esm_class = smpplib.gsm.make_parts(text, coding)
        for part in parts:
            pdu = self.client.send_message(
                source_addr_ton=smpplib.consts.SMPP_TON_UNK,
                source_addr_npi=smpplib.consts.SMPP_NPI_ISDN,
                source_addr=SERVICE_ADDRESS,
                dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
                dest_addr_npi=smpplib.consts.SMPP_NPI_ISDN,
                destination_addr=self.phone,
                short_message=part,
                data_coding=coding,
                esm_class=esm_class,
                registered_delivery=True,
            )
            self.waiting[pdu.sequence] = name
        say(event="submitted", name=name, text=text, segments=len(parts))

    def answered(self, pdu):
        name = self.waiting.pop(pdu.sequence)
        message_id = text_of(pdu.message_id)
        say(event="answered", name=name, status=pdu.status, id=message_id)
        self.unreported.add(message_id)

    def received(self, pdu):
        words = text_of(pdu.short_message)
        fields = dict(word.split(":", 1) for word in words.split(" ") if ":" in word)
        receipt = {
            "event": "receipt",
            "id": fields["id"],
            "tlv_id": text_of(pdu.receipted_message_id),
            "stat": fields["stat"],
            "state": pdu.message_state,
            "esm_class": pdu.esm_class,
            "from": text_of(pdu.source_addr),
            "to": text_of(pdu.destination_addr),
        }
        say(**receipt)
        if fields["id"] not in self.unreported:
            raise SystemExit(f"a receipt for {fields['id']}, which is unknown or was reported: {words}")
        self.unreported.remove(fields["id"])
        return smpplib.consts.SMPP_ESME_ROK

    def is_done(self):
        return not self.waiting and not self.unreported

    def run(self):
        for name, text, coding in TEXTS:
            self.submit(name, text, coding)
        deadline = time.monotonic() + PATIENCE_S
        while not self.is_done():
            if time.monotonic() > deadline:
                raise SystemExit(f"no answer for {self.waiting}, no receipt for {self.unreported}")
            # Asks with enquire_link when nothing came for a while.
            self.client.read_once()
        unbound = self.client.unbind()
        say(event="unbound", command=unbound.command, status=unbound.status)
        self.client.disconnect()


if __name__ == "__main__":
    Esme(int(sys.argv[1]), sys.argv[2], sys.argv[3]).run()
