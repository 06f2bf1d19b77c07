"""Clients who are logged in and want too much (X24): a thousand resources, ten thousand recipients
a second, endless rosters and block lists, directed presence to everybody."""
import os
import re
import time

from client import Client
from latency import Chat, compare
from server import Server, check, difference, figure, finish

MIB = 1 << 20
SETTINGS = """
[im]
roster_items_max = 2000
"""


def pipeline(client, stanzas, burst=200):
    """Sends all, reading answers in between; returns everything that came back."""
    answers = []
    for at in range(0, len(stanzas), burst):
        client.send("".join(stanzas[at:at + burst]))
        client.send("<iq type='get' id='b%d' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>" % at)
        begin = client.expect("<iq [^>]*id='b%d'[^>]*>" % at)
        answers.append(begin.string[:begin.end()])
    return b"".join(answers)


def resources(server):
    before = server.counters()
    kept = []
    refused = 0
    for number in range(1000):
        client = Client(server.plain)
        client.open()
        client.authenticate("carol", server.passwords["carol"], "SCRAM-SHA-1")
        client.open()
        if "resource-constraint" in client.bind("r%d" % number):
            refused += 1
            client.close()
        else:
            kept.append(client)
    counted, = difference(server.counters(), before, "im_sessions_refused")
    counted += difference(server.counters(), before, "xmpp_limit_sessions")[0]
    figure("1,000 resources of one user: bound, refused", "%d, %d" % (len(kept), refused))
    check(len(kept) == 16 and refused == 984, "%d resources were bound" % len(kept))
    check(counted >= 984, "%d refusals were counted" % counted)
    for client in kept:
        client.close()


def recipients(server, client):
    """10,000 messages to as many addresses nobody has."""
    before = server.counters()
    begin = time.monotonic()
    answers = pipeline(client, ["<message to='nobody%d@localhost' id='n%d'><body>x</body></message>"
                                % (n, n) for n in range(10000)])
    seconds = time.monotonic() - begin
    errors = len(re.findall(rb"<message [^>]*type='error'", answers))
    waiting = time.monotonic() + 20
    while errors < 10000 and time.monotonic() < waiting:
        if b"</message>" not in client.seen:
            client.receive()
        data, client.seen = client.seen, b""
        cut = data.rfind(b"</message>") + 10
        client.seen = data[cut:]
        errors += len(re.findall(rb"<message [^>]*type='error'", data[:cut]))
    figure("10,000 recipients: taken in, answered with an error", "%.1f s, %d" % (seconds, errors))
    limited, = difference(server.counters(), before, "im_users_loading_full")
    figure("10,000 recipients: refused because too many were being read", "%d" % limited)
    check(errors == 10000, "%d errors for 10,000 addresses" % errors)


def rosters(server, client):
    item = ("<iq type='set' id='r%d'><query xmlns='jabber:iq:roster'><item jid='c%d@far.example'/>"
            "</query></iq>")
    before = server.counters()
    begin = time.monotonic()
    pipeline(client, [item % (n, n) for n in range(2200)], 100)
    client.settle()
    server.wait_for(lambda now: difference(now, before, "im_roster_sets")[0] >= 2000, 20)
    sets, full = difference(server.counters(), before, "im_roster_sets", "im_roster_full")
    figure("2,200 roster items: set, refused", "%d, %d in %.1f s" % (sets, full,
                                                                      time.monotonic() - begin))
    check(full == 200, "%d of 200 roster items too many were refused" % full)
    for payload in (
            "<query xmlns='jabber:iq:roster'>%s</query>"
            % "".join("<item jid='m%d@far.example'/>" % n for n in range(5000)),
            "<query xmlns='jabber:iq:roster'><item jid='g@far.example'>%s</item></query>"
            % "".join("<group>g%d</group>" % n for n in range(5000)),
            "<block xmlns='urn:xmpp:blocking'>%s</block>"
            % "".join("<item jid='b%d@far.example'/>" % n for n in range(5000))):
        client.send("<iq type='set' id='huge'>%s</iq>" % payload)
        answer = client.expect("<iq [^>]*id='huge'[^>]*>").group(0)
        check(b"error" in answer, "a huge set was taken: %r" % payload[:60])


def directed(server, client):
    before = server.counters()
    answers = pipeline(client, ["<presence to='d%d@localhost/x'/>" % n for n in range(1000)])
    full, = difference(server.counters(), before, "im_directed_presence_full")
    figure("1,000 directed presences: refused", "%d" % full)
    check(full >= 1000 - 256 and b"resource-constraint" in answers, "directed presence: %d" % full)
    probes = ["<presence to='p%d@localhost' type='probe'/>" % n for n in range(5000)]
    pipeline(client, probes)


def least_of_twenty(server, client):
    resident = []
    for _ in range(20):
        recipients(server, client)
        resident.append(server.resident())
    return min(resident)


# What is in flight at the moment comes and goes by a few MiB, and the first times fill what is filled
# once (journal, archive, the database's cache); what leaks grows in every twenty.
def until_memory_stands(server, client, least):
    for _ in range(8):
        before, least = least, least_of_twenty(server, client)
        if least - before <= MIB:
            break
    return (least - before) / MIB


def main():
    server = Server(SETTINGS, users=["flooder"])
    chat = Chat(server)
    baseline = chat.percentile(2)
    client = Client(server.plain, timeout=30).login("flooder", "secret", "f")
    resources(server)
    chat.percentile()
    for _ in range(16):
        recipients(server, client)
    least = least_of_twenty(server, client)
    compare(check, figure, "36 times 10,000 recipients", baseline, chat.percentile())
    grown = until_memory_stands(server, client, least)
    figure("memory, least of the last twenty times over that of the twenty before",
           "%.2f MiB" % grown)
    check(grown <= 1, "memory grows by %.1f MiB in twenty times" % grown)
    rosters(server, client)
    directed(server, client)
    client.settle()
    check(chat.stop(), "the pair was thrown out")
    server.stop()
    finish()


if __name__ == "__main__":
    os.nice(5)
    main()
