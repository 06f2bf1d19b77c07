"""A slixmpp client that remembers what it heard, so that a test can wait for it.

slixmpp is used as it comes: told the address, the certificate to trust, and nothing else.
"""

import asyncio
import itertools
import logging
import unittest

import slixmpp

import harness

logging.getLogger("asyncio").setLevel(logging.ERROR)
EVENTS = (
    "session_start", "session_resumed", "disconnected", "failed_auth", "sm_enabled", "message",
    "message_error", "presence", "roster_update", "carbon_received", "carbon_sent", "blocked",
    "unblocked", "stanza_acked", "chatstate_composing", "chatstate_active")


class Peer(slixmpp.ClientXMPP):
    def __init__(self, node, user, resource, plugins=()):
        super().__init__(f"{user.jid}/{resource}", user.password)
        self.node = node
        self.user = user
        self.ca_certs = str(node.authority)
        self.use_ipv6 = False  # the node listens on 127.0.0.1 only
        self._heard = []
        self._news = asyncio.Event()
        for plugin in plugins:
            self.register_plugin(plugin)
        for event in EVENTS:
            self.add_event_handler(event, lambda stanza, event=event: self._record(event, stanza))

    def _record(self, event, stanza):
        self._heard.append((event, stanza))
        self._news.set()

    def has_heard(self, event, wanted=lambda stanza: True):
        return any(name == event and wanted(stanza) for name, stanza in self._heard)

    async def hear(self, event, wanted=lambda stanza: True):
        """Waits for an event; each is returned once."""
        deadline = self.loop.time() + harness.PATIENCE
        while True:
            for index, (name, stanza) in enumerate(self._heard):
                if name == event and wanted(stanza):
                    del self._heard[index]
                    return stanza
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), deadline - self.loop.time())
            except asyncio.TimeoutError:
                heard = "\n".join(f"  {name}: {stanza}" for name, stanza in self._heard)
                raise AssertionError(f"{self.boundjid} did not hear {event}, but\n{heard}")

    async def hear_text(self, text, sender=None):
        return await self.hear("message", lambda message: message["body"] == text and
                               (sender is None or message["from"].bare == sender.jid))

    async def hear_presence(self, sender, kind="available"):
        """`kind` is the type, or, in slixmpp's way, what the contact shows."""
        return await self.hear("presence", lambda presence: presence["type"] == kind and
                               presence["from"].bare == sender.jid)

    async def hear_subscription(self, contact, state):
        """Waits for the roster push that says so."""
        return await self.hear("roster_update", lambda iq: iq["type"] == "set" and
                               iq["roster"]["items"].get(contact.jid, {}).get("subscription") ==
                               state)

    def dial(self, direct=False):
        """Begins to connect, by STARTTLS or by TLS from the first byte."""
        port = self.node.direct_port if direct else self.node.port
        self.default_port = port  # the one it takes with a name that needs looking up
        if hasattr(self, "enable_direct_tls"):  # slixmpp 1.9 and later
            self.enable_direct_tls = direct
            self.enable_starttls = not direct
            self.connect(self.node.domain, port)
        else:
            self.connect((self.node.domain, port), use_ssl=direct)

    async def arrive(self, direct=False):
        """Signs in, fetches the roster, becomes available, as clients do."""
        self.dial(direct)
        await self.hear("session_start")
        await self.get_roster()
        self.send_presence()
        await self.hear_presence(self.user)  # our own, reflected
        return self

    async def leave(self):
        if self.is_connected():
            await self.disconnect()

    def drop(self):
        """The connection breaks: neither XMPP nor TLS says goodbye."""
        self.transport.abort()

_numbers = itertools.count(1)


class Test(unittest.IsolatedAsyncioTestCase):
    """A test with peers; those still there at its end leave."""

    async def asyncSetUp(self):
        # Debugging reports every SCRAM as slow.
        asyncio.get_running_loop().set_debug(False)
        self.node = harness.node()
        self.peers = []

    async def asyncTearDown(self):
        for client in self.peers:
            await client.leave()

    def peer(self, user, resource, plugins=()):
        client = Peer(self.node, user, resource, plugins)
        self.peers.append(client)
        return client

    async def two_shards(self, plugins=()):
        """Two peers online whose users live on different shards."""
        first = self.peer(self.node.add_user(f"user{next(_numbers)}"), "first", plugins)
        await first.arrive()
        home = self.node.session(first.user)["shard"]
        for _ in range(50):
            second = self.peer(self.node.add_user(f"user{next(_numbers)}"), "second", plugins)
            await second.arrive()
            if self.node.session(second.user)["shard"] != home:
                return first, second
            await second.leave()
        raise AssertionError(f"fifty users in a row live on shard {home}")

    async def befriend(self, first, second):
        """Both subscribe to each other; slixmpp answers requests by itself."""
        first.send_presence_subscription(second.user.jid)
        await first.hear_presence(second.user)
        await second.hear_presence(first.user)
