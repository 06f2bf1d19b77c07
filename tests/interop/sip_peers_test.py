"""SIP peers that are names, found by a server of DNS on loopback, and peers that come and go while
the node runs."""

import asyncio
import atexit
import itertools
import re
import socket

import harness

harness.need(module="slixmpp")

import peer  # noqa: E402  (needs slixmpp)
from dns_server import DnsServer  # noqa: E402

NUMBERS = itertools.count()


def listener():
    made = socket.create_server(("127.0.0.1", 0))
    made.settimeout(harness.PATIENCE)
    atexit.register(made.close)
    return made


def port_of(bound):
    return bound.getsockname()[1]


FIRST, SECOND = listener(), listener()
with socket.create_server(("127.0.0.1", 0)) as shut:
    NOBODY = port_of(shut)
DNS = DnsServer()
DNS.host("a.example.org", "127.0.0.1")
DNS.srv("_sip._tcp.example.org", 10, NOBODY, "a.example.org")
DNS.srv("_sip._tcp.example.org", 20, port_of(FIRST), "a.example.org")
DNS.srv("_sip._tcp.example.org", 30, port_of(SECOND), "a.example.org")
SETTINGS = f"""
[dns]
servers = ["{DNS.address}"]

[sip]
enabled = true
address = "127.0.0.1"
transports = ["tcp"]
tcp_port = 0
"""
NAMED = """
[[sip.peer]]
address = "example.org"
domains = ["named.example"]

[[sip.peer]]
address = "nothing.example.org"
domains = ["nowhere.example"]
"""


def numeric(domain, port):
    return f"""
[[sip.peer]]
address = "127.0.0.1"
port = {port}
domains = ["{domain}"]
"""


def read_request(connection):
    heard = b""
    while b"\r\n\r\n" not in heard:
        part = connection.recv(65536)
        if not part:
            raise AssertionError("the node has ended the connection")
        heard += part
    return heard.decode()


def answer(connection, request, status):
    copied = re.findall(r"^(?:Via|From|To|Call-ID|CSeq):.*\r\n", request, re.M)
    connection.sendall((f"SIP/2.0 {status} So\r\n" + "".join(copied)
                        + "Content-Length: 0\r\n\r\n").encode())


class SipPeers(peer.Test):
    async def asyncSetUp(self):
        harness.node(SETTINGS + NAMED)
        await super().asyncSetUp()
        self.alice = await self.peer(self.node.add_user(f"user{next(NUMBERS)}"), "here").arrive()

    def say(self, domain):
        self.alice.send_message(f"dave@{domain}", "hello", mtype="chat")

    async def expect_error(self, condition):
        heard = await self.alice.hear("message_error")
        self.assertIn(f"<{condition} ", str(heard))

    def reload(self, peers):
        file = self.node.folder / "rollcall.toml"
        file.write_text(harness.CONFIG + SETTINGS + peers, encoding="utf-8")
        return self.node.rollcall("reload")

    async def test_servers_of_a_name_are_tried_in_their_order(self):
        self.say("named.example")
        connection, _ = await asyncio.to_thread(FIRST.accept)
        with connection:
            request = await asyncio.to_thread(read_request, connection)
            self.assertTrue(request.startswith("MESSAGE sip:dave@named.example SIP/2.0\r\n"))
            answer(connection, request, 503)
            other, _ = await asyncio.to_thread(SECOND.accept)
            with other:
                again = await asyncio.to_thread(read_request, other)
                self.assertEqual(again, request)
                answer(other, again, 486)
                await self.expect_error("recipient-unavailable")

    async def test_a_name_that_nobody_has(self):
        self.say("nowhere.example")
        await self.expect_error("remote-server-timeout")

    async def test_reload_takes_peers_away_and_brings_others(self):
        self.reload(numeric("old.example", port_of(FIRST)))
        self.say("old.example")
        connection, _ = await asyncio.to_thread(FIRST.accept)
        with connection:
            request = await asyncio.to_thread(read_request, connection)
            answer(connection, request, 486)
            await self.expect_error("recipient-unavailable")
            # One that stays as it is keeps its connection.
            self.reload(numeric("old.example", port_of(FIRST))
                        + numeric("new.example", port_of(SECOND)))
            self.say("old.example")
            answer(connection, await asyncio.to_thread(read_request, connection), 486)
            await self.expect_error("recipient-unavailable")
            self.reload(numeric("new.example", port_of(SECOND)))
            self.assertEqual(await asyncio.to_thread(connection.recv, 100), b"")
        self.say("old.example")
        await self.expect_error("remote-server-not-found")
        self.say("new.example")
        connection, _ = await asyncio.to_thread(SECOND.accept)
        with connection:
            answer(connection, await asyncio.to_thread(read_request, connection), 486)
            await self.expect_error("recipient-unavailable")
        self.reload(NAMED)


if __name__ == "__main__":
    harness.main()
