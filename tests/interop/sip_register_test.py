"""SIP clients that live here: REGISTER by UDP and TCP, messages both ways with slixmpp, what
becomes of them when a client does not answer, goes, or the node is killed."""

import asyncio
import re
import time
import urllib.request

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


class SipRegister(peer.Test):
    async def asyncSetUp(self):
        harness.node(SETTINGS)
        await super().asyncSetUp()
        self.alice, self.bob = await self.two_shards()

    def client(self, transport="udp", user=None):
        user = user or self.node.add_user(f"sip{time.monotonic_ns()}")
        client = Client(user.jid.partition("@")[0], user.password,
                        self.node.ports["sip-" + transport, "off"], transport)
        client.jid = user.jid
        self.addCleanup(client.close)
        return client

    def metric(self, name):
        port = self.node.ports["http", "off"]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
            text = page.read().decode()
        return float(re.search(rf"^\w*{name} (\S+)$", text, re.M)[1])

    async def write(self, to, text):
        """Alice writes, and what she wrote has been dealt with."""
        self.alice.send_message(to, text, mtype="chat")
        self.alice.send_message(self.bob.user.jid, text, mtype="chat")
        await self.bob.hear_text(text)

    @staticmethod
    async def page(client):
        return await asyncio.to_thread(client.hear, "MESSAGE")  # slixmpp goes on meanwhile

    @staticmethod
    def contacts(answer):
        return answer[1].get("contact", [])

    async def test_messages_go_both_ways(self):
        for transport in ("udp", "tcp"):
            for other in (self.alice, self.bob):
                client = self.client(transport)
                answer = client.register()
                self.assertEqual(status(answer), 200)
                self.assertEqual(len(self.contacts(answer)), 1)
                self.assertIn(f"{client.address}:{client.port}", self.contacts(answer)[0])
                self.assertIn("date", answer[1])
                for number in range(3):
                    other.send_message(client.jid, f"hello {number}", mtype="chat")
                for number in range(3):
                    _, fields, body = await self.page(client)
                    self.assertEqual(body, f"hello {number}")
                    self.assertIn(f"<sip:{other.user.jid};gr=", fields["from"][0])
                self.assertEqual(status(client.message(other.user.jid, "hello yourself")), 202)
                heard = await other.hear("message")
                self.assertEqual(heard["from"].bare, client.jid)
                self.assertEqual(heard["body"], "hello yourself")
                self.assertEqual(status(client.register(expires=0)), 200)

    async def test_sip_users_write_to_each_other(self):
        first, second = self.client(), self.client("tcp")
        self.assertEqual(status(first.register()), 200)
        self.assertEqual(status(second.register()), 200)
        self.assertEqual(status(first.message(second.jid, "one")), 202)
        self.assertEqual((await self.page(second))[2], "one")
        self.assertEqual(status(second.message(first.jid, "two")), 202)
        self.assertEqual((await self.page(first))[2], "two")

    async def test_bindings_are_listed_refreshed_and_ended(self):
        client = self.client()
        aor = f"sip:{client.user}@localhost"
        self.assertEqual(self.contacts(client.proved("REGISTER", "sip:localhost", aor)), [])
        self.assertEqual(len(self.contacts(client.register(contact="<sip:a@192.0.2.1>;q=0.5"))), 1)
        answer = client.register(contact="<sip:b@192.0.2.1>")
        self.assertEqual(len(self.contacts(answer)), 2)
        self.assertIn("q=0.500", " ".join(self.contacts(answer)))
        self.assertEqual(len(self.contacts(client.register(contact="<sip:a@192.0.2.1>"))), 2)
        answer = client.register(expires=5)
        self.assertEqual(status(answer), 423)
        self.assertEqual(answer[1]["min-expires"], ["60"])
        self.assertEqual(status(client.register(contact="*")), 400)
        answer = client.register(expires=0, contact="<sip:a@192.0.2.1>")
        self.assertEqual(len(self.contacts(answer)), 1)
        for number in range(7):
            self.assertEqual(status(client.register(contact=f"<sip:{number}@192.0.2.1>")), 200)
        self.assertEqual(status(client.register(contact="<sip:one-more@192.0.2.1>")), 503)
        answer = client.register(expires=0, contact="*")
        self.assertEqual((status(answer), self.contacts(answer)), (200, []))

    async def test_nobody_registers_for_somebody_else(self):
        client = self.client()
        other = f"sip:{self.alice.user.jid}"
        self.assertEqual(status(client.proved("REGISTER", "sip:localhost", other)), 403)

    async def test_what_was_registered_before_does_not_come_back(self):
        client = self.client()
        self.assertEqual(status(client.register()), 200)
        client.cseq = iter([1])
        more = client.credentials("REGISTER", "sip:localhost")
        answer = client.ask("REGISTER", "sip:localhost", f"sip:{client.user}@localhost",
                            f"Contact: <sip:{client.user}@{client.address}:{client.port}>\r\n" +
                            "Expires: 0\r\n" + more)
        self.assertEqual(status(answer), 500)

    async def test_what_waits_is_delivered_on_registering(self):
        client = self.client()
        await self.write(client.jid, "waits")
        self.assertEqual(status(client.register()), 200)
        self.assertIn("waits", (await self.page(client))[2])

    async def test_a_connection_takes_its_clients_along(self):
        before = self.metric("gateway_bindings")
        client = self.client("tcp")
        self.assertEqual(status(client.register()), 200)
        user = harness.User(client.jid, client.password)
        client.close()
        harness.until(lambda: self.metric("gateway_bindings") == before, "the client is gone")
        await self.write(client.jid, "later")
        again = self.client("tcp", user)
        self.assertEqual(status(again.register()), 200)
        self.assertIn("later", (await self.page(again))[2])

    async def test_what_a_client_refuses_comes_back(self):
        client = self.client()
        self.assertEqual(status(client.register()), 200)
        self.alice.send_message(client.jid, "no thanks", mtype="chat")
        client.reply(await asyncio.to_thread(client.receive), 488)
        heard = await self.alice.hear("message_error")
        self.assertIn("<not-acceptable ", str(heard))

    async def test_what_a_client_cannot_take_now_it_is_given_again(self):
        client = self.client()
        self.assertEqual(status(client.register()), 200)
        before = self.metric("gateway_clients_messages_returned_total")
        self.alice.send_message(client.jid, "one", mtype="chat")
        client.reply(await asyncio.to_thread(client.receive), 480)
        harness.until(lambda: self.metric("gateway_clients_messages_returned_total") > before,
                      "it was returned")
        self.assertEqual(status(client.register()), 200)
        self.assertIn("one", (await self.page(client))[2])


if __name__ == "__main__":
    harness.main()
