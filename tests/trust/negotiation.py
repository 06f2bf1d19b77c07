"""What clients may not do before and around a login: injection after STARTTLS, another host after
authentication, compression, credentials of somebody else (X1, X7, X14, X27), PLAIN in the clear."""
import base64
import os

from client import Client, Closed, SASL, header, plain_token
from server import Server, check, difference, figure, finish

STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"


def injection(server):
    """<starttls/> and a login in one segment: the login must not be there after the handshake."""
    good = plain_token("alice", server.passwords["alice"])
    auth = "<auth xmlns='%s' mechanism='PLAIN'>%s</auth>" % (SASL, good)
    before = server.counters()
    for text in (auth, header() + auth, "x" * 5000):
        client = Client(server.starttls)
        client.open()
        client.send(STARTTLS + text)
        client.expect("<proceed[^>]*>")
        check(not client.seen, "something follows <proceed/>: %r" % client.seen)
        client.secure()
        client.open()
        client.send("<iq type='get' id='who'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
        answer = client.until_closed()
        check(b"not-authorized" in answer and b"success" not in answer,
              "after an injection: %r" % answer)
    dropped, = difference(server.counters(), before, "xmpp_plaintext_dropped")
    dropped += difference(server.counters(), before, "starttls_bytes_dropped")[0]
    figure("STARTTLS injection: attempts, bytes dropped", "3, %d" % dropped)
    check(dropped >= 5000, "the injected bytes were not counted")


def other_host(server):
    """A second header to another host, after authentication and after bind (X14)."""
    client = Client(server.plain)
    client.open()
    check(client.authenticate("alice", server.passwords["alice"]), "the login failed")
    client.send(header("other.example"))
    answer = client.until_closed()
    check(b"host-unknown" in answer or b"not-authorized" in answer, "other host: %r" % answer)
    client = Client(server.plain).login("alice", server.passwords["alice"])
    client.send(header())
    check(b"<stream:error" in client.until_closed(), "a header inside a bound stream was taken")


def compression(server):
    for login in (False, True):
        client = Client(server.plain)
        features = client.open()
        check(b"compression" not in features.string, "compression is offered")
        if login:
            client.authenticate("alice", server.passwords["alice"])
            client.open()
            client.bind()
        client.send("<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method>"
                    "</compress>")
        answer = client.until_closed()
        check(b"unsupported-stanza-type" in answer or b"not-authorized" in answer,
              "<compress/>: %r" % answer)
        check(b"compressed" not in answer, "<compress/> was accepted")


def matrix(server):
    """(what is sent, what must come back), each on a stream of its own."""
    right = server.passwords["alice"]
    encode = lambda text: base64.b64encode(text).decode()
    rows = [
        ("PLAIN", plain_token("alice", right), "success"),
        ("PLAIN", plain_token("alice", right, "alice@localhost"), "success"),
        ("PLAIN", plain_token("alice", right, "bob@localhost"), "invalid-authzid"),
        ("PLAIN", plain_token("alice", right, "alice@other.example"), "invalid-authzid"),
        ("PLAIN", plain_token("alice", right, "localhost"), "invalid-authzid"),
        ("PLAIN", plain_token("alice", "wrong"), "not-authorized"),
        ("PLAIN", plain_token("alice", ""), "not-authorized|malformed-request"),
        ("PLAIN", plain_token("nobody", right), "not-authorized"),
        ("PLAIN", plain_token("", right), "not-authorized|malformed-request"),
        ("PLAIN", plain_token("al@ice", right), "not-authorized|malformed-request"),
        ("PLAIN", encode(b"alice"), "malformed-request|not-authorized"),
        ("PLAIN", encode(b"\0\0\0\0\0"), "malformed-request|not-authorized"),
        ("PLAIN", encode(b"\0alice\0\xff\xfe"), "malformed-request|not-authorized"),
        ("PLAIN", "=", "malformed-request|incorrect-encoding|not-authorized"),
        ("PLAIN", "!!!!", "incorrect-encoding"),
        ("DIGEST-MD5", "", "invalid-mechanism"),
        ("CRAM-MD5", "", "invalid-mechanism"),
        ("EXTERNAL", "=", "invalid-mechanism"),
        ("ANONYMOUS", "", "invalid-mechanism"),
        ("SCRAM-SHA-256-PLUS", encode(b"p=tls-exporter,,n=alice,r=x"), "failure"),
        ("SCRAM-SHA-256", encode(b"n,,n=alice,r="), "failure"),
        ("SCRAM-SHA-256", encode(b"n,a=bob,n=alice,r=abc"), "failure|challenge"),
        ("SCRAM-SHA-256", encode(b"p=tls-exporter,,n=alice,r=abc"), "failure"),
        ("SCRAM-SHA-256", encode(b"n,,m=ext,n=alice,r=abc"), "failure"),
        ("SCRAM-SHA-256", encode(b"n,,n=al=2ice,r=abc"), "failure"),
        ("SCRAM-SHA-256", encode(b"n,,"), "failure"),
        ("SCRAM-SHA-256", encode(os.urandom(60)), "failure"),
    ]
    for mechanism, token, wanted in rows:
        client = Client(server.plain)
        client.open()
        client.auth(mechanism, token)
        answer = client.expect("<success|<challenge|<failure[^>]*>.*?</failure>").group(0).decode()
        check(any(word in answer for word in wanted.split("|")),
              "%s %s: %s" % (mechanism, token, answer))
        client.close()
    figure("SASL: attempts on the wire", len(rows) + out_of_order(server))


def out_of_order(server):
    """X27: elements where they do not belong; each is an error, and the server goes on."""
    response = "<response xmlns='%s'>eA==</response>" % SASL
    abort = "<abort xmlns='%s'/>" % SASL
    success = "<success xmlns='%s'/>" % SASL
    start = "<auth xmlns='%s' mechanism='SCRAM-SHA-1'>biwsbj1hbGljZSxyPXg=</auth>" % SASL
    rows = [response, abort, success, start + start, start + abort + response, start + "<presence/>",
            start + success, "<message to='bob@localhost'><body>x</body></message>", "<r/>",
            "<a xmlns='urn:xmpp:sm:3' h='1'/>", "<resume xmlns='urn:xmpp:sm:3' h='0' previd='x'/>",
            start + STARTTLS]
    for text in rows:
        client = Client(server.plain)
        client.open()
        client.send(text + "</stream:stream>")
        answer = client.until_closed()
        check(b"success" not in answer and (b"failure" in answer or b"error" in answer),
              "%s: %r" % (text, answer))
    clear = Client(server.starttls)
    features = clear.open().string
    check(b"PLAIN" not in features and b"SCRAM" not in features, "SASL is offered in the clear")
    clear.auth("PLAIN", plain_token("alice", server.passwords["alice"]))
    answer = clear.expect("<success|<failure[^>]*>.*?</failure>|<stream:error").group(0)
    check(b"<success" not in answer, "a login in the clear: %r" % answer)
    return len(rows) + 1


def aborted(server):
    """2,000 exchanges begun and aborted, three a stream."""
    before = server.counters()
    start = "<auth xmlns='%s' mechanism='SCRAM-SHA-1'>biwsbj1hbGljZSxyPXg=</auth>" % SASL
    for _ in range(700):
        client = Client(server.plain)
        client.open()
        try:
            for _ in range(4):
                client.send(start)
                client.expect("</challenge>")
                client.send("<abort xmlns='%s'/>" % SASL)
                client.expect("</failure>")
            check(False, "four aborted exchanges on a stream")
        except (Closed, ConnectionError):
            pass
        client.close()
    failures, limited = difference(server.counters(), before, "xmpp_login_failures",
                                   "xmpp_limit_login_failures")
    figure("aborted exchanges, streams thrown out", "%d, %d" % (failures, limited))
    check(limited == 700, "%d of 700 streams were thrown out" % limited)


def main():
    server = Server()
    injection(server)
    other_host(server)
    compression(server)
    matrix(server)
    aborted(server)
    server.stop()
    finish()


if __name__ == "__main__":
    main()
