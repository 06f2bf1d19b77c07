"""slixmpp against the node: sign-in, a conversation across shards, and the extensions it speaks."""

import harness

harness.need(module="slixmpp")

import slixmpp  # noqa: E402

import peer  # noqa: E402  (needs slixmpp)

# Debian 12's binds the channel by tls-unique; Debian 13's (1.10) knows of none that TLS 1.3 has.
BINDS = slixmpp.__version__.startswith("1.8.")
MECHANISM = "SCRAM-SHA-256-PLUS" if BINDS else "SCRAM-SHA-256"
PLUGINS = ("xep_0030", "xep_0054", "xep_0092", "xep_0191", "xep_0199", "xep_0203", "xep_0280")


class SignIn(peer.Test):
    async def sign_in(self, name, direct):
        client = self.peer(self.node.add_user(name), "desk")
        await client.arrive(direct)
        session = self.node.session(client.user)
        self.assertEqual(session["mechanism"], MECHANISM)
        self.assertEqual(session["tls"], "TLSv1.3")
        self.assertEqual(session["jid"], f"{client.user.jid}/desk")
        await client.leave()
        self.node.expect_gone(client.user)

    async def test_by_starttls(self):
        await self.sign_in("starttls", direct=False)

    async def test_by_direct_tls(self):
        await self.sign_in("direct", direct=True)

    async def test_a_wrong_password_opens_nothing(self):
        user = self.node.add_user("mallory")
        client = self.peer(harness.User(user.jid, "wrong"), "desk")
        client.dial()
        await client.hear("failed_auth")
        await client.hear("disconnected")
        self.assertFalse(client.has_heard("session_start"))
        self.assertEqual(self.node.sessions(user), [])


