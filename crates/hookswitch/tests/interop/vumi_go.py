"""A client of Vumi Go's HTTP API that is not ours: go-http from PyPI, against the gateway.

Told on the command line where the API is, the account's key, the conversation's key and token, the account's token, and
the id of a message to reply to. Exits with 0 once everything answered as the library and its users expect.
"""

import json
import sys
import urllib
import urllib.parse

import requests

# The library was written for Python 2, where this was its place.
urllib.quote = urllib.parse.quote

from go_http.exceptions import UserOptedOutException
from go_http.metrics import MetricsApiClient
from go_http.optouts import OptOutsApiClient
from go_http.send import HttpApiSender

PHONE = "+41790000001"
OPTED_OUT = "+41790000002"


def refused(call, status):
    try:
        call()
    except requests.HTTPError as error:
        assert error.response.status_code == status, error
    else:
        raise AssertionError("not refused with %s" % status)


def send(base, account, conversation, token, message):
    sender = HttpApiSender(account, conversation, token, api_url=base + "/http_api_nostream")
    sent = sender.send_text(PHONE, "a send")
    assert len(sent["message_id"]) == 32 and sent["to_addr"] == PHONE and sent["content"] == "a send", sent
    assert sent["helper_metadata"]["go"]["conversation_key"] == conversation, sent
    # The library has no call for a reply; its users put one with its session.
    url = "%s/http_api_nostream/%s/messages.json" % (base, conversation)
    body = json.dumps({"in_reply_to": message, "content": "a reply"})
    reply = requests.put(url, data=body, auth=(account, token))
    reply.raise_for_status()
    assert reply.json()["to_addr"] == PHONE.lstrip("+") and reply.json()["in_reply_to"] == message, reply.text
    refused(lambda: sender.send_text("", "nobody"), 400)
    stranger = HttpApiSender(account, conversation, "wrong", api_url=base + "/http_api_nostream")
    refused(lambda: stranger.send_text(PHONE, "never"), 401)
    return sender


def opt_outs(base, sender, token):
    client = OptOutsApiClient(token, api_url=base)
    assert client.count() == 0
    assert client.get_optout("msisdn", OPTED_OUT) is None
    assert client.delete_optout("msisdn", OPTED_OUT) is None
    made = client.set_optout("msisdn", OPTED_OUT)
    assert made["user_account"] == "acc" and made["message"] is None and made["created_at"], made
    assert client.get_optout("msisdn", OPTED_OUT) == made
    assert client.count() == 1
    refused(lambda: client.set_optout("msisdn", OPTED_OUT), 409)
    try:
        sender.send_text(OPTED_OUT, "never")
    except UserOptedOutException as error:
        assert error.to_addr == OPTED_OUT and "opted out" in error.reason, vars(error)
    else:
        raise AssertionError("sent to who opted out")
    assert client.delete_optout("msisdn", OPTED_OUT) == made
    assert client.count() == 0
    refused(lambda: OptOutsApiClient("wrong", api_url=base).count(), 401)


def metrics(base, sender, token):
    published = sender.fire_metric("pings", 1200, agg="max")
    assert published == {"success": True, "reason": "Metrics published"}, published
    refused(lambda: sender.fire_metric("pings", 1, agg="unknown"), 400)
    client = MetricsApiClient(token, api_url=base)
    fired = client.fire({"foo.last": 3.5})
    assert fired == [{"name": "foo.last", "value": 3.5, "aggregator": "last"}], fired
    for name, value in [("stores.default.pings.max", 1200.0), ("foo.last", 3.5)]:
        found = client.get_metric(name, "-1h", "1h", "omit")
        values = [point["y"] for series in found.values() for point in series]
        assert values == [value], (name, found)


def main(base, account, conversation, conversation_token, account_token, message):
    sender = send(base, account, conversation, conversation_token, message)
    opt_outs(base, sender, account_token)
    metrics(base, sender, account_token)


main(*sys.argv[1:])
