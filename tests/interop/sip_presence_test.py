"""One presence on two wires: a call manager says what phones do (PUBLISH), users of SIP systems
subscribe, and users of the node with slixmpp see the one and decide about the other. sipp and plain
sockets stand for SIP."""

import asyncio
import pathlib
import re
import socket
import tempfile

import harness

harness.need(module="slixmpp", command="sipp")

import peer  # noqa: E402  (needs slixmpp)
from sip_agent import Agent, Subscription  # noqa: E402


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


FRIENDS = free_port(socket.SOCK_DGRAM)
PHONES = free_port(socket.SOCK_DGRAM)
SETTINGS = f"""
[sip]
enabled = true
address = "127.0.0.1"
transports = ["udp", "tcp"]
udp_port = 0
tcp_port = 0

[[sip.peer]]
address = "127.0.0.2"
domains = ["cm.example"]
publishes = true

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
BUSY = """<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:ce="urn:cisco:params:xml:ns:pidf:rpid"
 xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" entity="sip:USER@localhost">
<tuple id="SEP001122334455"><status><basic>closed</basic></status></tuple>
<dm:person id="p1"><ce:activities><ce:busy/></ce:activities></dm:person></presence>
"""
IDLE = """<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:USER@localhost">
<tuple id="SEP001122334455"><status><basic>open</basic></status></tuple></presence>
"""
PIDF = "application/pidf+xml"
CALL = """<?xml version="1.0"?>
<scenario name="a call on a line, and its end">
  <send retrans="500"><![CDATA[

PUBLISH sip:USER@localhost SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:USER@localhost>;tag=[pid]x[call_number]
To: <sip:USER@localhost>
Call-ID: [call_id]
CSeq: 1 PUBLISH
Max-Forwards: 70
Event: presence
Expires: 600
Content-Type: application/pidf+xml
Content-Length: [len]

BUSY
]]></send>
  <recv response="200" timeout="5000">
    <action><ereg regexp="[0-9a-f]+" search_in="hdr" header="SIP-ETag:" assign_to="1"/></action>
  </recv>
  <pause milliseconds="1500"/>
  <send retrans="500"><![CDATA[

PUBLISH sip:USER@localhost SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:USER@localhost>;tag=[pid]x[call_number]
To: <sip:USER@localhost>
Call-ID: [call_id]
CSeq: 2 PUBLISH
Max-Forwards: 70
Event: presence
SIP-If-Match: [$1]
Expires: 0
Content-Length: 0

]]></send>
  <recv response="200" timeout="5000"/>
