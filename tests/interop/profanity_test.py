"""profanity in a terminal, in conversation with slixmpp: two stock clients, users on different
shards, one goes offline and comes back. Nothing is configured but trust of the certificate."""

import asyncio
import re
import shutil

import harness

harness.need(module="slixmpp", command="profanity")

import peer  # noqa: E402  (needs slixmpp)
from terminal import Terminal  # noqa: E402  (needs tmux)

PLUGINS = ("xep_0199", "xep_0203")
PROGRAM = shutil.which("profanity")


class Profanity(peer.Test):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.alice, bob = await self.two_shards(PLUGINS)
        self.bob = bob.user  # signs in with profanity from here on
        self.bob_shard = self.node.session(self.bob)["shard"]
        await bob.leave()
        self.node.expect_gone(self.bob)

    def open(self, environment):
        terminal = Terminal(environment["HOME"], PROGRAM, environment)
        self.addCleanup(terminal.close)
        return terminal

    async def connect(self, terminal):
        port = self.node.port
        terminal.type(f"/connect {self.bob.jid} server 127.0.0.1 port {port} tls force")
        await terminal.expect("Enter password")
        terminal.type(self.bob.password)

    async def online(self):
        """Waits until bob is there, and looks at how he signed in."""
        await asyncio.to_thread(
            harness.until, lambda: self.node.sessions(self.bob), "profanity's session")
        session = self.node.session(self.bob)
        self.assertEqual(session["mechanism"][:10], "SCRAM-SHA-")
        self.assertEqual(session["tls"], "TLSv1.3")
        self.assertEqual(session["shard"], self.bob_shard)
        self.assertNotEqual(session["shard"], self.node.session(self.alice.user)["shard"])

    async def acknowledged(self):
        """profanity has told the node that it has read everything."""
        await asyncio.to_thread(
            harness.until, lambda: self.node.session(self.bob)["unacked"] == 0, "its last ack")

    async def test_two_clients_converse_and_each_comes_back(self):
        alice, alice_jid = self.alice, self.alice.user.jid
        terminal = self.open(self.node.home("bob"))
        await self.connect(terminal)
        await terminal.expect(self.bob.jid, "logged in successfully")
        await self.online()

        terminal.type(f"/sub request {alice_jid}")
        await terminal.expect("Received authorization request from " + alice_jid)
        terminal.type(f"/sub allow {alice_jid}")
        await alice.hear_subscription(self.bob, "both")
        await alice.hear_presence(self.bob)
        await terminal.expect(f"Roster item added: {alice_jid}")
        alice.send_presence(pshow="away", pstatus="in a meeting")
        await terminal.expect(re.escape(f"++ {alice_jid} (first) is away"), "in a meeting")
        terminal.type("/status set dnd writing")
        heard = await alice.hear_presence(self.bob, "dnd")
        self.assertEqual(heard["status"], "writing")

        terminal.type(f"/msg {alice_jid} hello alice")
        first = await alice.hear_text("hello alice", self.bob)
        alice.send_message(mto=first["from"], mbody="hello bob \u732b <&>", mtype="chat")
        await terminal.expect(alice_jid + ".*: hello bob \u732b <&>")

        await self.acknowledged()
        terminal.type("/disconnect")
        await alice.hear_presence(self.bob, "unavailable")
        await terminal.expect("logged out successfully")
        alice.send_message(mto=self.bob.jid, mbody="while you were away", mtype="chat")
        await alice.plugin["xep_0199"].ping(alice_jid)
        await self.connect(terminal)
        await alice.hear_presence(self.bob)
        await self.online()
        await terminal.expect(f"chat message: {alice_jid}")
        terminal.type("/win 2")
        await terminal.expect(alice_jid + ".*: while you were away")
        self.assertEqual(terminal.screen().count("while you were away"), 1)

        await alice.leave()
        await terminal.expect(alice_jid + r" \[offline\]")
        terminal.type("while you were out")
        await terminal.expect("me: while you were out")
        back = await self.peer(alice.user, "first", PLUGINS).arrive()
        message = await back.hear_text("while you were out", self.bob)
        self.assertIsNotNone(message["delay"]["stamp"])
        await terminal.expect(alice_jid + r" \[online\]")
        terminal.type("/win 1")
        terminal.type("/roster")
        await terminal.expect(f"  {alice_jid} - both")

    async def test_a_strange_certificate_is_trusted_only_when_the_user_says_so(self):
        environment = self.node.home("careful")
        del environment["SSL_CERT_FILE"]
        terminal = self.open(environment)
        await self.connect(terminal)
        await terminal.expect("TLS certificate verification failed")
        self.assertEqual(self.node.sessions(self.bob), [])
        terminal.type("/tls always")
        await terminal.expect("to trusted certificates")
        await self.online()


if __name__ == "__main__":
    harness.main()
