"""aioxmpp against the node: sign-in, roster, presence, messages, offline messages, resumption."""

import asyncio
import inspect
import itertools
import logging
import os
import ssl
import unittest

import harness

harness.need(module="aioxmpp")

import aioxmpp            # noqa: E402
import aioxmpp.connector  # noqa: E402
import aioxmpp.dispatcher # noqa: E402
import aioxmpp.misc       # noqa: E402  (teaches messages their delay stamp)

if not hasattr(ssl, "match_hostname") and "match_hostname(" in inspect.getsource(
        aioxmpp.security_layer):
    harness.skip("this aioxmpp cannot check certificates on this Python (3.12 or later)")

logging.getLogger("asyncio").setLevel(logging.ERROR)
_numbers = itertools.count(1)


class Client:
    """One device of a user, with the services an instant messaging client has."""

    def __init__(self, node, user, resource, direct=False, port=None):
        self.user = user
        self.jid = aioxmpp.JID.fromstr(f"{user.jid}/{resource}")
        connector = (aioxmpp.connector.XMPPOverTLSConnector() if direct else
                     aioxmpp.connector.STARTTLSConnector())
        port = port or (node.direct_port if direct else node.port)
        self.client = aioxmpp.PresenceManagedClient(
            self.jid, aioxmpp.make_security_layer(user.password),
            override_peer=[("127.0.0.1", port, connector)], max_initial_attempts=1)
        self.roster = self.client.summon(aioxmpp.RosterClient)
        self.presence = self.client.summon(aioxmpp.PresenceClient)
        self._heard = []
        self._news = asyncio.Event()
        self.client.summon(aioxmpp.dispatcher.SimpleMessageDispatcher).register_callback(
            None, None, lambda message: self._record("message", message))
        for name, signal in (
                ("available", self.presence.on_available),
                ("changed", self.presence.on_changed),
                ("unavailable", self.presence.on_unavailable)):
            signal.connect(lambda jid, stanza, name=name, **_: self._record(name, stanza))
        self.roster.on_subscribe.connect(lambda stanza: self._record("subscribe", stanza))
        self.roster.on_entry_subscription_state_changed.connect(
            lambda item: self._record(f"subscription {item.subscription}", item))
        self.client.on_stream_suspended.connect(lambda why: self._record("suspended", why))
        self.client.on_stream_resumed.connect(lambda: self._record("resumed", None))

    def _record(self, event, what):
        self._heard.append((event, what))
        self._news.set()

    def has_heard(self, event):
        return any(name == event for name, _ in self._heard)

    async def hear(self, event, wanted=lambda what: True):
        """Waits for an event; each is returned once."""
        deadline = asyncio.get_running_loop().time() + harness.PATIENCE
        while True:
            for index, (name, what) in enumerate(self._heard):
                if name == event and wanted(what):
                    del self._heard[index]
                    return what
            self._news.clear()
            left = deadline - asyncio.get_running_loop().time()
            try:
                await asyncio.wait_for(self._news.wait(), left)
            except asyncio.TimeoutError:
                raise AssertionError(f"{self.jid} did not hear {event}, but {self._heard}")

    async def hear_from(self, event, sender):
        return await self.hear(event, lambda stanza: stanza.from_.bare() == sender.jid.bare())

    async def arrive(self):
        self._stay = self.client.connected()
        await self._stay.__aenter__()
        return self

    async def leave(self):
        await self._stay.__aexit__(None, None, None)

    async def say(self, to, text):
        message = aioxmpp.Message(type_=aioxmpp.MessageType.CHAT, to=to)
        message.body[None] = text
        await self.client.send(message)


def text_of(message):
    return message.body.any()


