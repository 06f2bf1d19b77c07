"""Messages between users of the node, who have slixmpp, and those of SIP systems that sipp and plain
sockets stand for: a trunk over TCP and one over UDP, and a stranger."""

import asyncio
import pathlib
import re
import socket
import tempfile

import harness

harness.need(module="slixmpp", command="sipp")

import peer  # noqa: E402  (needs slixmpp)

TEXT = "Grüße, <Bob> & all"
SEND = """<?xml version="1.0"?>
<scenario name="sends">
  <send retrans="500"><![CDATA[

MESSAGE sip:USER@localhost SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "Carol" <sip:carol@DOMAIN>;tag=[pid]x[call_number]
To: <sip:USER@localhost>
Call-ID: [call_id]
CSeq: 1 MESSAGE
Max-Forwards: 70
Subject: news
Content-Language: de
Content-Type: text/plain; charset=UTF-8
Content-Length: [len]

TEXT
]]></send>
  <recv response="STATUS" timeout="5000"/>
</scenario>
"""
RECEIVE = """<?xml version="1.0"?>
<scenario name="receives">
  <recv request="MESSAGE" timeout="20000">
    <action><ereg regexp="TEXT" search_in="body" check_it="true" assign_to="1"/></action>
  </recv>
  <send><![CDATA[

SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[pid]x[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
  <Reference variables="1"/>
</scenario>
"""


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


TCP = free_port(socket.SOCK_STREAM)
UDP = free_port(socket.SOCK_DGRAM)
SETTINGS = f"""
[sip]
enabled = true
address = "127.0.0.1"
transports = ["udp", "tcp"]
udp_port = 0
tcp_port = 0

[[sip.peer]]
address = "127.0.0.1"
port = {TCP}
domains = ["tcp.example"]

[[sip.peer]]
address = "127.0.0.1"
port = {UDP}
transport = "udp"
domains = ["udp.example"]

[[sip.peer]]
address = "127.0.0.2"
domains = ["gone.example"]
"""


class SipMessages(peer.Test):
    async def asyncSetUp(self):
        harness.node(SETTINGS)
        await super().asyncSetUp()
        self.alice, self.bob = await self.two_shards()

    async def sipp(self, scenario, *options):
        """Runs sipp to its end; it must like what it saw."""
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "scenario.xml"
            file.write_text(scenario, encoding="utf-8")
            process = await asyncio.create_subprocess_exec(
                "sipp", "-sf", str(file), "-i", "127.0.0.1", "-nostdin", "-timeout", "20",
                "-timeout_error", *options, cwd=folder, stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
            output, _ = await asyncio.wait_for(process.communicate(), 2 * harness.PATIENCE)
        self.assertEqual(process.returncode, 0, output.decode(errors="replace")[-3000:])

    async def send(self, transport, domain, user, status=202, text=TEXT, address="127.0.0.1"):
        port = self.node.ports["sip-tcp" if transport == "t1" else "sip-udp", "off"]
        scenario = (SEND.replace("USER", user).replace("DOMAIN", domain).replace("TEXT", text)
                    .replace("STATUS", str(status)))
        await self.sipp(scenario, "-t", transport, "-m", "1", "-i", address,
                        f"127.0.0.1:{port}")

    @staticmethod
    def local(client):
        return client.user.jid.partition("@")[0]

    async def test_sip_users_reach_users_of_every_shard(self):
        for client in (self.alice, self.bob):
            for transport, domain in (("t1", "tcp.example"), ("u1", "udp.example")):
                await self.send(transport, domain, self.local(client))
                heard = await client.hear("message")
                self.assertEqual(heard["from"].full, f"carol@{domain}")
                self.assertEqual(heard["body"].strip(), TEXT)
                self.assertEqual(heard["subject"], "news")
                self.assertEqual(heard["lang"], "de")
                self.assertTrue(heard["thread"])

    async def test_who_is_away_finds_it_later(self):
        await self.bob.leave()
        self.node.expect_gone(self.bob.user)
        await self.send("t1", "tcp.example", self.local(self.bob))
        again = await self.peer(self.bob.user, "again").arrive()
        heard = await again.hear("message")
        self.assertEqual(heard["from"].full, "carol@tcp.example")

    async def test_what_is_refused(self):
        await self.send("t1", "tcp.example", "nobody-of-that-name", status=404)
        await self.send("t1", "elsewhere.example", self.local(self.bob), status=403)
        await self.send("u1", "tcp.example", self.local(self.bob), status=403)  # not by datagram
        await self.send("u1", "localhost", self.local(self.bob), status=403)
        await self.send("u1", "tcp.example", self.local(self.bob), status=403, address="127.0.0.9")

    async def receive(self, transport, port, count):
        return asyncio.create_task(self.sipp(
            RECEIVE.replace("TEXT", "hello"), "-t", transport, "-p", str(port), "-m", str(count)))

    async def reach(self, transport, port, domain):
        receiver = await self.receive(transport, port, 4)
        await asyncio.sleep(1)  # sipp cannot tell that it listens
        for client in (self.alice, self.bob, self.alice, self.bob):
            client.send_message(f"dave@{domain}", "hello dave", mtype="chat")
        await receiver
        self.assertFalse(self.alice.has_heard("message_error"))
        self.assertFalse(self.bob.has_heard("message_error"))

    async def test_users_reach_sip_users_over_tcp(self):
        await self.reach("t1", TCP, "tcp.example")

    async def test_users_reach_sip_users_over_udp(self):
        await self.reach("u1", UDP, "udp.example")

    async def expect_error(self, client, condition):
        heard = await client.hear("message_error")
        self.assertIn(f"<{condition} ", str(heard))  # slixmpp does not know all of them by name

    async def test_errors_come_back(self):
        self.alice.send_message("eve@gone.example", "hello", mtype="chat")
        await self.expect_error(self.alice, "remote-server-timeout")
        self.alice.send_message("eve@unknown.example", "hello", mtype="chat")
        await self.expect_error(self.alice, "remote-server-not-found")
        self.alice.send_message("eve@udp.example", "x" * 1301, mtype="chat")
        await self.expect_error(self.alice, "policy-violation")
        with socket.create_server(("127.0.0.1", TCP)) as listener:
            listener.settimeout(harness.PATIENCE)
            self.alice.send_message("eve@tcp.example", TEXT, mtype="chat")
            connection, _ = await asyncio.to_thread(listener.accept)
            with connection:
                request = (await asyncio.to_thread(connection.recv, 65536)).decode()
                self.assertTrue(request.startswith("MESSAGE sip:eve@tcp.example SIP/2.0\r\n"))
                self.assertTrue(request.endswith("\r\n\r\n" + TEXT), request)
                copied = re.findall(r"^(?:Via|From|To|Call-ID|CSeq):.*\r\n", request, re.M)
                connection.sendall(("SIP/2.0 486 Busy Here\r\n" + "".join(copied) +
                                    "Content-Length: 0\r\n\r\n").encode())
                await self.expect_error(self.alice, "recipient-unavailable")


if __name__ == "__main__":
    harness.main()
