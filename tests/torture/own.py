#!/usr/bin/env python3
"""What RFC 4475 and RFC 5118 are about, in messages of our own, against a real node: by datagram
and by connection, from a peer that the node trusts. After each the node must be alive. Also what
servers have been broken by (the project's list of attacks known from others, rows S1 to S19) as far
as one message can do it. Needs nothing but the node."""
import itertools
import pathlib
import re
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "trust"))
from client import Client  # noqa: E402
from node import until  # noqa: E402
from sip import PATIENCE, STRANGER, TRUNK, SipServer, Stream, request  # noqa: E402

PORT = 5071  # of sent-by, where answers go that no rport asks for
FIELDS = ("via", "from", "to", "call-id", "cseq", "max-forwards", "more", "length")
server = None
_branches = itertools.count(1)


def message(body=b"", **parts):
    """An OPTIONS that is in order, but for the parts that are given, as whole lines without their
    ends; None: without that one."""
    method = parts.pop("method", "OPTIONS")
    parts = {name.rstrip("_").replace("_", "-"): value for name, value in parts.items()}
    start = parts.pop("start", f"{method} sip:carol@example.com SIP/2.0")
    lines = {
        "via": f"Via: SIP/2.0/UDP 192.0.2.33:{PORT};branch=z9hG4bKown{next(_branches)}",
        "from": "From: <sip:dave@example.com>;tag=d1", "to": "To: <sip:carol@example.com>",
        "call-id": "Call-ID: own1@192.0.2.33", "cseq": f"CSeq: 41 {method}",
        "max-forwards": "Max-Forwards: 70", "more": None,
        "length": f"Content-Length: {len(body)}"} | parts
    head = [start, *(lines[name] for name in FIELDS if lines[name] is not None)]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def multipart(body, method="MESSAGE"):
    return message(body, method=method, more="Content-Type: multipart/mixed;boundary=b7")


def of(method, **parts):
    return message(method=method, **parts)


