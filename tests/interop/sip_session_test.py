"""Sessions of messages (INVITE with "m=message", MESSAGE in the dialog, BYE), as Microsoft's servers
have them, between users of the node, who have slixmpp, and those of SIP systems that sipp and plain
sockets stand for."""

import asyncio
import pathlib
import socket
import tempfile
from xml.etree import ElementTree

import harness

harness.need(module="slixmpp", command="sipp")

import peer  # noqa: E402  (needs slixmpp)
from sip_agent import Agent  # noqa: E402

SDP = "\r\n".join([
    "v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=session", "c=IN IP4 127.0.0.1", "t=0 0",
    "m=message 5060 sip null", "a=accept-types:text/plain multipart/alternative", ""])
HEAD = """Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];ms-received-cid=1D00
Max-Forwards: 70
From: "Carol" <sip:carol@lync.example>;tag=[pid]x[call_number];epid=6f8a2b
To: <sip:USER@localhost>{tag}
Call-ID: [call_id]
CSeq: {cseq} {method}
User-Agent: UCCAPI/16.0 OC/16.0 (Skype for Business)
"""


def request(method, cseq, more="", body="", first=False):
    uri = "sip:USER@localhost" if first else "[next_url]"
    head = HEAD.format(tag="" if first else "[peer_tag_param]", cseq=cseq, method=method)
    route = "" if first else "[routes]\n"
    retrans = "" if method == "ACK" else ' retrans="500"'
    return (f"<send{retrans}><![CDATA[\n\n{method} {uri} SIP/2.0\n{head}{route}{more}"
            f"Content-Length: [len]\n\n{body}\n]]></send>\n")


def message(cseq, text):
    return (request("MESSAGE", cseq, "Content-Type: text/plain; charset=UTF-8;msgr=WAAtAE0A\n", text)
            + '<recv response="200" timeout="20000"/>\n')


BEGIN = '<?xml version="1.0"?>\n<scenario name="session">\n' + request(
    "INVITE", 1, "Contact: <sip:carol@[local_ip]:[local_port];transport=tcp;ms-opaque=d3470f2e1d>\n"
    "Ms-Conversation-ID: AQ\nSupported: ms-delayed-accept, histinfo\n"
    "Content-Type: application/sdp\n",
    SDP.replace("\r\n", "\n"), first=True) + """
<recv response="100" optional="true"/>
<recv response="STATUS" timeout="20000" rrs="true"/>
"""
TALK = BEGIN.replace("STATUS", "200") + request("ACK", 1) + "".join(
    message(number, f"text {number - 1}") for number in range(2, 5)) + request(
        "BYE", 5) + '<recv response="200" timeout="20000"/>\n</scenario>\n'
REFUSED = BEGIN + "</scenario>\n"  # sipp acknowledges by itself what is no 2xx


ANSWER = """
[last_Via:]
[last_From:]
[last_To:]TAG
[last_Call-ID:]
[last_CSeq:]
MOREContent-Length: [len]

BODY
]]></send>
"""


def answer(status, more="", body="", tag=""):
    return ("<send><![CDATA[\n\nSIP/2.0 " + status +
            ANSWER.replace("MORE", more).replace("BODY", body).replace("TAG", tag))


def hears(text):
    return (f'<recv request="MESSAGE" timeout="20000"><action><ereg regexp="{text}" '
            'search_in="body" check_it="true" assign_to="1"/></action></recv>\n' +
            answer("200 OK"))


# Lync's end of a session that the node begins, re-uses and ends.
LISTENS = ('<?xml version="1.0"?>\n<scenario name="listens">\n'
           '<recv request="INVITE" timeout="20000"><action><ereg regexp="m=message .* sip null" '
           'search_in="body" check_it="true" assign_to="1"/></action></recv>\n' +
           answer("180 Ringing", tag=";tag=[pid]x[call_number]") + '<pause milliseconds="300"/>\n' +
           answer("200 OK", "Contact: <sip:dave@[local_ip]:[local_port];transport=tcp>\n"
                  "Content-Type: application/sdp\n", SDP.replace("\r\n", "\n"),
                  ";tag=[pid]x[call_number]") +
           '<recv request="ACK" timeout="20000"/>\n' + "".join(
               hears(f"text {number}") for number in range(4)) +
           '<recv request="BYE" timeout="20000"/>\n' + answer("200 OK") +
           '<Reference variables="1"/>\n</scenario>\n')
BUSY = ('<?xml version="1.0"?>\n<scenario name="busy">\n'
        '<recv request="INVITE" timeout="20000"/>\n' +
        answer("486 Busy Here", tag=";tag=[pid]x[call_number]") +
        '<recv request="ACK" timeout="20000"/>\n</scenario>\n')


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


