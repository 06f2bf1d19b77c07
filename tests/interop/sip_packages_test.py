"""A SIP client of a user's own hears who watches her (RFC 3857), whether a friend is on the phone
(RFC 4235) and how many messages wait for her (RFC 3842); she decides about her watchers by slixmpp.
"""

import asyncio
import re

import harness

harness.need(module="slixmpp")

import peer  # noqa: E402  (needs slixmpp)
from sip_client import Client, status  # noqa: E402

SETTINGS = """
[sip]
enabled = true
address = "127.0.0.1"
transports = ["udp", "tcp"]
udp_port = 0
tcp_port = 0
digest = true
"""
PIDF = """<?xml version="1.0"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
 xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:{0}">
<tuple id="a"><status><basic>open</basic></status></tuple>
<dm:person id="p"><rpid:activities><rpid:{1}/></rpid:activities></dm:person></presence>"""


class SipPackages(peer.Test):
    async def asyncSetUp(self):
        harness.node(SETTINGS)
        await super().asyncSetUp()
        self.alice, self.bob = await self.two_shards()

    def client(self, user, transport):
        client = Client(user.jid.partition("@")[0], user.password,
                        self.node.ports["sip-" + transport, "off"], transport)
        self.addCleanup(client.close)
        return client

    async def subscribe(self, client, whom, event):
        contact = f"Contact: <sip:{client.address}:{client.port};transport={client.transport}>\r\n"
        answer = await asyncio.to_thread(
            client.proved, "SUBSCRIBE", f"sip:{whom.jid}", None,
            f"{contact}Event: {event}\r\nExpires: 600\r\n")
        self.assertEqual(status(answer), 200)

    async def notify(self, client):
        return await asyncio.to_thread(client.hear, "NOTIFY")

    async def test_who_watches(self):
        self.alice.auto_authorize = None
        hers = self.client(self.alice.user, "tcp")
        await self.subscribe(hers, self.alice.user, "presence.winfo")
        _, fields, body = await self.notify(hers)
        self.assertEqual(fields["content-type"], ["application/watcherinfo+xml"])
        self.assertIn("version='0' state='full'", body)
        self.assertNotIn("<watcher ", body)
        bobs = self.client(self.bob.user, "udp")
        await self.subscribe(bobs, self.alice.user, "presence")
        await self.notify(bobs)
        body = (await self.notify(hers))[2]
        self.assertIn("version='1' state='partial'", body)
        watcher = re.search(r"<watcher id='(\w+)' status='pending' event='subscribe'", body)
        self.assertIn(f"sip:{self.bob.user.jid}<", body)
        await self.alice.hear("presence", lambda p: p["type"] == "subscribe")
        self.alice.send_presence(pto=self.bob.user.jid, ptype="subscribed")
        body = (await self.notify(hers))[2]
        self.assertIn(f"<watcher id='{watcher[1]}' status='active' event='approved'", body)
        _, fields, body = await self.notify(bobs)
        self.assertTrue(fields["subscription-state"][0].startswith("active"))
        self.assertIn("<basic>open</basic>", body)
        answer = await asyncio.to_thread(
            bobs.proved, "SUBSCRIBE", f"sip:{self.alice.user.jid}", None,
            "Contact: <sip:bob@127.0.0.1>\r\nEvent: presence.winfo\r\n")
        self.assertEqual(status(answer), 403)

    async def test_messages_wait(self):
        await self.alice.leave()
        hers = self.client(self.alice.user, "udp")
        await self.subscribe(hers, self.alice.user, "message-summary")
        _, fields, body = await self.notify(hers)
        self.assertEqual(fields["content-type"], ["application/simple-message-summary"])
        self.assertTrue(body.startswith("Messages-Waiting: no\r\n"), body)
        for text in ("first", "second"):
            self.bob.send_message(self.alice.user.jid, text)
        while "Text-Message: 2/0" not in body:  # the first may be told alone
            body = (await self.notify(hers))[2]
            self.assertTrue(body.startswith("Messages-Waiting: yes\r\n"), body)
        self.assertIn(f"Message-Account: sip:{self.alice.user.jid}\r\n", body)
        again = await self.peer(self.alice.user, "again").arrive()
        await again.hear_text("second")
        while not body.startswith("Messages-Waiting: no\r\n"):
            body = (await self.notify(hers))[2]
        bobs = self.client(self.bob.user, "udp")
        answer = await asyncio.to_thread(
            bobs.proved, "SUBSCRIBE", f"sip:{self.alice.user.jid}", None,
            "Contact: <sip:bob@127.0.0.1>\r\nEvent: message-summary\r\n")
        self.assertEqual(status(answer), 403)
        answer = await asyncio.to_thread(
            bobs.proved, "SUBSCRIBE", f"sip:{self.alice.user.jid}", None,
            "Contact: <sip:bob@127.0.0.1>\r\nEvent: conference\r\n")
        self.assertEqual(status(answer), 489)
        known = ", ".join(answer[1]["allow-events"])
        for event in ("presence", "presence.winfo", "dialog", "message-summary"):
            self.assertIn(event, known.replace(",", " ").split())

    async def test_calls(self):
        bobs = self.client(self.bob.user, "tcp")
        await self.subscribe(bobs, self.alice.user, "dialog")
        state = ""
        while not state.startswith("active"):  # slixmpp says yes
            _, fields, body = await self.notify(bobs)
            state = fields["subscription-state"][0]
        self.assertEqual(fields["content-type"], ["application/dialog-info+xml"])
        self.assertNotIn("<dialog ", body)
        hers = self.client(self.alice.user, "udp")
        answer = await asyncio.to_thread(
            hers.proved, "PUBLISH", f"sip:{self.alice.user.jid}", None,
            "Event: presence\r\nExpires: 600\r\nContent-Type: application/pidf+xml\r\n",
            PIDF.format(self.alice.user.jid, "on-the-phone"))
        self.assertEqual(status(answer), 200)
        self.assertIn("<state>confirmed</state>", (await self.notify(bobs))[2])
        answer = await asyncio.to_thread(
            hers.proved, "PUBLISH", f"sip:{self.alice.user.jid}", None,
            f"Event: presence\r\nExpires: 0\r\nSIP-If-Match: {answer[1]['sip-etag'][0]}\r\n")
        self.assertEqual(status(answer), 200)
        self.assertNotIn("<dialog ", (await self.notify(bobs))[2])


if __name__ == "__main__":
    harness.main()