class Aioxmpp(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)
        self.node = harness.node()
        os.environ["SSL_CERT_FILE"] = str(self.node.authority)

    async def arrive(self, name, direct=False, port=None):
        client = Client(self.node, self.node.add_user(name), "desk", direct, port)
        await client.arrive()
        self.addAsyncCleanup(client.leave)
        return client

    async def two_shards(self, port=None):
        """Two clients online, friends, whose users live on different shards; the first dials
        `port` if one is given."""
        first = await self.arrive(f"user{next(_numbers)}", port=port)
        home = self.node.session(first.user)["shard"]
        for _ in range(50):
            second = await self.arrive(f"user{next(_numbers)}")
            if self.node.session(second.user)["shard"] != home:
                break
        else:
            raise AssertionError(f"fifty users in a row live on shard {home}")
        for one, other in ((first, second), (second, first)):
            one.roster.subscribe(other.jid.bare())
            await other.hear_from("subscribe", one)
            other.roster.approve(one.jid.bare())
            await one.hear_from("available", other)
        return first, second

    async def test_signs_in_by_starttls_and_by_direct_tls(self):
        for name, direct in (("starttls", False), ("direct", True)):
            client = await self.arrive(name, direct)
            session = self.node.session(client.user)
            self.assertEqual(session["mechanism"], "SCRAM-SHA-256")
            self.assertEqual(session["tls"], "TLSv1.3")
            self.assertEqual(session["jid"], str(client.jid))

    async def test_roster_and_presence_go_both_ways(self):
        alice, bob = await self.two_shards()
        for one, other in ((alice, bob), (bob, alice)):
            await one.hear("subscription both")
            self.assertEqual(one.roster.items[other.jid.bare()].subscription, "both")
            one.client.presence = aioxmpp.PresenceState(available=True,
                                                        show=aioxmpp.PresenceShow.AWAY)
            heard = await other.hear_from("changed", one)
            self.assertEqual(heard.show, aioxmpp.PresenceShow.AWAY)
        await alice.roster.set_entry(bob.jid.bare(), name="Robert", add_to_groups={"work"})
        self.assertEqual(alice.roster.items[bob.jid.bare()].name, "Robert")
        bob.client.presence = aioxmpp.PresenceState(available=False)
        await alice.hear_from("unavailable", bob)

    async def test_messages_go_both_ways(self):
        alice, bob = await self.two_shards()
        await alice.say(bob.jid.bare(), "to your account")
        first = await bob.hear("message")
        self.assertEqual(text_of(first), "to your account")
        self.assertEqual(first.from_, alice.jid)
        await bob.say(first.from_, "to your device: \u732b <&>")
        second = await alice.hear("message")
        self.assertEqual(text_of(second), "to your device: \u732b <&>")
        self.assertEqual(second.to, alice.jid)

    async def test_messages_wait_for_who_is_away(self):
        alice, bob = await self.two_shards()
        bob.client.presence = aioxmpp.PresenceState(available=False)
        await alice.hear_from("unavailable", bob)
        self.node.expect_gone(bob.user)
        await alice.say(bob.jid.bare(), "while you were away")
        back = Client(self.node, bob.user, "phone")
        await back.arrive()
        self.addAsyncCleanup(back.leave)
        message = await back.hear("message")
        self.assertEqual(text_of(message), "while you were away")
        self.assertEqual(len(message.xep0203_delay), 1)
        self.assertEqual(str(message.xep0203_delay[0].from_), "localhost")
        await alice.hear_from("available", bob)

    async def test_nothing_is_lost_when_the_connection_is(self):
        relay = harness.Relay(self.node.port)
        alice, bob = await self.two_shards(relay.port)
        self.assertTrue(alice.client.stream.sm_enabled)
        before = self.node.session(alice.user)
        relay.cut()
        await alice.hear("suspended")
        await bob.say(alice.jid.bare(), "meanwhile, to you")
        unsent = alice.say(bob.jid.bare(), "meanwhile, from me")
        await alice.hear("resumed")
        await unsent
        self.assertEqual(text_of(await alice.hear("message")), "meanwhile, to you")
        self.assertEqual(text_of(await bob.hear("message")), "meanwhile, from me")
        after = self.node.session(alice.user)
        for same in ("jid", "shard", "since", "available"):
            self.assertEqual(after[same], before[same])
        self.assertFalse(alice.has_heard("message"), "a message came twice")
        self.assertFalse(bob.has_heard("message"), "a message came twice")
        self.assertFalse(bob.has_heard("unavailable"))


if __name__ == "__main__":
    harness.main()