LYNC = free_port(socket.SOCK_STREAM)
DAVE = free_port(socket.SOCK_DGRAM)
SETTINGS = f"""
[sip]
enabled = true
address = "127.0.0.1"
transports = ["udp", "tcp"]
udp_port = 0
tcp_port = 0
im_idle_seconds = 3

[[sip.peer]]
address = "127.0.0.1"
port = {LYNC}
domains = ["lync.example"]
messages = "session"

[[sip.peer]]
address = "127.0.0.1"
port = {DAVE}
transport = "udp"
domains = ["udp.example"]
"""


async def sipp(test, scenario, *options):
    """Runs sipp to its end; it must like what it saw."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "scenario.xml"
        file.write_text(scenario, encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            "sipp", "-sf", str(file), "-i", "127.0.0.1", "-nostdin", "-timeout", "30",
            "-timeout_error", *options, cwd=folder, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
        output, _ = await asyncio.wait_for(process.communicate(), 2 * harness.PATIENCE)
    test.assertEqual(process.returncode, 0, output.decode(errors="replace")[-3000:])


class SipSessions(peer.Test):
    async def asyncSetUp(self):
        harness.node(SETTINGS)
        await super().asyncSetUp()
        self.alice, self.bob = await self.two_shards()

    @staticmethod
    def local(client):
        return client.user.jid.partition("@")[0]

    async def invite(self, scenario, user, status=200):
        port = self.node.ports["sip-tcp", "off"]
        scenario = scenario.replace("USER", user).replace("STATUS", str(status))
        await sipp(self, scenario, "-t", "t1", "-m", "1", f"127.0.0.1:{port}")

    async def test_sipp_talks_in_a_session_with_users_of_every_shard(self):
        for client in (self.alice, self.bob):
            await self.invite(TALK, self.local(client))
            threads = set()
            for number in range(1, 4):
                heard = await client.hear("message")
                self.assertEqual(heard["body"].strip(), f"text {number}")
                self.assertEqual(heard["from"].full, "carol@lync.example")
                self.assertEqual(heard["type"], "chat")
                threads.add(heard["thread"])
            self.assertEqual(len(threads), 1)

    async def test_who_is_away_finds_it_later(self):
        await self.bob.leave()
        self.node.expect_gone(self.bob.user)
        await self.invite(TALK, self.local(self.bob))
        again = await self.peer(self.bob.user, "again").arrive()
        for number in range(1, 4):
            heard = await again.hear("message")
            self.assertEqual(heard["body"].strip(), f"text {number}")

    async def test_sessions_that_we_do_not_have_are_refused(self):
        await self.invite(REFUSED, "nobody-of-that-name", 404)
        call = REFUSED.replace("m=message 5060 sip null", "m=audio 4000 RTP/AVP 0")
        await self.invite(call, self.local(self.bob), 488)

    async def listen(self, scenario, count):
        listener = asyncio.create_task(sipp(
            self, scenario, "-t", "t1", "-p", str(LYNC), "-m", str(count)))
        await asyncio.sleep(1)  # sipp cannot tell that it listens
        return listener

    async def test_sipp_is_called_and_told_in_order_and_once(self):
        listener = await self.listen(LISTENS, 2)
        for client in (self.alice, self.bob):
            for number in range(3):
                client.send_message("dave@lync.example", f"text {number}", mtype="chat")
        await asyncio.sleep(1.5)  # less than idle: the session is used again
        for client in (self.alice, self.bob):
            client.send_message("dave@lync.example", "text 3", mtype="chat")
        await listener
        for client in (self.alice, self.bob):
            self.assertFalse(client.has_heard("message_error"))

    async def test_who_is_busy_is_an_error(self):
        listener = await self.listen(BUSY, 1)
        self.alice.send_message("erin@lync.example", "hello", mtype="chat")
        self.alice.send_message("erin@lync.example", "hello?", mtype="chat")
        await listener
        for _ in range(2):
            heard = await self.alice.hear("message_error")
            self.assertIn("<recipient-unavailable ", str(heard))

    async def agent(self):
        agent = await Agent("sip:dave@udp.example",
                            self.node.ports["sip-udp", "off"]).open(port=DAVE)
        self.addCleanup(agent.close)
        return agent

    async def begin(self, agent, user, call_id):
        """A session of the agent's. Its 200, acknowledged."""
        uri = f"sip:{user}@localhost"
        accepted = await agent.request(
            "INVITE", uri, cseq=1, call_id=call_id, tag="d", body=SDP,
            Content_Type="application/sdp")
        self.assertEqual(accepted.status, 200, str(accepted))
        self.assertIn("m=message 5060 sip null", accepted.body)
        self.ack(agent, accepted)
        return accepted

    @staticmethod
    def ack(agent, accepted):
        uri = accepted["Contact"].strip("<>")
        agent.send("\r\n".join([
            f"ACK {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{agent.port};rport;branch=z9hG4bKack{accepted['Call-ID']}",
            f"From: {accepted['From']}", f"To: {accepted['To']}",
            f"Call-ID: {accepted['Call-ID']}", "CSeq: 1 ACK", "Max-Forwards: 70",
            "Content-Length: 0", "", ""]))

    async def say(self, agent, accepted, cseq, text, kind="text/plain"):
        return await agent.request(
            "MESSAGE", accepted["Contact"].strip("<>"), to=accepted["To"], cseq=cseq,
            call_id=accepted["Call-ID"], tag="d", body=text, Content_Type=kind)

    async def test_a_message_that_is_sent_back_is_a_loop_and_goes_round_once(self):
        agent = await self.agent()
        self.alice.send_message("frank@udp.example", "round and round", mtype="chat")

        def is_it(message):
            return message.status is None and message.method == "MESSAGE"
        told = await agent.hear(is_it, "MESSAGE")
        for uri in ("sip:frank@udp.example", f"sip:{self.local(self.bob)}@localhost"):
            branch = f"z9hG4bKback{len(uri)}"
            agent.send("\r\n".join([
                f"MESSAGE {uri} SIP/2.0",
                f"Via: SIP/2.0/UDP 127.0.0.1:{agent.port};rport;branch={branch}",
                *(f"{name}: {value}" for name, value in told.fields), "", told.body]))
            answer = await agent.hear(
                lambda m: m.status is not None and branch in m["Via"], "an answer")
            self.assertEqual(answer.status, 482)
        await asyncio.sleep(0.7)  # T1 and more
        self.assertEqual(agent.take(is_it), [])

    async def test_typing_is_seen_on_both_sides(self):
        agent = await self.agent()
        self.alice.register_plugin("xep_0085")
        accepted = await self.begin(agent, self.local(self.alice), "typing1")
        for state, shown in (("active", "chatstate_composing"), ("idle", "chatstate_active")):
            body = ("<?xml version='1.0' encoding='UTF-8'?>"
                    "<isComposing xmlns='urn:ietf:params:xml:ns:im-iscomposing'>"
                    f"<state>{state}</state><refresh>60</refresh></isComposing>")
            answer = await self.say(agent, accepted, 2 if state == "active" else 3, body,
                                    "application/im-iscomposing+xml")
            self.assertEqual(answer.status, 200)
            heard = await self.alice.hear(shown)
            self.assertFalse(heard["body"])
        typing = self.alice.make_message("dave@udp.example", mtype="chat")
        typing.append(ElementTree.Element("{http://jabber.org/protocol/chatstates}composing"))
        typing.send()
        told = await agent.hear(lambda m: m.status is None and m.method == "MESSAGE", "MESSAGE")
        self.assertEqual(told["Call-ID"], "typing1")
        self.assertIn("<state>active</state>", told.body)

    async def test_an_idle_session_is_ended_and_is_no_more(self):
        agent = await self.agent()
        accepted = await self.begin(agent, self.local(self.alice), "idle1")
        self.assertEqual((await self.say(agent, accepted, 2, "hello")).status, 200)
        self.assertEqual((await self.alice.hear("message"))["body"], "hello")
        await agent.hear(lambda m: m.status is None and m.method == "BYE" and
                         m["Call-ID"] == "idle1", "BYE")
        self.assertEqual((await self.say(agent, accepted, 3, "too late")).status, 481)

    async def test_a_restart_ends_sessions_and_loses_nothing_that_was_answered(self):
        agent = await self.agent()
        user = self.bob.user
        await self.bob.leave()
        self.node.expect_gone(user)
        accepted = await self.begin(agent, self.local(self.bob), "kill1")
        for number in range(3):
            answer = await self.say(agent, accepted, 2 + number, f"text {number}")
            self.assertEqual(answer.status, 200)
        await self.alice.leave()
        self.node.die_and_start()
        agent.target = ("127.0.0.1", self.node.ports["sip-udp", "off"])
        self.assertEqual((await self.say(agent, accepted, 9, "anybody?")).status, 481)
        accepted = await self.begin(agent, self.local(self.bob), "kill2")
        self.assertEqual((await self.say(agent, accepted, 2, "text 3")).status, 200)
        again = await self.peer(user, "again").arrive()
        heard = [(await again.hear("message"))["body"] for _ in range(4)]
        self.assertEqual(heard, [f"text {number}" for number in range(4)])


if __name__ == "__main__":
    harness.main()
