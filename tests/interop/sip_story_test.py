"""One story on both wires: alice is on profanity, bob on baresip, carol, her contact, on slixmpp. A
call manager (sipp) says that alice's desk phone is busy: bob and carol see her on the phone. Alice
and bob write to each other. The node is killed while she speaks; nobody but the clients' own
reconnecting repairs anything. She hangs up, and both see it."""

import asyncio
import re
import shutil
import socket

import harness

harness.need(module="slixmpp", command="profanity")

import baresip  # noqa: E402  (needs the program)
import peer  # noqa: E402  (needs slixmpp)
import sipp  # noqa: E402  (needs the program)
from baresip import HERE  # noqa: E402
from terminal import Terminal  # noqa: E402  (needs tmux)


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# Clients come back to where the node was.
XMPP, SIP = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM)
SETTINGS = f"""
[[listener]]
address = "127.0.0.1"
port = {XMPP}

[sip]
enabled = true
address = "{{}}"
transports = ["udp", "tcp"]
udp_port = {SIP}
tcp_port = {SIP}
digest = true
digest_sha256 = false  # over which baresip 1.0 stumbles

[[sip.peer]]
address = "{{}}"
domains = ["cm.example"]
publishes = true
"""
# What is in common of a call manager's PUBLISHes by sipp.
HEAD = """PUBLISH sip:alice@localhost SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:alice@localhost>;tag=[pid]x[call_number]
To: <sip:alice@localhost>
Call-ID: [call_id]
CSeq: 1 PUBLISH
Max-Forwards: 70
Event: presence"""
PICKS_UP = f"""<?xml version="1.0"?>
<scenario name="a call begins on a line">
  <send retrans="500"><![CDATA[

{HEAD}
Expires: 600
Content-Type: application/pidf+xml
Content-Length: [len]

<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:ce="urn:cisco:params:xml:ns:pidf:rpid"
 xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" entity="sip:alice@localhost">
<tuple id="SEP001122334455"><status><basic>closed</basic></status></tuple>
<dm:person id="p1"><ce:activities><ce:busy/></ce:activities></dm:person></presence>
]]></send>
  <recv response="200" timeout="10000">
    <action>
      <ereg regexp="[0-9a-f]+" search_in="hdr" header="SIP-ETag:" assign_to="1"/>
      <log message="etag [$1]"/>
    </action>
  </recv>
</scenario>
"""
HANGS_UP = f"""<?xml version="1.0"?>
<scenario name="the call ends">
  <send retrans="500"><![CDATA[

{HEAD}
SIP-If-Match: [etag]
Expires: 0
Content-Length: 0

]]></send>
  <recv response="200" timeout="10000"/>
</scenario>
"""


class SipStory(peer.Test):
    async def asyncSetUp(self):
        harness.node(SETTINGS.format(HERE, HERE))
        await super().asyncSetUp()
        self.alice, self.bob, carol = (
            harness.User(f"{name}@localhost", password)
            for name, password in self.node.passwords.items())
        self.carol = await self.peer(carol, "first").arrive()
        self.terminal = await self.open_profanity()
        self.bare = baresip.Baresip(self.bob, self.alice.jid, SIP, "udp", watches=True)
        self.addCleanup(self.bare.stop)

    async def open_profanity(self):
        environment = self.node.home("alice")
        terminal = Terminal(environment["HOME"], shutil.which("profanity"), environment)
        self.addCleanup(terminal.close)
        terminal.type("/reconnect 1")
        terminal.type(f"/connect {self.alice.jid} server 127.0.0.1 port {XMPP} tls force")
        await terminal.expect("Enter password")
        terminal.type(self.alice.password)
        await terminal.expect(self.alice.jid, "logged in successfully")
        return terminal

    @staticmethod
    async def sipp(scenario, *options):
        return await sipp.run(scenario, f"{HERE}:{SIP}", "-m", "1", "-t", "t1", *options,
                              address=HERE)

    async def allow(self, watcher):
        await self.terminal.expect("Received authorization request from " + watcher.jid)
        self.terminal.type(f"/sub allow {watcher.jid}")

    async def carol_sees(self, kind):
        return await self.carol.hear("presence", lambda p: p["type"] == kind and
                                     p["from"].full == f"{self.alice.jid}/phone")

    async def converse(self, word):
        """Both write, and read what the other has written."""
        since = len(self.bare.said())
        self.terminal.type(f"/msg {self.bob.jid} {word} of alice's")
        await self.bare.expect(f"{word} of alice's", since)
        await self.bare.write(f"{word} of bob's")
        await self.terminal.expect(re.escape(self.bob.jid) + f".*: {word} of bob's")

    def profanity_is_back(self):
        return self.node.session(self.alice)["stream_management"] != "detached"

    def asked(self):
        """Requests of bob's that baresip has begun by itself."""
        return len(re.findall("^(?:SUBSCRIBE|REGISTER) sip:", self.bare.said(), re.M))

    async def test_a_call_a_kill_and_its_end(self):
        self.carol.send_presence_subscription(self.alice.jid)
        await self.allow(self.carol.user)
        await self.allow(self.bob)
        await self.bare.expect("Subscription-State: active")
        await self.carol.hear_presence(self.alice)

        called = await self.sipp(PICKS_UP)
        etag = re.search("etag ([0-9a-f]+)", called)[1]
        await self.bare.expect("on-the-phone")
        self.assertEqual((await self.carol_sees("dnd"))["status"], "On the phone")
        await self.converse("before")

        asked, since = self.asked(), len(self.bare.said())
        await asyncio.to_thread(self.node.die_and_start)
        self.carol = await self.peer(self.carol.user, "second").arrive()
        self.assertEqual((await self.carol_sees("dnd"))["status"], "On the phone")
        await asyncio.to_thread(harness.until, self.profanity_is_back, "profanity's session")
        await self.converse("after")

        over = len(self.bare.said())
        await self.sipp(HANGS_UP, "-key", "etag", etag)
        await self.carol_sees("unavailable")
        await self.bare.expect("NOTIFY sip:", over)
        await self.bare.expect("<basic>open</basic>", over)
        self.assertNotIn("on-the-phone", self.bare.said(over))
        self.assertEqual(self.asked(), asked, self.bare.said(since))


if __name__ == "__main__":
    baresip.main()
