"""A call manager tells of phones: thousands of users over one connection, messages that TCP cuts as
it likes, publications that come and go, by sipp. Contacts on slixmpp see it."""

import re
import socket

import harness

harness.need(module="slixmpp")

import peer  # noqa: E402  (needs slixmpp)
import sipp  # noqa: E402  (needs the program)

USERS = 5000
LIVES = 10000
MANAGER = "127.0.0.2"    # by connection
DATAGRAMS = "127.0.0.3"  # another one
SETTINGS = f"""
[sip]
enabled = true
address = "127.0.0.1"
transports = ["udp", "tcp"]
udp_port = 0
tcp_port = 0

[[sip.peer]]
address = "{MANAGER}"
domains = ["cm.example"]
publishes = true

[[sip.peer]]
address = "{DATAGRAMS}"
transport = "udp"
domains = ["udp.example"]
publishes = true
"""
BUSY = """<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:r="urn:ietf:params:xml:ns:pidf:rpid"
 xmlns:ce="urn:cisco:params:xml:ns:pidf:rpid" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
 entity="sip:USER@localhost"><tuple id="SEP001122334455"><status><basic>closed</basic></status></tuple>
<dm:person id="p1"><PREFIX:activities><PREFIX:busy/></PREFIX:activities></dm:person></presence>
"""
IDLE = """<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:USER@localhost">
<tuple id="SEP001122334455"><status><basic>open</basic></status></tuple></presence>
"""


def document(template, user="[field0]", prefix="r"):
    return template.replace("USER", user).replace("PREFIX", prefix)


def publish(cseq, more, body=""):
    return f"""  <send retrans="500"><![CDATA[

PUBLISH sip:[field0]@localhost SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@localhost>;tag=[pid]x[call_number]
To: <sip:[field0]@localhost>
Call-ID: [call_id]
CSeq: {cseq} PUBLISH
Max-Forwards: 70
Event: presence
{more}Content-Length: [len]

{body}]]></send>
"""


def answer(variable, status=200):
    return f"""  <recv response="{status}" timeout="20000">
    <action><ereg regexp="[0-9a-f]+" search_in="hdr" header="SIP-ETag:" check_it="true"
      assign_to="{variable}"/></action>
  </recv>
"""


PIDF = "Content-Type: application/pidf+xml\n"
CALL = ('<?xml version="1.0"?>\n<scenario name="a call begins">\n' +
        publish(1, "Expires: 600\n" + PIDF, document(BUSY, prefix="ce")) + answer(1) +
        '  <Reference variables="1"/>\n</scenario>\n')
LIFE = ('<?xml version="1.0"?>\n<scenario name="a publication\'s life">\n' +
        publish(1, "Expires: 600\n" + PIDF, document(BUSY)) + answer(1) +
        publish(2, "SIP-If-Match: [$1]\nExpires: 600\n" + PIDF, document(IDLE)) + answer(2) +
        publish(3, "SIP-If-Match: [$2]\nExpires: 600\n") + answer(3) +
        publish(4, "SIP-If-Match: [$3]\nExpires: 0\n") +
        '  <recv response="200" timeout="20000"><action><log message="tags [$1] [$2] [$3]"/>'
        '</action></recv>\n</scenario>\n')


class SipLines(peer.Test):
    async def asyncSetUp(self):
        harness.node(SETTINGS, USERS)
        await super().asyncSetUp()
        self.udp = self.node.ports["sip-udp", "off"]
        self.tcp = self.node.ports["sip-tcp", "off"]

    async def contact(self, number):
        return await self.peer(harness.User(f"u{number}@localhost", "bench"), "desk").arrive()

    async def hear_phone(self, client, number, kind):
        return await client.hear("presence", lambda p: p["type"] == kind and
                                 p["from"].full == f"u{number}@localhost/phone")

    async def test_thousands_of_users_over_one_connection(self):
        early = await self.contact(0)
        sources = self.node.counter("rollcall_im_presentity_sources")
        await sipp.run(CALL, f"127.0.0.1:{self.tcp}", "-t", "t1", "-r", "2000", "-l", "500",
                       users=[f"u{number}" for number in range(USERS)], address=MANAGER,
                       patience=60)
        self.assertEqual(self.node.counter("rollcall_im_presentity_sources"), sources + USERS)
        late = await self.contact(USERS - 1)
        for client, first in ((early, 1), (late, USERS - 50)):
            for number in range(first, first + 49):
                seen = await self.hear_phone(client, number, "dnd")
                self.assertEqual(seen["status"], "On the phone")

    @staticmethod
    def request(user, cseq, body):
        return (f"PUBLISH sip:{user}@localhost SIP/2.0\r\n"
                f"Via: SIP/2.0/TCP {MANAGER}:5060;branch=z9hG4bK{user}x{cseq}\r\n"
                f"From: <sip:{user}@localhost>;tag=cm\r\nTo: <sip:{user}@localhost>\r\n"
                f"Call-ID: {user}\r\nCSeq: {cseq} PUBLISH\r\nMax-Forwards: 70\r\n"
                f"Event: presence\r\nContent-Type: application/pidf+xml\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}").encode()

    async def test_messages_as_the_stream_cuts_them(self):
        contact = await self.contact(100)
        with socket.create_connection(("127.0.0.1", self.tcp), source_address=(MANAGER, 0)) as to:
            to.settimeout(harness.PATIENCE)
            to.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            busy = [self.request(f"u{number}", 1, document(BUSY, f"u{number}"))
                    for number in (101, 102)]
            to.sendall(b"".join(busy))
            for number in (101, 102):
                await self.hear_phone(contact, number, "dnd")
            for byte in self.request("u103", 1, document(BUSY, "u103")):
                to.sendall(bytes([byte]))
            await self.hear_phone(contact, 103, "dnd")
            heard = b""
            while heard.count(b"\r\n\r\n") < 3:
                heard += to.recv(65536)
            self.assertEqual(heard.count(b"SIP/2.0 200 "), 3)

    async def test_publications_come_and_go(self):
        before = self.node.counter("rollcall_im_presentity_sources")
        users = [f"u{number % (USERS // 2)}" for number in range(LIVES)]
        said = await sipp.run(LIFE, f"127.0.0.1:{self.udp}", "-t", "u1", "-r", "2000", "-l", "200",
                              users=users, address=DATAGRAMS, patience=90)
        tags = [tag for line in re.findall("^tags (.*)", said, re.M) for tag in line.split()]
        self.assertEqual((len(tags), len(set(tags))), (3 * LIVES, 3 * LIVES))
        self.assertEqual(self.node.counter("rollcall_im_presentity_sources"), before)


if __name__ == "__main__":
    harness.main()
