"""Users of the node with clients that know nothing but MD5, as sipp, which stumbles over a challenge
for anything else in front of it."""

import asyncio
import pathlib
import subprocess
import tempfile

import harness

harness.need(module="slixmpp", command="sipp")

import peer  # noqa: E402  (needs slixmpp)

TEXT = "tea at five"
REQUEST = """METHOD sip:TARGET SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:USER@localhost>;tag=[pid]x[call_number]
To: <sip:TARGET>
Call-ID: [call_id]
CSeq: NUMBER METHOD
Max-Forwards: 70
"""
SCENARIO = """<?xml version="1.0"?>
<scenario name="proves">
  <send><![CDATA[

FIRSTMORE
Content-Length: [len]

TEXT]]></send>
  <recv response="401" auth="true" timeout="5000"/>
  <send><![CDATA[

SECOND[authentication username=USER password=PASSWORD]
MORE
Content-Length: [len]

TEXT]]></send>
  <recv response="STATUS" timeout="5000"/>
</scenario>
"""
SETTINGS = """
[sip]
enabled = true
address = "127.0.0.1"
transports = ["udp", "tcp"]
udp_port = 0
tcp_port = 0
digest = true
digest_sha256 = false
"""


class SipMd5(peer.Test):
    async def asyncSetUp(self):
        harness.node(SETTINGS)
        await super().asyncSetUp()
        self.alice, self.bob = await self.two_shards()

    async def sipp(self, transport, method, target, more, text, password, expected):
        user = self.alice.user.jid.partition("@")[0]
        scenario = SCENARIO
        for number, name in ((1, "FIRST"), (2, "SECOND")):
            scenario = scenario.replace(name, REQUEST.replace("NUMBER", str(number)))
        for name, value in (("METHOD", method), ("TARGET", target), ("USER", user),
                            ("MORE", more), ("TEXT", text), ("PASSWORD", password),
                            ("STATUS", str(expected))):
            scenario = scenario.replace(name, value)
        port = self.node.ports["sip-tcp" if transport == "t1" else "sip-udp", "off"]
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "scenario.xml"
            file.write_text(scenario)
            process = await asyncio.create_subprocess_exec(
                "sipp", "-sf", str(file), "-i", "127.0.0.1", "-nostdin", "-timeout", "20",
                "-timeout_error", "-t", transport, "-m", "1", f"127.0.0.1:{port}", cwd=folder,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            output, _ = await asyncio.wait_for(process.communicate(), 2 * harness.PATIENCE)
        self.assertEqual(process.returncode, 0, output.decode(errors="replace")[-3000:])

    async def test_messages(self):
        password = self.alice.user.password
        for transport in ("u1", "t1"):
            await self.sipp(transport, "MESSAGE", self.bob.user.jid, "Content-Type: text/plain",
                            TEXT, password, 202)
            heard = await self.bob.hear("message")
            self.assertEqual(heard["from"].full, self.alice.user.jid)
            self.assertEqual(heard["body"], TEXT)
        await self.sipp("u1", "MESSAGE", self.bob.user.jid, "Content-Type: text/plain", TEXT,
                        "not-hers", 401)


if __name__ == "__main__":
    harness.main()
