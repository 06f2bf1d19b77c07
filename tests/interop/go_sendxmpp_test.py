"""go-sendxmpp against the node, in conversation with slixmpp: one sends and goes, one listens."""

import asyncio
import pathlib
import shutil

import harness

harness.need(module="slixmpp", command="go-sendxmpp")

import peer  # noqa: E402  (needs slixmpp)

PROGRAM = shutil.which("go-sendxmpp")
# The one of Debian 12 was built before its library learned SCRAM, and knows only PLAIN of what a
# server with hashed passwords can offer; it is expected to use SCRAM wherever it can.
MECHANISM = "SCRAM-SHA-" if b"SCRAM-SHA-" in pathlib.Path(PROGRAM).read_bytes() else "PLAIN"


class GoSendxmpp(peer.Test):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.alice, bob = await self.two_shards(("xep_0203",))
        self.bob = bob.user  # signs in with go-sendxmpp from here on
        await bob.leave()
        self.node.expect_gone(self.bob)
        name = self.bob.jid.partition("@")[0]
        self.environment = self.node.home(name)

    async def start(self, *options, direct=False):
        port = self.node.direct_port if direct else self.node.port
        process = await asyncio.create_subprocess_exec(
            PROGRAM, "-u", self.bob.jid, "-p", self.bob.password, "-j", f"localhost:{port}",
            *(["-t"] if direct else []), *options, env=self.environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT)
        self.addAsyncCleanup(self.end, process)
        return process

    async def end(self, process):
        if process.returncode is None:
            process.terminate()
        await process.wait()

    async def send(self, text, *options, direct=False):
        """Runs go-sendxmpp to its end with something to send; what it printed."""
        process = await self.start(*options, direct=direct)
        output, _ = await asyncio.wait_for(process.communicate(text.encode()), harness.PATIENCE)
        self.assertEqual(process.returncode, 0, output.decode())
        self.node.expect_gone(self.bob)
        return output.decode()

    async def read(self, process, text):
        """Waits for a line with `text`."""
        lines = []
        while True:
            line = await asyncio.wait_for(process.stdout.readline(), harness.PATIENCE)
            lines.append(line.decode())
            if text in lines[-1]:
                return lines[-1]
            self.assertTrue(line, f"no {text!r} before the end, but {''.join(lines)}")

    def listening(self):
        """Waits for the session of a listener, and looks at how it signed in."""
        [session] = harness.until(lambda: self.node.sessions(self.bob), "the listener's session")
        self.assertEqual(session["mechanism"][:len(MECHANISM)], MECHANISM)
        self.assertEqual(session["tls"], "TLSv1.3")
        return session

    async def test_sends_by_starttls_and_by_direct_tls(self):
        for text, direct in (("by starttls: \u732b <&>", False), ("by direct tls", True)):
            await self.send(text, self.alice.user.jid, direct=direct)
            message = await self.alice.hear_text(text, self.bob)
            self.assertEqual(message["type"], "chat")

    async def test_makes_friends_is_seen_and_hears(self):
        self.alice.send_presence_subscription(self.bob.jid)
        await self.alice.hear_subscription(self.bob, "none")
        jid = self.alice.user.jid
        await self.send(f"<presence type='subscribed' to='{jid}'/>", "--raw")
        await self.alice.hear_subscription(self.bob, "to")
        await self.send(f"<presence type='subscribe' to='{jid}'/>", "--raw")
        await self.alice.hear_subscription(self.bob, "both")

        listener = await self.start("-l", "-d")
        session = self.listening()
        presence = await self.alice.hear("presence", lambda presence: presence["type"] ==
                                         "available" and presence["from"] == session["jid"])
        await self.read(listener, f"from='{self.alice.boundjid}'")  # sees her, too
        self.alice.send_message(mto=presence["from"], mbody="to your device", mtype="chat")
        self.assertIn(jid, await self.read(listener, "to your device"))
        self.alice.send_message(mto=self.bob.jid, mbody="to your account", mtype="chat")
        await self.read(listener, "to your account")
        await self.end(listener)
        await self.alice.hear_presence(self.bob, "unavailable")

    async def test_reads_its_roster(self):
        self.alice.auto_authorize = None
        jid = self.alice.user.jid
        await self.send(f"<presence type='subscribe' to='{jid}'/>", "--raw")
        request = "<iq type='get' id='r1'><query xmlns='jabber:iq:roster'/></iq>"
        for _ in range(10):  # it stays a tenth of a second, in which the answer may miss it
            output = await self.send(request, "-d", "--raw")
            if "id='r1'" in output:
                break
        self.assertRegex(output, f"<item jid='{jid}'[^>]* ask='subscribe'")

    async def test_messages_wait_for_who_is_away(self):
        self.alice.send_message(mto=self.bob.jid, mbody="while you were away", mtype="chat")
        listener = await self.start("-l", direct=True)
        self.listening()
        self.assertIn(self.alice.user.jid, await self.read(listener, "while you were away"))
        await self.end(listener)

        await self.alice.leave()
        self.node.expect_gone(self.alice.user)
        await self.send("while you were out", self.alice.user.jid)
        back = await self.peer(self.alice.user, "first", ("xep_0203",)).arrive()
        message = await back.hear_text("while you were out", self.bob)
        self.assertIsNotNone(message["delay"]["stamp"])
        self.assertEqual(message["delay"]["from"], "localhost")


if __name__ == "__main__":
    harness.main()