# Name, message, what it is answered with. A set: any of them; 405 also stands for a method that
# nobody handles; 0: not at all.
NO_METHOD = 405
GOOD = {
    "white space and folds wherever they may be": (message(
        start="OPTIONS sip:carol@example.com SIP/2.0", to="TO :\r\n \"C\\\"\" <sip:carol@example.com>"
        "\r\n\t;x = \"y\"", via="v:\tSIP / 2.0\r\n /UDP  192.0.2.33:%d ;branch =\r\n z9hG4bKfold"
        % PORT, cseq="cseq: 0041\r\n OPTIONS", more="l:\r\n 0", length=None), {200}),
    "a method nobody knows": (of("dA-n.c!e%*_+`'~"), {501}),
    "escapes in a user are not a scheme": (message(
        start="OPTIONS sip:sips%3Acarol%40x@example.com SIP/2.0"), {200}),
    "a user that has NUL in it": (message(start="OPTIONS sip:a%00b@example.com SIP/2.0"), {200}),
    "an escaped method is another method": (of("OPT%49ONS"), {501}),
    "no space before the bracket": (message(to="To: Carol<sip:carol@example.com>"), {200}),
    "parameters inside a user": (message(
        start="OPTIONS sip:carol;phone=1;x@example.com SIP/2.0"), {200}),
    "ways that nobody knows": (message(
        more="Via: SIP/2.0/CARRIER-PIGEON a;branch=z9hG4bKp\r\nVia: SIP/2.0/SCTP b"), {200}),
    "hops used up": (message(max_forwards="Max-Forwards: 0"), {200}),
    "long values": (message(
        from_='From: "%s" <sip:%s@example.com>;tag=%s' % ("n" * 600, "u" * 600, "t" * 900),
        call_id="Call-ID: " + "c" * 900), {200}),
    "unknown fields and parameters": (message(
        more="New-Fangled: a\r\n b\r\nContact: <sip:d@192.0.2.33;un=known>;strange=1"), {200}),
    "a branch that is the cookie and nothing else": (message(
        via=f"Via: SIP/2.0/UDP 192.0.2.33:{PORT};branch=z9hG4bK"), {200}),
    "as RFC 2543 had it": (message(
        via=f"Via: SIP/2.0/UDP 192.0.2.33:{PORT}", from_="From: sip:dave@example.com",
        max_forwards=None), {200}),
    "IPv6 everywhere": (message(
        start="OPTIONS sip:[2001:db8::5]:5070 SIP/2.0", more="Contact: <sip:[::ffff:192.0.2.5]>",
        via=f"Via: SIP/2.0/UDP [2001:db8::7]:{PORT};received=2001:db8::8;branch=z9hG4bKsix"),
        {200}),
    "a Date of a zone that is none": (message(more="Date: Fri, 01 Jan 2010 16:00:00 EST"), {200}),
    "Proxy-Require is for proxies (ms-benotify)": (message(
        more="Proxy-Require: ms-benotify, ms-other"), {200}),
    "S4: a space before the colon changes no name": (message(
        call_id="Call-ID : own1@192.0.2.33", more="X-Bypass-me : v"), {200}),
    "S5: the largest CSeq": (message(cseq="CSeq: 2147483647 OPTIONS"), {200}),
    "S8: parts without bodies": (multipart(b"--b7\r\nContent-Type: text/plain\r\n\r\n--b7--"), {415}),
    "S8: a multipart without parts": (multipart(b"--b7--\r\n"), {415}),
    "S8: an end that never comes": (multipart(b"--b7\r\n\r\n--b7"), {415}),
    "S9: a user of 8 KiB": (message(start="OPTIONS sip:%s@example.com SIP/2.0" % ("u" * 8192)),
                            {200}),
    "S9: a Contact of 8 KiB": (message(more="Contact: <sip:%s@a>" % ("c" * 8192)), {200}),
    "S9: SIP-If-Match of 8 KiB": (of("PUBLISH", more="Event: presence\r\nSIP-If-Match: "
                                     + "e" * 8192), {400, 412, 403, 404, NO_METHOD}),
    "S3: branch and tag of 4 KiB": (of(
        "REGISTER", via=f"Via: SIP/2.0/UDP 192.0.2.33:{PORT};branch=z9hG4bK{'b' * 4096}",
        from_="From: <sip:dave@example.com>;tag=" + "t" * 4096), {400, 401, 403, 404, NO_METHOD}),
    "S13: fifty long values of Accept": (of(
        "SUBSCRIBE", more="Event: presence\r\nContact: <sip:d@192.0.2.33>\r\n"
        + "\r\n".join("Accept: application/" + "x" * 200 for _ in range(50))),
        {200, 400, 403, 404, 406, 415, NO_METHOD}),
}
# Well-formed, and not to be had.
REFUSED = {
    "a scheme nobody knows": (message(start="OPTIONS nobody-knows:this SIP/2.0"), {416}),
    "an extension nobody has": (message(more="Require: nobody-has, this"), {420}),
    "content nobody takes": (message(b"{}", method="MESSAGE",
                                     more="Content-Type: application/unheard-of"), {415}),
    "somebody who is not there": (message(b"hi", method="MESSAGE",
                                          more="Content-Type: text/plain"), {404}),
}
# What a datagram is answered with 400 and a stream too.
BAD = {
    "separators with nothing between": message(
        via=f"Via: SIP/2.0/UDP 192.0.2.33:{PORT};;,;,,"),
    "CSeq beyond 64 bits": message(cseq="CSeq: 18446744073709551657 OPTIONS"),
    "S5: CSeq 2^31": message(cseq="CSeq: 2147483648 OPTIONS"),
    "S5: CSeq 2^32 - 1": message(cseq="CSeq: 4294967295 OPTIONS"),
    "S5: CSeq 2^32": message(cseq="CSeq: 4294967296 OPTIONS"),
    "S5: CSeq 2^32 + 1": message(cseq="CSeq: 4294967297 OPTIONS"),
    "S14: a method of 1,700 bytes in CSeq": message(cseq="CSeq: 1 " + "M" * 1700),
    "Max-Forwards beyond its range": message(max_forwards="Max-Forwards: 256"),
    "quotes that do not end": message(to='To: "Carol <sip:carol@example.com>'),
    "brackets around the Request-URI": message(start="OPTIONS <sip:c@example.com> SIP/2.0"),
    "a space in the Request-URI": message(start="OPTIONS sip:c@example.com; lr SIP/2.0"),
    "two spaces in the request line": message(start="OPTIONS  sip:c@example.com SIP/2.0"),
    "a space behind the request line": message(start="OPTIONS sip:c@example.com SIP/2.0 "),
    "fields in the Request-URI": message(start="OPTIONS sip:c@example.com?Route=%3Ca%3E SIP/2.0"),
    "spaces inside of brackets": message(to="To: < sip:carol@example.com >"),
    "a name with a comma, unquoted": message(to="To: Bell, Carol <sip:carol@example.com>"),
    "CSeq of another method": message(cseq="CSeq: 41 INVITE"),
    "no From, To and Call-ID": message(from_=None, to=None, call_id=None),
    "two of what is one": message(more="CSeq: 42 OPTIONS\r\nFrom: <sip:x@example.com>;tag=2"),
    "IPv6 without brackets": message(start="OPTIONS sip:2001:db8::5 SIP/2.0"),
    "a percent sign alone": message(start="OPTIONS sip:c%zz@example.com SIP/2.0"),
    "S6: a To that is only punctuation": message(to="To: ;;,<>@"),
    "S6: a Via of nothing": message(via="Via: "),
}
# Lengths: refused by datagram; they end a stream.
BAD_LENGTHS = {
    "a length below nothing": "Content-Length: -5",
    "a length of letters": "Content-Length: 0x10",
    "two lengths": "Content-Length: 0\r\nl: 7",
    "S7: a length of 20 digits": "Content-Length: 99999999999999999999",
}
DROPPED = {
    "a response beyond all codes": message(start="SIP/2.0 4294967301 x"),
    "a response nobody waits for": message(start="SIP/2.0 200 OK"),
    "a response with a CSeq beyond all numbers": message(
        start="SIP/2.0 503 x", cseq="CSeq: 9292394834772304023312 OPTIONS"),
    "a response without a phrase": message(start="SIP/2.0 100 "),
    "BENOTIFY": of("BENOTIFY", more="Event: presence\r\nSubscription-State: active",
                   from_="From: <sip:dave@example.com>;tag=d1;epid=0aa8"),
    "BENOTIFY that is malformed": of("BENOTIFY", to="To: <"),
    "ACK of nothing": of("ACK"),
    "ACK that is malformed": of("ACK", to="To: <"),
}


