"""Messages from users of the node, who have slixmpp, to SIP systems over TLS: Python's ssl stands for
them. Both sides show certificates; connections that are lost, and names that are wrong."""

import asyncio
import atexit
import itertools
import pathlib
import re
import shutil
import socket
import ssl
import tempfile

import harness

harness.need(module="slixmpp", command="openssl")

import peer  # noqa: E402  (needs slixmpp)
from authority import Authority  # noqa: E402

FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="rollcall-test-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
AUTHORITY = Authority(FOLDER)
STRANGER = Authority(FOLDER, "stranger")
NODE = AUTHORITY.issue("node", "DNS:localhost")
GATE = AUTHORITY.issue("gate", "DNS:gate.example,URI:sip:Gate.example")
WRONG = AUTHORITY.issue("wrong", "DNS:elsewhere.example")
UNTRUSTED = STRANGER.issue("gate", "URI:sip:gate.example")


def listener():
    made = socket.create_server(("127.0.0.1", 0))
    made.settimeout(harness.PATIENCE)
    atexit.register(made.close)
    return made


NUMBERS = itertools.count()
TLS = listener()
TCP = listener()
SETTINGS = f"""
[[certificate]]
domain = "localhost"
chain = "{NODE[0]}"
key = "{NODE[1]}"

[sip]
enabled = true
address = "127.0.0.1"
transports = ["tcp"]
tcp_port = 0
ca_file = "{AUTHORITY.file}"
keepalive_seconds = 1

[[sip.peer]]
address = "127.0.0.1"
port = {TLS.getsockname()[1]}
transport = "tls"
domains = ["gate.example"]

[[sip.peer]]
address = "127.0.0.1"
port = {TCP.getsockname()[1]}
domains = ["tcp.example"]
"""


def tls_context(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    context.load_verify_locations(AUTHORITY.file)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def accept(certificate=None):
    """A connection of the node's; with a certificate of ours over TLS."""
    connection, _ = (TLS if certificate else TCP).accept()
    connection.settimeout(harness.PATIENCE)
    if certificate is None:
        return connection
    return tls_context(certificate).wrap_socket(connection, server_side=True)


def read_request(connection, so_far=b""):
    """One request, line ends before it left out; pings are not answered."""
    while b"\r\n\r\n" not in so_far.lstrip(b"\r\n"):
        part = connection.recv(65536)
        if not part:
            raise AssertionError("the node has ended the connection")
        so_far += part
    return so_far.lstrip(b"\r\n").decode()


def answer(connection, request, status):
    copied = re.findall(r"^(?:Via|From|To|Call-ID|CSeq):.*\r\n", request, re.M)
    connection.sendall((f"SIP/2.0 {status} So\r\n" + "".join(copied)
                        + "Content-Length: 0\r\n\r\n").encode())


class SipTlsTrunk(peer.Test):
    async def asyncSetUp(self):
        harness.node(SETTINGS).authority = AUTHORITY.file
        await super().asyncSetUp()
        self.alice = await self.peer(self.node.add_user(f"user{next(NUMBERS)}"), "here").arrive()

    def say(self, domain, text="hello"):
        self.alice.send_message(f"dave@{domain}", text, mtype="chat")

    async def expect_error(self, condition):
        heard = await self.alice.hear("message_error")
        self.assertIn(f"<{condition} ", str(heard))

    async def test_who_is_not_the_peer_gets_nothing(self):
        for certificate in (WRONG, UNTRUSTED):
            self.say("gate.example")
            with self.assertRaises((ssl.SSLError, AssertionError, ConnectionError)):
                with await asyncio.to_thread(accept, certificate) as connection:
                    await asyncio.to_thread(read_request, connection)
            await self.expect_error("remote-server-timeout")
        for line in ('subject="CN=wrong" why="the peer has another', 'subject="CN=gate" why=".*issuer'):
            harness.until(lambda: re.search("upstream_not_trusted .*" + line, self.node.log(1000)),
                          line)

    async def test_the_peer_gets_it_and_sees_our_certificate(self):
        self.say("gate.example", "one")
        with await asyncio.to_thread(accept, GATE) as connection:
            self.assertIn(("DNS", "localhost"), connection.getpeercert()["subjectAltName"])
            request = await asyncio.to_thread(read_request, connection)
            self.assertRegex(request, "\r\nVia: SIP/2.0/TLS ")
            self.assertTrue(request.endswith("\r\n\r\none"))
            answer(connection, request, 486)
            await self.expect_error("recipient-unavailable")
            self.say("gate.example", "two")
            request = await asyncio.to_thread(read_request, connection)  # by the same one
        # … which ends before there is an answer.
        with await asyncio.to_thread(accept, GATE) as connection:
            self.assertEqual(await asyncio.to_thread(read_request, connection), request)
            answer(connection, request, 486)
            await self.expect_error("recipient-unavailable")

    async def test_a_peer_that_is_silent_is_connected_to_anew(self):
        self.say("tcp.example", "one")
        with await asyncio.to_thread(accept) as connection:
            request = await asyncio.to_thread(read_request, connection)
            answer(connection, request, 200)
            self.assertEqual(await asyncio.to_thread(connection.recv, 100), b"\r\n\r\n")
            connection.sendall(b"\r\n")
            self.say("tcp.example", "two")
            request = await asyncio.to_thread(read_request, connection)
            with await asyncio.to_thread(accept) as other:  # while the first one stands
                again = await asyncio.to_thread(read_request, other)
                self.assertEqual(again, request)
                answer(other, again, 486)
                await self.expect_error("recipient-unavailable")


if __name__ == "__main__":
    harness.main()
