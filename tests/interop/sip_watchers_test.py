"""Watchers on either side, row by row: what an XMPP client says as a SIP watcher reads it (RFC 8048,
table 1), what a SIP system answers a SUBSCRIBE of ours, and thousands of subscriptions by sipp."""

import re
import socket

import harness

harness.need(module="slixmpp")

import peer  # noqa: E402  (needs slixmpp)
import sipp  # noqa: E402  (needs the program)
from sip_agent import Agent, Subscription  # noqa: E402


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


CHURN = 5000
FRIENDS, PHONES = free_port(), free_port()
SETTINGS = f"""
[sip]
enabled = true
address = "127.0.0.1"
transports = ["udp"]
udp_port = 0

[[sip.peer]]
address = "127.0.0.1"
port = {FRIENDS}
transport = "udp"
domains = ["friends.example"]

[[sip.peer]]
address = "127.0.0.1"
port = {PHONES}
transport = "udp"
domains = ["phones.example"]
watches = true
"""
# What a client says, and what its tuple has.
ROWS = (
    ({}, "<basic>open</basic>"),
    ({"pshow": "away"}, "<show xmlns='jabber:client'>away</show>"),
    ({"pshow": "xa"}, "<show xmlns='jabber:client'>xa</show>"),
    ({"pshow": "dnd", "pstatus": "no"}, "<note xml:lang='en'>no</note>"),
    ({"ppriority": 1}, "<contact priority='0.007'>"),
    ({"ppriority": 2}, "<contact priority='0.015'>"),
    ({"ppriority": 126}, "<contact priority='0.992'>"),
    ({"ppriority": 127}, "<contact priority='1'>"),
    ({"ppriority": -1}, "<contact>"),
)
COPIED = ("Via", "From", "To", "Call-ID", "CSeq")
OK = ("  <send><![CDATA[\n\nSIP/2.0 200 OK\n" +
      "".join(f"{name}: [${name}]\n" for name in COPIED) + "Content-Length: 0\n\n]]></send>\n")


def subscribe(cseq, expires, tag=""):
    return f"""  <send retrans="500"><![CDATA[

SUBSCRIBE sip:[field0]@localhost SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:p[call_number]@phones.example>;tag=[pid]x[call_number]
To: <sip:[field0]@localhost>{tag}
Call-ID: [call_id]
CSeq: {cseq} SUBSCRIBE
Max-Forwards: 70
Contact: <sip:[local_ip]:[local_port]>
Event: presence
Expires: {expires}
Content-Length: 0

]]></send>
"""


def answered(state, step):
    """200 and the NOTIFY with this state: two datagrams, the later may overtake the other. sipp
    hears nothing while it has something to say: both are heard first."""
    copy = "".join(f'      <ereg regexp=".*" search_in="hdr" header="{name}:" assign_to="{name}"/>\n'
                   for name in COPIED)
    notify = f"""
    <action>
      <ereg regexp="{state}" search_in="hdr" header="Subscription-State:" check_it="true"
        assign_to="State"/>
{copy}    </action>
  </recv>
"""
    response = '  <recv response="200" rrs="true" timeout="20000"/>\n'
    return (f'  <recv request="NOTIFY" optional="true" next="{step}0">{notify}{response}'
            f'  <recv request="NOTIFY" timeout="20000" next="{step}1">{notify}'
            f'  <label id="{step}0"/>\n{response}  <label id="{step}1"/>\n{OK}')


LIFE = ('<?xml version="1.0"?>\n<scenario name="subscribes, refreshes, unsubscribes">\n' +
        subscribe(1, 600) + answered("^ *active;expires=", 1) +
        subscribe(2, 900, "[peer_tag_param]") + answered("^ *active;expires=", 2) +
        subscribe(3, 0, "[peer_tag_param]") + answered("^ *terminated;reason=timeout", 3) +
        '  <Reference variables="State"/>\n</scenario>\n')


class SipWatchers(peer.Test):
    async def asyncSetUp(self):
        harness.node(SETTINGS, 50)
        await super().asyncSetUp()
        self.udp = self.node.ports["sip-udp", "off"]

    async def agent(self, uri, port):
        agent = await Agent(uri, self.udp).open(port)
        self.addCleanup(agent.close)
        return agent

    def tuple_of(self, notify, resource):
        found = re.search(f"<tuple id='ID-{resource}'>.*?</tuple>", notify.body, re.S)
        self.assertIsNotNone(found, notify)
        return found[0]

    async def test_what_a_client_says_is_in_its_tuple(self):
        user = self.node.add_user("speaker")
        client = await self.peer(user, "1st").arrive()  # no XML id begins with a digit
        desk = await self.agent("sip:desk@phones.example", PHONES)
        watch = Subscription(desk, f"sip:{user.jid}")
        self.assertEqual((await watch.subscribe()).status, 200)
        self.assertIn("<basic>open</basic>", self.tuple_of(await watch.notify(), "1st"))
        for said, row in ROWS[1:] + ROWS[:1]:
            client.send_presence(**said)
            self.assertIn(row, self.tuple_of(await watch.notify(), "1st"), said)
        client.send_presence(ptype="unavailable")
        self.assertNotIn("<basic>open</basic>", (await watch.notify()).body)

    async def asked(self, friend, status):
        """The next new SUBSCRIBE, which was answered so."""
        friend.answer = status
        return await friend.hear(lambda m: m.method == "SUBSCRIBE" and m["Expires"] == "3600",
                                 "a SUBSCRIBE")

    async def test_what_is_refused_for_good_is_given_up(self):
        client = await self.peer(self.node.add_user("asker"), "desk").arrive()
        friend = await self.agent("sip:anybody@friends.example", FRIENDS)
        for status in (403, 404, 489, 603):
            whom = f"d{status}@friends.example"
            friend.answer = status
            client.send_presence_subscription(whom)
            self.assertIn(whom, (await self.asked(friend, status)).start)
            await client.hear("presence", lambda p: p["type"] == "unsubscribed" and
                              p["from"].bare == whom)
        self.assertEqual(friend.take(lambda m: m.method == "SUBSCRIBE"), [])

    async def test_a_dialog_that_the_other_side_lost_is_begun_anew(self):
        client = await self.peer(self.node.add_user("patient"), "desk").arrive()
        friend = await self.agent("sip:dave@friends.example", FRIENDS)
        friend.answer = 481
        client.send_presence_subscription("dave@friends.example")
        first = await self.asked(friend, 481)
        friend.answer = 200
        second = await self.asked(friend, 200)
        while second["Call-ID"] == first["Call-ID"]:  # sent again, or answered before it was heard
            second = await self.asked(friend, 200)
        document = ("<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:dave@friends.example'>"
                    "<tuple id='desk'><status><basic>open</basic></status></tuple></presence>")
        self.assertEqual(await friend.tell(second, 1, "active;expires=3600", document), 200)
        await client.hear("presence", lambda p: p["type"] == "available" and
                          p["from"].full == "dave@friends.example/desk")
        self.assertFalse(client.has_heard("presence", lambda p: p["type"] == "unsubscribed"))

    async def test_subscriptions_come_and_go(self):
        users = [f"u{number % 50}" for number in range(CHURN)]
        await sipp.run(LIFE, f"127.0.0.1:{self.udp}", "-t", "u1", "-p", str(PHONES), "-r", "1000",
                       "-l", "200", users=users, patience=60)
        harness.until(lambda: self.node.counter("rollcall_sip_subscriptions") == 0,
                      "the end of every subscription")


if __name__ == "__main__":
    harness.main()