def later(number=0):
    return message(call_id=f"Call-ID: later{number}")


class Torture(unittest.TestCase):
    def setUp(self):
        self.source = server.datagrams(port=PORT)
        self.addCleanup(self.source.close)

    def statuses(self, data):
        """Of all that comes back before what is sent afterwards is answered."""
        self.source.send(data)
        heard = []
        if (answer := server.receive(self.source, seconds=0.2 if self.quiet else 10)) is not None:
            heard.append(answer.status)
        self.source.send(later())
        while (answer := server.receive(self.source)) is not None:
            if answer.field("Call-ID") == "later0":
                break
            heard.append(answer.status)
        else:
            self.fail("what is sent afterwards is not answered")
        self.assertTrue(server.alive())
        return heard

    quiet = False

    def allowed(self, wanted):
        return wanted if isinstance(wanted, set) else {wanted}

    def by_datagram(self, name, data, wanted):
        with self.subTest(name, over="UDP"):
            heard = self.statuses(data)
            self.assertEqual(len(heard), 1, heard)
            self.assertIn(heard[0], self.allowed(wanted))

    def by_connection(self, name, data, wanted):
        """Answered, and what follows is, too, if it can be known where that begins. With the branch
        of the datagram it would be that one again (RFC 3261 §17.2.3)."""
        data = data.replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP").replace(b"z9hG4bKown", b"z9hG4bKtcp")
        with self.subTest(name, over="TCP"), Stream(server) as stream:
            answer = stream.ask(data)
            self.assertIsNotNone(answer)
            self.assertIn(answer.status, self.allowed(wanted))
            follows = stream.ask(later())
            if follows is not None:
                self.assertEqual(follows.status, 200)
            else:
                self.assertTrue(stream.closed and answer.status == 400)
        self.assertTrue(server.alive())

    def test_served(self):
        for name, (data, wanted) in {**GOOD, **REFUSED}.items():
            self.by_datagram(name, data, wanted)
            self.by_connection(name, data, wanted)

    def test_refused(self):
        for name, data in BAD.items():
            self.by_datagram(name, data, 400)
            self.by_connection(name, data, 400)
        other = message().replace(b"SIP/2.0", b"SIP/7.0")
        with server.datagrams() as source:  # its Via says nothing to us: back to where it came from
            self.assertEqual(server.ask(source, other).status, 505)

    def test_what_is_refused_says_why(self):
        answer = server.ask(self.source, message(more="Require: nobody-has, this"))
        self.assertEqual(answer.field("Unsupported"), "nobody-has, this")
        answer = server.ask(self.source, of("SERVICE"))
        self.assertEqual(answer.status, 405)
        self.assertIn("OPTIONS", answer.field("Allow"))

    def test_lengths(self):
        for name, line in BAD_LENGTHS.items():
            self.by_datagram(name, message(length=line), 400)
            with self.subTest(name, over="TCP"), Stream(server) as stream:
                self.assertIn(stream.ask(message(length=line)).status, {400, 413})
                self.assertTrue(stream.wait_for_end())
        self.by_datagram("more than there is", message(length="Content-Length: 9"), 400)
        self.by_datagram("noise behind it", message() + message(call_id="Call-ID: noise"), 200)
        with Stream(server) as stream:  # S7: it will not be waited for
            self.assertEqual(stream.ask(message(length="Content-Length: 300000")).status, 413)
            self.assertTrue(stream.wait_for_end())
        with Stream(server) as stream:  # a stream says where a message ends, or it is over
            self.assertEqual(stream.ask(message(length=None)).status, 400)
            self.assertTrue(stream.wait_for_end())

    def test_dropped(self):
        self.quiet = True
        for name, data in DROPPED.items():
            with self.subTest(name):
                self.assertEqual(self.statuses(data), [])

    def test_heads_beyond_limits(self):
        for name, more in (("fields", "\r\n".join(f"X-{i}: y" for i in range(70))),
                           ("bytes", "X: " + "y" * 40000)):
            with self.subTest(name), Stream(server) as stream:
                self.assertEqual(stream.ask(message(more=more)).status, 513)
                self.assertTrue(stream.wait_for_end())
            self.by_datagram(name, message(more=more), 513)
        with Stream(server) as stream:  # an end that never comes
            stream.send(b"OPTIONS sip:a SIP/2.0\r\nX: " + b"y" * 70000)
            self.assertTrue(stream.wait_for_end())
        self.assertTrue(server.alive())