</scenario>
"""
WATCH = """<?xml version="1.0"?>
<scenario name="subscribes and unsubscribes">
  <send retrans="500"><![CDATA[

SUBSCRIBE sip:USER@localhost SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:p[call_number]@phones.example>;tag=[pid]x[call_number]
To: <sip:USER@localhost>
Call-ID: [call_id]
CSeq: 1 SUBSCRIBE
Max-Forwards: 70
Contact: <sip:[local_ip]:[local_port]>
Event: presence
Accept: application/pidf+xml
Expires: 600
Content-Length: 0

]]></send>
  <recv response="200" rrs="true" timeout="5000"/>
  <recv request="NOTIFY" timeout="5000">
    <action>
      <ereg regexp="active;expires=" search_in="hdr" header="Subscription-State:"
        check_it="true" assign_to="1"/>
      <ereg regexp="entity=.sip:USER@localhost" search_in="body" check_it="true" assign_to="2"/>
    </action>
  </recv>
  <send><![CDATA[

SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
  <send retrans="500"><![CDATA[

SUBSCRIBE sip:USER@localhost SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:p[call_number]@phones.example>;tag=[pid]x[call_number]
To: <sip:USER@localhost>[peer_tag_param]
Call-ID: [call_id]
CSeq: 2 SUBSCRIBE
Max-Forwards: 70
Contact: <sip:[local_ip]:[local_port]>
Event: presence
Expires: 0
Content-Length: 0

]]></send>
  <recv response="200" timeout="5000"/>
  <recv request="NOTIFY" timeout="5000">
    <action>
      <ereg regexp="terminated;reason=timeout" search_in="hdr" header="Subscription-State:"
        check_it="true" assign_to="3"/>
    </action>
  </recv>
  <send><![CDATA[

SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
  <Reference variables="1,2,3"/>
</scenario>
"""


def state(notify):
    return re.split("[;=]", notify["Subscription-State"])


class SipPresence(peer.Test):
    async def asyncSetUp(self):
        harness.node(SETTINGS)
        await super().asyncSetUp()
        self.alice, self.bob = await self.two_shards()
        self.udp = self.node.ports["sip-udp", "off"]
        self.tcp = self.node.ports["sip-tcp", "off"]
        self.agents = []

    async def asyncTearDown(self):
        for agent in self.agents:
            agent.close()
        await super().asyncTearDown()

    async def agent(self, uri, port=0, address="127.0.0.1", stream=False):
        agent = Agent(uri, self.tcp if stream else self.udp, address)
        # A connection of the call manager's to 127.0.0.1, from where its address is known.
        agent.target = ("127.0.0.1", self.tcp if stream else self.udp)
        self.agents.append(agent)
        return await agent.open(port, stream)

    @staticmethod
    def uri(client):
        return f"sip:{client.user.jid}"

    @staticmethod
    def local(client):
        return client.user.jid.partition("@")[0]

    async def sipp(self, scenario, client, *options):
        """Runs sipp to its end; it must like what it saw."""
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "scenario.xml"
            file.write_text(scenario.replace("BUSY", BUSY).replace("USER", self.local(client)))
            process = await asyncio.create_subprocess_exec(
                "sipp", "-sf", str(file), "-nostdin", "-trace_err", "-timeout", "20",
                "-timeout_error",
                *options, cwd=folder, stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
            output, _ = await asyncio.wait_for(process.communicate(), 2 * harness.PATIENCE)
            why = "".join(log.read_text() for log in pathlib.Path(folder).glob("*_errors.log"))
        self.assertEqual(process.returncode, 0, why[-3000:] or output.decode()[-3000:])

    async def befriend(self):
        self.bob.send_presence_subscription(self.alice.user.jid)
        await self.bob.hear_subscription(self.alice.user, "both")

    async def hear_phone(self, client, kind, of):
        return await client.hear(
            "presence", lambda p: p["from"].full == f"{of.user.jid}/phone" and p["type"] == kind)

    async def test_a_call_is_seen_by_contacts(self):
        await self.befriend()
        call = asyncio.create_task(self.sipp(
            CALL, self.alice, "-t", "t1", "-i", "127.0.0.2", "-m", "1", f"127.0.0.1:{self.tcp}"))
        for client in (self.bob, self.alice):
            seen = await self.hear_phone(client, "dnd", self.alice)
            self.assertEqual(seen["status"], "On the phone")
        shown = self.node.rollcall("presence", "show", self.alice.user.jid)
        self.assertEqual((shown["state"], shown["because"]), ("busy", "on-the-phone"))
        line = next(one for one in shown["sources"] if one["kind"] == "line")
        self.assertTrue(line["decides"] and line["expires"] > 0)
        self.assertIn((self.bob.user.jid, "active"),
                      [(one["jid"], one["state"]) for one in shown["watchers"]])
        peers = self.node.rollcall("sip", "peers")["peers"]
        self.assertIn(("cm.example", True), [(one["peer"], one["publishes"]) for one in peers])
        # Who comes now sees it, too.
        late = await self.peer(self.bob.user, "late").arrive()
        await self.hear_phone(late, "dnd", self.alice)
        await call
        for client in (self.bob, self.alice, late):
            await self.hear_phone(client, "unavailable", self.alice)

    async def test_publications_by_the_rules(self):
        cm = await self.agent("sip:cm@cm.example", address="127.0.0.2", stream=True)
        uri = self.uri(self.alice)
        body = BUSY.replace("USER", self.local(self.alice))

        async def publish(status, body="", **fields):
            fields = {"Event": "presence", "Content-Type": PIDF} | fields
            answer = await cm.request("PUBLISH", uri, body=body, **fields)
            self.assertEqual(answer.status, status, answer)
            return answer

        first = await publish(200, body, Expires=600)
        self.assertEqual(first["Expires"], "600")
        self.assertIsNone(first["Contact"])
        tags = {first["SIP-ETag"]}
        for fields in ({}, {"body": body}, {"body": IDLE}):
            text = fields.get("body", "")
            answer = await publish(200, text, **{"SIP-If-Match": first["SIP-ETag"]})
            self.assertNotIn(answer["SIP-ETag"], tags)
            await publish(412, text, **{"SIP-If-Match": first["SIP-ETag"]})
            first = answer
            tags.add(first["SIP-ETag"])
        await publish(412, body, **{"SIP-If-Match": "other"})
        self.assertEqual((await publish(489, body, Event="kpml"))["Allow-Events"], "presence")
        self.assertEqual((await publish(415, body, **{"Content-Type": "text/plain"}))["Accept"], PIDF)
        self.assertEqual((await publish(423, body, Expires=5))["Min-Expires"], "60")
        await publish(400)
        await publish(400, "<presence")
        await publish(200, Expires=0, **{"SIP-If-Match": first["SIP-ETag"]})
        for uri, status in (("sip:nobody@localhost", 404), ("sip:a@foreign.example", 404)):
            await publish(status, body)
        uri = self.uri(self.alice)
        friend = await self.agent("sip:dave@friends.example", FRIENDS)
        answer = await friend.request("PUBLISH", uri, body=body, Event="presence",
                                      Content_Type=PIDF)
        self.assertEqual(answer.status, 403)

    async def test_phones_watch(self):
        for client in (self.alice, self.bob):
            await self.sipp(WATCH, client, "-t", "u1", "-i", "127.0.0.1", "-p", str(PHONES), "-m",
                            "20", "-l", "5", f"127.0.0.1:{self.udp}")

    async def test_a_watcher_sees_every_change(self):
        phone = await self.agent("sip:desk@phones.example", PHONES)
        watch = Subscription(phone, self.uri(self.alice))
        answer = await watch.subscribe()
        self.assertEqual((answer.status, answer["Expires"]), (200, "600"))
        first = await watch.notify()
        self.assertEqual(state(first)[:2], ["active", "expires"])
        self.assertIn("<basic>open</basic>", first.body)
        self.alice.send_presence(pshow="away", pstatus="gone for lunch")
        second = await watch.notify()
        self.assertIn("gone for lunch", second.body)
        self.assertGreater(second.cseq, first.cseq)
        # RFC 5839: it knows that.
        answer = await watch.subscribe(**{"Suppress-If-Match": second["SIP-ETag"]})
        self.assertEqual(answer.status, 204)
        self.alice.send_presence(ptype="unavailable")
        third = await watch.notify()
        self.assertIn("<basic>closed</basic>", third.body)
        self.assertEqual(third.cseq, second.cseq + 1)
        answer = await watch.subscribe(**{"Suppress-If-Match": second["SIP-ETag"]})
        self.assertEqual(answer.status, 200)
        self.assertIn("closed", (await watch.notify()).body)
        await watch.subscribe(expires=0)
        self.assertEqual(state(await watch.notify()), ["terminated", "reason", "timeout"])
        self.assertEqual((await watch.subscribe()).status, 481)

    async def test_who_is_not_known_waits_for_the_user(self):
        self.alice.auto_authorize = None
        friend = await self.agent("sip:dave@friends.example", FRIENDS)
        watch = Subscription(friend, self.uri(self.alice))
        self.assertEqual((await watch.subscribe()).status, 200)
        notify = await watch.notify()
        self.assertEqual((state(notify)[0], notify.body), ("pending", ""))
        asked = await self.alice.hear("presence", lambda p: p["type"] == "subscribe")
        self.assertEqual(asked["from"].full, "dave@friends.example")
        self.alice.send_presence(pto=asked["from"], ptype="subscribed")
        notify = await watch.notify()
        self.assertEqual(state(notify)[0], "active")
        self.assertIn("<basic>open</basic>", notify.body)
        # Known from now on.
        again = Subscription(friend, self.uri(self.alice))
        self.assertEqual((await again.subscribe()).status, 200)
        self.assertEqual(state(await again.notify())[0], "active")
        self.alice.send_presence(pto=asked["from"], ptype="unsubscribed")
        for one in (watch, again):
            notify = await one.notify()
            self.assertEqual(state(notify), ["terminated", "reason", "rejected"])

    async def test_users_watch_sip_users(self):
        dave = "dave@friends.example"
        friend = await self.agent(f"sip:{dave}", FRIENDS)

        async def asked(expires):
            return await friend.hear(lambda m: m.method == "SUBSCRIBE" and
                                     m["Expires"] == expires, "a SUBSCRIBE")

        self.alice.send_presence_subscription(dave)
        subscribe = await asked("3600")
        self.assertEqual(subscribe.start, f"SUBSCRIBE sip:{dave} SIP/2.0")
        self.assertEqual(subscribe["Accept"], PIDF)
        self.assertEqual(await friend.tell(subscribe, 1, "pending;expires=3600"), 200)
        self.assertFalse(self.alice.has_heard("presence", lambda p: p["from"].bare == dave))
        body = BUSY.replace("closed", "open")
        self.assertEqual(await friend.tell(subscribe, 2, "active;expires=3600", body), 200)
        await self.alice.hear("presence", lambda p: p["from"].bare == dave and
                              p["type"] == "subscribed")
        seen = await self.alice.hear("presence", lambda p: p["from"].bare == dave)
        self.assertEqual((seen["type"], seen["from"].resource), ("dnd", "SEP001122334455"))
        self.assertEqual(await friend.tell(subscribe, 2, "active;expires=3600", body), 500)
        # Another client of hers is told what is known.
        late = await self.peer(self.alice.user, "late").arrive()
        await late.hear("presence", lambda p: p["from"].bare == dave and p["type"] == "dnd")
        self.assertEqual(await friend.tell(subscribe, 3, "active;expires=3600",
                                           IDLE.replace("SEP", "DESK")), 200)
        for client in (self.alice, late):
            await client.hear("presence", lambda p: p["from"].resource == "SEP001122334455" and
                              p["type"] == "unavailable")
            await client.hear("presence", lambda p: p["from"].resource == "DESK001122334455" and
                              p["type"] == "available")
        self.alice.send_presence(pto=dave, ptype="unsubscribe")
        end = await asked("0")
        self.assertEqual(end["Call-ID"], subscribe["Call-ID"])
        self.assertEqual(await friend.tell(subscribe, 4, "terminated;reason=timeout"), 481)

    async def test_sip_users_who_refuse(self):
        friend = await self.agent("sip:eve@friends.example", FRIENDS)
        friend.answer = 603
        self.alice.send_presence_subscription("eve@friends.example")
        await self.alice.hear("presence", lambda p: p["type"] == "unsubscribed")

    async def test_blocked_politely(self):
        phone = await self.agent("sip:spy@phones.example", PHONES)
        watch = Subscription(phone, self.uri(self.alice))
        self.assertEqual((await watch.subscribe()).status, 200)
        self.assertIn("<basic>open</basic>", (await watch.notify()).body)
        self.alice.register_plugin("xep_0191")
        await self.alice["xep_0191"].block("spy@phones.example")
        notify = await watch.notify()
        self.assertEqual(state(notify)[0], "active")
        self.assertIn("<basic>closed</basic>", notify.body)
        await self.alice["xep_0191"].unblock("spy@phones.example")
        self.assertIn("<basic>open</basic>", (await watch.notify()).body)

    async def test_what_is_refused(self):
        phone = await self.agent("sip:desk@phones.example", PHONES)
        stranger = await self.agent("sip:desk@phones.example", address="127.0.0.9")
        uri = self.uri(self.bob)
        fields = {"Event": "presence"}
        for agent, target, more, status in (
                (phone, uri, {"Event": "kpml"}, 489), (phone, "sip:x@foreign.example", {}, 404),
                (phone, "sip:nobody@localhost", {}, 404), (phone, uri, {"Accept": "text/html"}, 406),
                (phone, uri, {"Expires": 5}, 423), (stranger, uri, {}, 403)):
            answer = await agent.request("SUBSCRIBE", target, **(fields | more))
            self.assertEqual(answer.status, status, answer)
        answer = await phone.request("SUBSCRIBE", uri, to=f"<{uri}>;tag=none", Event="presence")
        self.assertEqual(answer.status, 481)

    async def test_asks_once(self):
        phone = await self.agent("sip:desk@phones.example", PHONES)
        watch = Subscription(phone, self.uri(self.bob))
        self.assertEqual((await watch.subscribe(expires=0)).status, 200)
        notify = await watch.notify()
        self.assertEqual(state(notify), ["terminated", "reason", "timeout"])
        self.assertIn("<basic>open</basic>", notify.body)

    async def test_a_subscriber_that_is_gone(self):
        phone = await self.agent("sip:desk@phones.example", PHONES)
        watch = Subscription(phone, self.uri(self.bob))
        self.assertEqual((await watch.subscribe()).status, 200)
        await watch.notify()
        phone.answer = 481
        self.bob.send_presence(pshow="dnd")
        await watch.notify()
        phone.answer = 200
        self.assertEqual((await watch.subscribe()).status, 481)


if __name__ == "__main__":
    harness.main()
