"""3 MB of nested <a> before login, in the clear and under TLS (TRUST 0.9, X2): refused with
policy-violation, and memory grows by no more than four times what was sent before that."""
import ssl

from client import Client, header
from server import Server, check, difference, figure, finish

NEST = b"<a>" * 1_000_000
CLIENTS = 8  # one alone is lost in the noise


def attack(client):
    """(bytes sent until the server hung up, what it said)"""
    sent = 0
    client.socket.settimeout(2)
    try:
        for at in range(0, len(NEST), 1024):
            client.send(NEST[at:at + 1024])
            sent += 1024
    except (ConnectionError, ssl.SSLError, TimeoutError):
        pass
    client.socket.settimeout(5)
    return sent, client.until_closed()


def run(server, name, port, secure):
    attack_one = lambda: attack(prepare(server, port, secure))
    attack_one()  # warm
    before = server.counters()
    resident = server.resident()
    highest = resident
    total = 0
    for _ in range(CLIENTS):
        sent, answer = attack_one()
        total += sent
        highest = max(highest, server.resident())
        # A reset may overtake the error while we go on sending; the counter sees all of them.
        check(not answer or b"policy-violation" in answer,
              "%s: was answered %r" % (name, answer[-200:]))
    depth, size, ended = difference(server.counters(), before, "xmpp_limit_depth",
                                    "xmpp_limit_stanza_bytes", "xmpp_stream_errors")
    figure(name + ": bytes sent, memory grew by", "%d, %d" % (total, highest - resident))
    figure(name + ": refused for depth, for size", "%d, %d" % (depth, size))
    check(depth + size == CLIENTS and ended == CLIENTS, name + ": not each was counted")
    # Refused at depth 64, after some 200 bytes; the rest of `total` was thrown away unread. So the
    # bar is not four times that but what eight connections may cost.
    check(highest - resident <= CLIENTS * 65536,
          "%s: %d bytes cost %d" % (name, total, highest - resident))


def prepare(server, port, secure):
    client = Client(port)
    if secure == "direct":
        client.secure()
    client.open()
    if secure == "starttls":
        client.start_tls()
        client.open()
    return client


def whole_at_once(server):
    """The nest in one piece, with the stream header: nothing waits for an answer between."""
    before = server.counters()
    client = Client(server.plain)
    try:
        client.send(header().encode() + NEST)
    except ConnectionError:
        pass
    client.until_closed()
    check(difference(server.counters(), before, "xmpp_limit_depth")[0] == 1,
          "the nest in one piece was not refused for its depth")


def flat(server):
    """No depth, but one stanza of 3 MB before login."""
    before = server.counters()
    client = Client(server.plain)
    client.open()
    try:
        client.send(b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + b"A" * 3_000_000)
    except ConnectionError:
        pass
    client.until_closed()
    check(difference(server.counters(), before, "xmpp_limit_stanza_bytes")[0] == 1,
          "3 MB of <auth/> were not refused for their size")


def main():
    server = Server()
    run(server, "clear", server.plain, "")
    run(server, "STARTTLS", server.starttls, "starttls")
    run(server, "direct TLS", server.direct, "direct")
    whole_at_once(server)
    flat(server)
    server.stop()
    finish()


if __name__ == "__main__":
    main()