class Conversation(peer.Test):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.alice, self.bob = await self.two_shards(PLUGINS)
        await self.befriend(self.alice, self.bob)

    async def test_both_rosters_show_both(self):
        for one, other in ((self.alice, self.bob), (self.bob, self.alice)):
            await one.hear_subscription(other.user, "both")
            await one.get_roster()
            contact = one.client_roster[other.user.jid]
            self.assertTrue(contact["from"] and contact["to"])

    async def test_presence_goes_both_ways_and_ends(self):
        for one, other, show in ((self.alice, self.bob, "away"), (self.bob, self.alice, "dnd")):
            one.send_presence(pshow=show, pstatus="in a meeting")
            presence = await other.hear_presence(one.user, show)
            self.assertEqual(presence["status"], "in a meeting")
            self.assertEqual(presence["from"], one.boundjid)
        self.bob.drop()
        await self.alice.hear_presence(self.bob.user, "unavailable")

    async def test_messages_go_both_ways(self):
        self.alice.send_message(mto=self.bob.user.jid, mbody="to your account", mtype="chat")
        first = await self.bob.hear_text("to your account", self.alice.user)
        self.bob.send_message(mto=first["from"], mbody="to your device: \u732b <&>", mtype="chat")
        second = await self.alice.hear_text("to your device: \u732b <&>", self.bob.user)
        self.assertEqual(first["from"], self.alice.boundjid)
        self.assertEqual(second["to"], self.alice.boundjid)

    async def test_messages_wait_for_who_is_away(self):
        await self.bob.leave()
        await self.alice.hear_presence(self.bob.user, "unavailable")
        texts = [f"while you were away {number}" for number in range(3)]
        for text in texts:
            self.alice.send_message(mto=self.bob.user.jid, mbody=text, mtype="chat")
        await self.alice.plugin["xep_0199"].ping(self.alice.user.jid)
        back = await self.peer(self.bob.user, "second", PLUGINS).arrive()
        await self.alice.hear_presence(self.bob.user)
        for text in texts:  # in order, each with its stamp
            message = await back.hear("message")
            self.assertEqual(message["body"], text)
            self.assertEqual(message["from"], self.alice.boundjid)
            self.assertIsNotNone(message["delay"]["stamp"])
            self.assertEqual(message["delay"]["from"], "localhost")

    async def test_roster_versions_spare_what_is_known(self):
        async def fetch():  # get_roster() adds a query to an answer that has none
            request = self.alice.make_iq_get()
            request["roster"]["ver"] = self.alice.client_roster.version
            return (await request.send()).xml.find("{jabber:iq:roster}query")

        await self.alice.hear_subscription(self.bob.user, "both")
        self.assertIn("rosterver", self.alice.features)
        self.assertIsNone(await fetch())
        await self.alice.update_roster(self.bob.user.jid, name="Robert", groups=["work"])
        push = await self.alice.hear("roster_update", lambda iq: iq["type"] == "set" and
                                     iq["roster"]["items"][self.bob.user.jid]["name"] == "Robert")
        self.assertEqual(push["roster"]["ver"], self.alice.client_roster.version)
        self.assertIsNone(await fetch())
        self.alice.client_roster.version = "long ago"
        self.assertEqual(len(await fetch()), 1)

    async def test_blocking_hides_and_silences(self):
        alice, bob = self.alice, self.bob
        tablet = await self.peer(alice.user, "tablet", PLUGINS).arrive()
        await tablet.plugin["xep_0191"].get_blocked()  # who asks is told of changes
        await alice.plugin["xep_0191"].block(bob.user.jid)
        push = await tablet.hear("blocked")
        self.assertIn(bob.user.jid, [str(jid) for jid in push["block"]["items"]])
        listed = await alice.plugin["xep_0191"].get_blocked()
        self.assertEqual([str(jid) for jid in listed["blocklist"]["items"]], [bob.user.jid])
        for _ in (alice, tablet):
            await bob.hear_presence(alice.user, "unavailable")
        bob.send_message(mto=alice.user.jid, mbody="let me in", mtype="chat")
        refused = await bob.hear("message_error")
        self.assertEqual(refused["error"]["condition"], "service-unavailable")

        await alice.plugin["xep_0191"].unblock(bob.user.jid)
        await tablet.hear("unblocked")
        await bob.hear_presence(alice.user)
        bob.send_message(mto=alice.boundjid, mbody="there you are", mtype="chat")
        await alice.hear_text("there you are", bob.user)
        self.assertFalse(alice.has_heard("message", lambda m: m["body"] == "let me in"))

    async def test_carbons_keep_every_device_in_the_picture(self):
        tablet = await self.peer(self.alice.user, "tablet", PLUGINS).arrive()
        for device in (self.alice, tablet):
            await device.plugin["xep_0280"].enable()
        self.bob.send_message(mto=self.alice.boundjid, mbody="received", mtype="chat")
        await self.alice.hear_text("received", self.bob.user)
        carbon = (await tablet.hear("carbon_received"))["carbon_received"]
        self.assertEqual(carbon["body"], "received")
        self.assertEqual(carbon["from"], self.bob.boundjid)
        self.alice.send_message(mto=self.bob.user.jid, mbody="sent", mtype="chat")
        await self.bob.hear_text("sent", self.alice.user)
        carbon = (await tablet.hear("carbon_sent"))["carbon_sent"]
        self.assertEqual(carbon["body"], "sent")
        self.assertEqual(carbon["to"].bare, self.bob.user.jid)
        self.assertFalse(self.alice.has_heard("carbon_sent"))

    async def test_vcard_is_published_and_seen(self):
        mine = self.alice.plugin["xep_0054"].make_vcard()
        mine["FN"] = "Alice L\u00f6wenherz"
        await self.alice.plugin["xep_0054"].publish_vcard(mine)
        seen = await self.bob.plugin["xep_0054"].get_vcard(self.alice.user.jid)
        self.assertEqual(seen["vcard_temp"]["FN"], "Alice L\u00f6wenherz")

    async def test_host_and_friends_answer_questions(self):
        await self.alice.plugin["xep_0199"].ping("localhost")
        await self.alice.plugin["xep_0199"].ping(self.bob.boundjid)
        version = await self.alice.plugin["xep_0092"].get_version("localhost")
        self.assertEqual(version["software_version"]["name"], "Rollcall")
        version = await self.alice.plugin["xep_0092"].get_version(self.bob.boundjid)
        self.assertEqual(version["software_version"]["name"], "Slixmpp")
        facts = await self.bob.plugin["xep_0030"].get_info("localhost")
        identities = [(kind, name) for kind, name, *_ in facts["disco_info"]["identities"]]
        self.assertIn(("server", "im"), identities)
        for feature in ("urn:xmpp:ping", "urn:xmpp:blocking", "vcard-temp", "jabber:iq:version"):
            self.assertIn(feature, facts["disco_info"]["features"])


class Resumption(peer.Test):
    async def acknowledged(self, client):
        """The node has counted what this client has counted."""
        management = client.plugin["xep_0198"]
        management.request_ack()
        while management.last_ack != management.seq:
            await client.hear("stanza_acked")

    async def test_nothing_is_lost_when_the_connection_is(self):
        alice, bob = await self.two_shards((*PLUGINS, "xep_0198"))
        await self.befriend(alice, bob)
        await alice.hear("sm_enabled")
        before = self.node.session(alice.user)
        bob.send_message(mto=alice.user.jid, mbody="before", mtype="chat")
        await alice.hear_text("before")
        await self.acknowledged(alice)

        alice.drop()
        await alice.hear("disconnected")
        bob.send_message(mto=alice.user.jid, mbody="meanwhile", mtype="chat")
        await bob.plugin["xep_0199"].ping(bob.user.jid)
        alice.dial()
        await alice.hear("session_resumed")

        await alice.hear_text("meanwhile")
        self.assertFalse(alice.has_heard("message"), "a message came twice")
        alice.send_message(mto=bob.user.jid, mbody="as if nothing had been", mtype="chat")
        await bob.hear_text("as if nothing had been", alice.user)
        await self.acknowledged(alice)
        after = self.node.session(alice.user)
        for same in ("jid", "shard", "since", "available"):
            self.assertEqual(after[same], before[same])
        self.assertFalse(bob.has_heard("presence", lambda p: p["type"] == "unavailable"))


if __name__ == "__main__":
    harness.main()
