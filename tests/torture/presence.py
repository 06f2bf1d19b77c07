#!/usr/bin/env python3
"""PUBLISH and SUBSCRIBE that are nearly right, against a real node, from a peer that it trusts: what
each is refused with, and that nothing else happens. Needs nothing but the node."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "trust"))
from sip import TRUNK, SipServer, request  # noqa: E402

USER = "sip:alice@localhost"
EVENT = "Event: presence\r\n"
PIDF = "Content-Type: application/pidf+xml\r\n"
CONTACT = "Contact: <sip:dave@192.0.2.7>\r\n"
DOCUMENT = (b"<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:alice@localhost'>"
            b"<tuple id='t1'><status><basic>open</basic></status></tuple></presence>")
LAUGHS = b"".join(b"<!ENTITY l%d '%s'>" % (i + 1, b"&l%d;" % i * 10) for i in range(9))
BODIES = {
    "no XML at all": (b"hello", 400),
    "an end that never comes": (DOCUMENT[:-4], 400),
    "another document": (b"<dialog-info xmlns='urn:ietf:params:xml:ns:dialog-info'/>", 400),
    "entities that multiply": (b"<!DOCTYPE p [<!ENTITY l0 'ha'>" + LAUGHS + b"]><presence>&l9;"
                               b"</presence>", 400),
    "a file of ours": (b"<!DOCTYPE p SYSTEM 'file:///etc/passwd'><presence/>", 400),
    "bad UTF-8": (DOCUMENT.replace(b"open", b"\xc0\xbcopen"), 400),
    "NUL": (DOCUMENT.replace(b"open", b"op\0en"), 400),
    "a nest": (b"<presence>" + b"<a>" * 2000 + b"</a>" * 2000 + b"</presence>", 413),
    "17 KiB": (DOCUMENT.replace(b"<tuple", b" " * 17000 + b"<tuple"), 413),
}
server = None


def publish(body=DOCUMENT, more=EVENT + PIDF, uri=USER, **parts):
    return request("PUBLISH", uri, more=more, body=body, **parts)


def subscribe(more=EVENT + CONTACT, uri=USER, **parts):
    parts.setdefault("sender", "dave@example.com")
    return request("SUBSCRIBE", uri, more=more, **parts)


class Test(unittest.TestCase):
    def setUp(self):
        self.source = server.datagrams()
        self.addCleanup(self.source.close)
        # Where NOTIFYs go: nobody answers, so nothing is said twice by us.
        self.notified = server.datagrams(TRUNK, 5060)
        self.addCleanup(self.notified.close)

    def ask(self, data, status):
        answer = server.ask(self.source, data)
        self.assertIsNotNone(answer)
        self.assertEqual(answer.status, status, answer.text)
        self.assertTrue(server.alive())
        return answer

    def counted(self, *names):
        now = server.counters()
        return [now[name] for name in names]


class Publications(Test):
    def test_the_same_twice_is_one(self):
        before, = self.counted("sip_publications")
        data = publish()
        first = self.ask(data, 200)
        self.assertEqual(self.ask(data, 200).text, first.text)
        self.assertEqual(self.counted("sip_publications"), [before + 1])
        again = self.ask(publish(), 200)
        self.assertNotEqual(again.field("SIP-ETag"), first.field("SIP-ETag"))
        for answer in (first, again):
            withdrawn = self.ask(publish(b"", EVENT + "Expires: 0\r\nSIP-If-Match: "
                                         + answer.field("SIP-ETag") + "\r\n"), 200)
            self.assertIsNone(withdrawn.field("Contact"))

    def test_routes_are_not_repeated(self):
        answer = self.ask(publish(more=EVENT + PIDF + "Record-Route: <sip:192.0.2.9;lr>\r\n"
                                  + CONTACT), 200)
        self.assertIsNone(answer.field("Record-Route"))
        self.assertIsNone(answer.field("Contact"))

    def test_bodies(self):
        for name, (body, status) in BODIES.items():
            with self.subTest(name):
                self.ask(publish(body), status)
        for kind in ("text/plain", "application/unheard-of", "multipart/mixed;boundary=b"):
            with self.subTest(kind):
                answer = self.ask(publish(more=EVENT + f"Content-Type: {kind}\r\n"), 415)
                self.assertEqual(answer.field("Accept"), "application/pidf+xml")
        self.ask(publish(more=EVENT), 415)
        self.ask(publish(b"", EVENT), 400)

    def test_entity_tags(self):
        for tag in ("0" * 24, "x", "f" * 24, "e" * 8192, "%00", "'; DROP TABLE"):
            with self.subTest(tag[:24]):
                self.ask(publish(b"", EVENT + f"SIP-If-Match: {tag}\r\n"), 412)

    def test_events_and_lifetimes(self):
        for event in ("", "Event: unheard-of\r\n", "Event: presence.winfo.winfo\r\n",
                      "Event: ;id=1\r\n", "Event: " + "e" * 8192 + "\r\n"):
            with self.subTest(event[:30]):
                answer = self.ask(publish(more=event + PIDF), 489)
                self.assertIn("presence", answer.field("Allow-Events"))
        answer = self.ask(publish(more=EVENT + PIDF + "Expires: 1\r\n"), 423)
        self.assertGreater(int(answer.field("Min-Expires")), 1)
        self.ask(publish(more=EVENT + PIDF + "Expires: 4294967296\r\n"), 400)
        answer = self.ask(publish(more=EVENT + PIDF + "Expires: 4294967295\r\n"), 200)
        self.assertLessEqual(int(answer.field("Expires")), 86400)

    def test_users(self):
        for uri in ("sip:nobody-of-that-name@localhost", "sip:alice@elsewhere.example",
                    "sip:localhost", "sip:%s@localhost" % ("u" * 8192), "sip:a%00b@localhost",
                    "sip:%ff%fe@localhost"):
            with self.subTest(uri[:40]):
                answer = server.ask(self.source, publish(uri=uri))
                self.assertIn(answer.status, (400, 403, 404))
                self.assertTrue(server.alive())


class Subscriptions(Test):
    def test_contacts(self):  # S1
        for contact in ("<<sip:;;>", "", "sip:", "<sip:@>", "*", "<sip:a@b", "<http://a>, <sip:b>",
                        "\"unended <sip:a@b>", "<sip:a@b>;expires=x;q=9"):
            with self.subTest(contact):
                answer = server.ask(self.source, subscribe(EVENT + f"Contact: {contact}\r\n"))
                self.assertIn(answer.status, (200, 400))
                self.assertTrue(server.alive())
        self.ask(subscribe(EVENT), 400)
        self.ask(subscribe(EVENT + "Contact: <<sip:;;>\r\n"), 400)

    def test_lists_without_end(self):  # S13
        accept = "".join("Accept: application/%s\r\n" % ("x" * 200) for _ in range(50))
        answer = self.ask(subscribe(EVENT + CONTACT + accept), 406)
        self.assertEqual(answer.field("Accept"), "application/pidf+xml")
        self.ask(subscribe(EVENT + CONTACT + "Accept: " + "a/b, " * 3000 + "*/*\r\n"
                           + "Expires: 0\r\n"), 200)

    def test_events_and_lifetimes(self):
        for event in ("", "Event: unheard-of\r\n", "Event: \"presence\"\r\n"):
            answer = self.ask(subscribe(event + CONTACT), 489)
            self.assertIn("presence", answer.field("Allow-Events"))
        answer = self.ask(subscribe(EVENT + CONTACT + "Expires: 1\r\n"), 423)
        self.assertGreater(int(answer.field("Min-Expires")), 1)

    def test_who_may_not(self):
        before, = self.counted("sip_strangers_refused")
        self.ask(subscribe(sender="dave@elsewhere.example"), 403)
        self.ask(subscribe(sender="bob@localhost"), 403)
        with server.datagrams("127.0.0.49") as stranger:
            self.assertEqual(server.ask(stranger, subscribe()).status, 403)
        self.assertGreaterEqual(self.counted("sip_strangers_refused")[0], before + 3)

    def test_an_end_point_is_no_part_of_its_dialog(self):  # epid, MS-SIPRE
        first = subscribe(tag="e1;epid=0aa8c5e1b7")
        answer = self.ask(first, 200)
        again = first.replace(b"CSeq: 1 ", b"CSeq: 2 ").replace(b"epid=0aa8c5e1b7", b"epid=ffff")
        again = again.replace(b"To: <" + USER.encode() + b">", b"To: " + answer.field("To").encode())
        self.ask(again.replace(b";branch=z9hG4bK", b";branch=z9hG4bKagain"), 200)
        end = again.replace(b"CSeq: 2 ", b"CSeq: 3 ").replace(b"\r\nEvent", b"\r\nExpires: 0\r\nEvent")
        self.ask(end.replace(b";branch=z9hG4bK", b";branch=z9hG4bKend"), 200)

    def test_dialogs_nobody_knows(self):
        for tag in ("x", "0" * 40, "t" * 4096, "%00"):
            with self.subTest(tag[:10]):
                data = subscribe().replace(b"To: <" + USER.encode() + b">",
                                           b"To: <" + USER.encode() + b">;tag=" + tag.encode())
                self.ask(data, 481)

    def test_routes_without_end(self):
        more = "".join(f"Record-Route: <sip:192.0.2.{n};lr;x={'y' * 300}>\r\n" for n in range(50))
        answer = server.ask(self.source, subscribe(EVENT + CONTACT + more))
        self.assertIn(answer.status, (200, 400, 403, 513))
        self.assertTrue(server.alive())


def main():
    global server
    server = SipServer()
    try:
        good = unittest.main(verbosity=2, exit=False, warnings="ignore").result.wasSuccessful()
    finally:
        peaceful = server.stop()
    return 0 if good and peaceful else 1


if __name__ == "__main__":
    sys.exit(main())
