"""Malformed JIDs at every entry point (X21), delay stamps from nowhere (X20), and elements that
only the server may say (X13), seen from the other side."""
import re

from client import Client, header, plain_token
from server import Server, check, difference, figure, finish

BAD = ["@", "@localhost", "alice@", "a@@b", "a b@localhost", "alice@local host", "/", "alice@/x",
       "&#9;@localhost", "a&quot;b@localhost", "a&amp;b@localhost", "a&apos;b@localhost",
       "a:b@localhost", "a&lt;b@localhost", "x" * 1024 + "@localhost", "a@" + "y" * 1024,
       "a@localhost/" + "z" * 1024, "a@localhost/&#x7f;", "a@-", "a@.", "a@a..b", "a@[::1",
       "a@xn--\u00e9", "\ufdd0@localhost", "\U0001f600" * 300 + "@localhost"]
WRITES = {
    "message": "<message to=\"%s\" type='chat' id='%s'><body>x</body></message>",
    "presence": "<presence to=\"%s\" id='%s'/>",
    "subscribe": "<presence to=\"%s\" id='%s' type='subscribe'/>",
    "iq": "<iq to=\"%s\" id='%s' type='get'><ping xmlns='urn:xmpp:ping'/></iq>",
    "roster": "<iq id='%2$s' type='set'><query xmlns='jabber:iq:roster'><item jid=\"%1$s\"/>"
              "</query></iq>",
    "block": "<iq id='%2$s' type='set'><block xmlns='urn:xmpp:blocking'><item jid=\"%1$s\"/>"
             "</block></iq>",
    "from": "<message from=\"%s\" to='bob@localhost' id='%s'><body>x</body></message>",
}