class Rules(unittest.TestCase):
    """What is asked of a node that has peers, one behaviour a test."""

    def counted(self, *names):
        now = server.counters()
        return [now[name] for name in names]

    def test_pings_with_no_hops_left_are_answered(self):
        with server.datagrams() as source:
            answer = server.ask(source, request().replace(b"Max-Forwards: 70", b"Max-Forwards: 0"))
        self.assertEqual(answer.status, 200)

    def test_a_datagram_that_comes_again_is_answered_the_same_and_handled_once(self):
        data = request("MESSAGE", "sip:alice@localhost", body=b"once",
                       more="Content-Type: text/plain\r\n")
        absorbed, taken = self.counted("sip_retransmissions_absorbed", "gateway_messages_in")
        with server.datagrams() as source:
            first = server.ask(source, data)
            self.assertEqual(first.status, 202)
            for _ in range(20):
                self.assertEqual(server.ask(source, data).text, first.text)
        self.assertEqual(self.counted("sip_retransmissions_absorbed", "gateway_messages_in"),
                         [absorbed + 20, taken + 1])

    def test_microsofts_own_parameters_change_nothing(self):
        more = "Proxy-Require: ms-benotify\r\nSupported: ms-benotify, ms-piggyback-first-notify\r\n"
        via = ";rport;ms-received-port=5071;ms-received-cid=A00"
        data = request("OPTIONS", more=more, via=via, tag="t;epid=01c0;ms-opaque=\"x y\"")
        with server.datagrams() as source:
            answer = server.ask(source, data)
        self.assertEqual(answer.status, 200)
        self.assertIn(";ms-received-port=5071;ms-received-cid=A00;", answer.field("Via"))
        self.assertTrue(answer.field("From").endswith(";tag=t;epid=01c0;ms-opaque=\"x y\""))

    def test_strangers_are_refused_and_the_operator_is_told_by_whom_once_in_a_while(self):
        before, = self.counted("sip_strangers_refused")
        for _ in range(100):
            with server.datagrams(STRANGER) as source:
                self.assertEqual(server.ask(source, request("MESSAGE")).status, 403)
        with Stream(server, STRANGER) as stream:
            self.assertEqual(stream.ask(request("MESSAGE")).status, 403)
            self.assertEqual(stream.ask(request("OPTIONS")).status, 200)
        self.assertEqual(self.counted("sip_strangers_refused"), [before + 101])
        told = f"upstream_not_trusted address={STRANGER}"
        until(lambda: told in server.log(), "the stranger in the log")
        self.assertLessEqual(server.log().count(told), 20)  # ten at once, a shard

    def test_no_challenge_is_answered(self):  # S18
        alice = Client(server.plain).login("alice", server.passwords["alice"], "desk")
        self.addCleanup(alice.close)
        with server.datagrams(TRUNK, 5060) as peer:  # where requests for it go
            alice.send("<message to='eve@example.com' id='s18'><body>hi</body></message>")
            peer.settimeout(PATIENCE)
            heard = peer.recv(65536)
            self.assertTrue(heard.startswith(b"MESSAGE sip:eve@example.com SIP/2.0\r\n"), heard)
            copied = b"".join(re.findall(rb"^(?:Via|From|To|Call-ID|CSeq):.*\r\n", heard, re.M))
            peer.send(b"SIP/2.0 401 Unauthorized\r\n" + copied + b"WWW-Authenticate: Digest "
                      b"realm=\"localhost\", nonce=\"n\", qop=\"auth\"\r\nContent-Length: 0\r\n\r\n")
            error = alice.expect("<message [^>]*type='error'.*?</message>").group().decode()
            self.assertIn("<not-authorized", error)
            peer.settimeout(0.3)
            with self.assertRaises(socket.timeout):
                peer.recv(65536)

    def test_answers_go_nowhere_but_back(self):  # S19
        with server.datagrams(STRANGER, PORT) as source, \
                server.datagrams("127.0.0.49", PORT) as elsewhere:
            for via in (f"Via: SIP/2.0/UDP 127.0.0.49:{PORT};branch=z9hG4bKe1",
                        f"Via: SIP/2.0/UDP 0.0.0.0:{PORT};maddr=127.0.0.49;branch=z9hG4bKe2",
                        f"Via: SIP/2.0/UDP [::1]:{PORT};received=127.0.0.49;branch=z9hG4bKe3"):
                data = message(via=via, more="Route: <sip:127.0.0.49;lr>\r\n"
                               "Record-Route: <sip:127.0.0.49;lr>\r\nContact: <sip:127.0.0.49>")
                self.assertEqual(server.ask(source, data).status, 200)
            self.assertIsNone(server.receive(elsewhere, seconds=0.2))


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