def malformed(server):
    count = 0
    client = None
    for kind, template in WRITES.items():
        for number, jid in enumerate(BAD):
            if client is None:
                client = Client(server.plain).login("alice", server.passwords["alice"], "bad")
            name = "%s-%d" % (kind, number)
            text = template.replace("%1$s", "%s").replace("%2$s", "%s")
            swapped = "%2$s" in template
            client.send(text % ((name, jid) if swapped else (jid, name)))
            client.send("<iq type='get' id='done' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
            answer = client.expect("<iq [^>]*id='done'[^>]*>|</stream:stream>").string
            check(b"error" in answer, "%s to %r: %r" % (kind, jid[:40], answer[-200:]))
            count += 1
            if b"</stream:stream>" in answer:
                check(kind == "from" or b"improper-addressing" in answer, "%s ended it" % name)
                client.close()
                client = None
    for jid in BAD:
        for place in ("to", "sasl", "authzid", "resource"):
            before_login(server, place, jid)
            count += 1
    figure("malformed JIDs: entry points, tries", "%d, %d" % (len(WRITES) + 4, count))


def before_login(server, place, jid):
    client = Client(server.plain)
    plain = jid.encode("utf-8", "replace").decode("utf-8", "replace")
    if place == "to":
        client.send(header().replace("to='localhost'", 'to="%s"' % jid))
        answer = client.until_closed()
        check(b"<stream:error>" in answer, "a header to %r: %r" % (jid[:40], answer[-200:]))
    elif place == "resource":
        client.open()
        client.authenticate("alice", server.passwords["alice"])
        client.open()
        answer = client.bind("r" * 1100 if len(jid) > 1000 else jid)
        check("<jid>" in answer or "error" in answer, "resource %r: %s" % (jid[:40], answer))
    else:
        client.open()
        text = re.sub("&[^;]*;", "\x01", plain)
        name, authzid = (text, "") if place == "sasl" else ("alice", text)
        client.auth("PLAIN", plain_token(name, server.passwords["alice"], authzid))
        answer = client.expect("<failure.*?</failure>|<success|<stream:error.*").group(0)
        check(b"<failure" in answer, "%s %r: %r" % (place, jid[:40], answer))
    client.close()


FORGED = [
    ("stanza-id", "<stanza-id xmlns='urn:xmpp:sid:0' id='FORGED' by='bob@localhost'/>"),
    ("stanza-id, twice", "<stanza-id xmlns='urn:xmpp:sid:0' id='FORGED' by='bob@localhost'/>"
                         "<stanza-id xmlns='urn:xmpp:sid:0' id='FORGED2' by='bob@localhost'/>"),
    ("delay", "<delay xmlns='urn:xmpp:delay' from='localhost' stamp='2001-01-01T00:00:00Z'>"
              "FORGED</delay>"),
    ("delay, account", "<delay xmlns='urn:xmpp:delay' from='bob@localhost' "
                       "stamp='2001-01-01T00:00:00Z'>FORGED</delay>"),
]
STAMPS = ["9999-12-31T23:59:59Z", "292277026596-12-04T15:30:08Z", "-0001-01-01T00:00:00Z", "", "x",
          "1969-12-31T23:59:59.999999999Z", "2026-01-01T00:00:00+99:99", "9" * 500]


def forged(server):
    alice = Client(server.plain).login("alice", server.passwords["alice"], "f")
    bob = Client(server.plain).login("bob", server.passwords["bob"], "f")
    before = server.counters()
    for name, element in FORGED:
        alice.send("<message to='%s' type='chat'><body>forged</body>%s</message>"
                   % (bob.jid, element))
        got = bob.expect("<message .*?</message>").group(0)
        check(b"FORGED" not in got, "%s reached the recipient: %r" % (name, got))
        check(got.count(b"urn:xmpp:sid:0") == 1, "%s: stanza ids in %r" % (name, got))
    removed, = difference(server.counters(), before, "xmpp_forgeries_removed")
    figure("forged elements: sent, removed", "%d, %d" % (len(FORGED), removed))
    check(removed >= len(FORGED), "only %d forgeries were counted" % removed)
    carbons(alice, bob)
    push(alice, bob)
    for stamp in STAMPS:  # X20: passed on as they are; nobody here computes with them
        alice.send("<message to='%s' type='chat'><body>stamp</body><delay xmlns='urn:xmpp:delay' "
                   "from='elsewhere.example' stamp='%s'/></message>" % (bob.jid, stamp))
        got = bob.expect("<message .*?</message>").group(0).decode()
        check("stamp='%s'" % stamp in got, "the stamp %r: %s" % (stamp, got))
    alice.settle()
    bob.settle()


def carbons(alice, bob):
    """A carbon is believed if it comes from one's own bare JID: nobody else's may seem to."""
    for kind in ("sent", "received"):
        alice.send("<message to='%s' type='chat'><%s xmlns='urn:xmpp:carbons:2'><forwarded "
                   "xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='carol@localhost'"
                   " to='bob@localhost'><body>fake</body></message></forwarded></%s></message>"
                   % (bob.jid, kind, kind))
        bob.settle()
        alice.settle()
        seen, bob.seen = bob.seen, b""
        check(b"from='bob@localhost'" not in seen.split(b"<forwarded")[0],
              "a forged carbon came from bob: %r" % seen)
    for sender in ("bob@localhost", "localhost", "bob@localhost/f"):
        liar = Client(alice.socket.getpeername()[1])
        liar.login("carol", carbons.password, "liar")
        liar.send("<message from='%s' to='%s'><body>LIE</body></message>" % (sender, bob.jid))
        answer = liar.until_closed()
        check(b"invalid-from" in answer, "from another's address: %r" % answer)
        bob.settle()
        check(b"LIE" not in bob.seen, "a forged sender was passed on")


def push(alice, bob):
    """A roster push to another client: arrives, if at all, with the sender's own address."""
    alice.send("<presence to='%s'/>" % bob.jid)
    alice.send("<iq type='set' id='p' to='%s'><query xmlns='jabber:iq:roster'>"
               "<item jid='evil@localhost' subscription='both'/></query></iq>" % bob.jid)
    alice.settle()
    bob.settle()
    bob.socket.settimeout(1)
    found = re.findall(rb"<iq [^>]*>", bob.seen)
    check(all(b"from='alice@localhost/f'" in tag for tag in found if b"id='p'" in tag),
          "a forged push: %r" % found)
    check(not any(b"from=" not in tag and b"id='p'" in tag for tag in found), "a push without from")
    bob.socket.settimeout(10)
    bob.seen = b""
    bob.send("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>")
    roster = bob.expect("<iq [^>]*id='roster'[^>]*>.*?(</iq>|/>)").group(0)
    check(b"evil" not in roster, "a forged push changed a roster")
    bob.seen = b""


def main():
    server = Server()
    carbons.password = server.passwords["carol"]
    malformed(server)
    forged(server)
    server.stop()
    finish()


if __name__ == "__main__":
    main()
