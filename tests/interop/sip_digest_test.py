"""Users of the node prove who they are to SIP, by a client of our own: with SHA-256 and with MD5, and
with what is stale, counted wrongly, or not theirs."""

import asyncio

import harness

harness.need(module="slixmpp")

import peer  # noqa: E402  (needs slixmpp)
from sip_client import Challenge, Client, status  # noqa: E402

TEXT = "tea at five"
SETTINGS = """
[sip]
enabled = true
address = "127.0.0.1"
transports = ["udp", "tcp"]
udp_port = 0
tcp_port = 0
digest = true
nonce_seconds = 6
"""


class SipDigest(peer.Test):
    async def asyncSetUp(self):
        harness.node(SETTINGS)
        await super().asyncSetUp()
        self.alice, self.bob = await self.two_shards()

    def port(self, transport):
        return self.node.ports["sip-" + transport, "off"]

    def client(self, user, transport="udp", password=None, **more):
        client = Client(user.jid.partition("@")[0], password or user.password,
                        self.port(transport), transport, **more)
        self.addCleanup(client.close)
        return client

    def uri(self, user):
        return "sip:" + user.jid

    async def test_sha256_comes_first_and_serves_over_both_transports_and_shards(self):
        for user, other in ((self.alice, self.bob), (self.bob, self.alice)):
            for transport in ("udp", "tcp"):
                client = self.client(user.user, transport)
                answer = client.ask("MESSAGE", self.uri(other.user), body=TEXT,
                                    more="Content-Type: text/plain\r\n")
                self.assertEqual(status(answer), 401)
                challenges = client.take_challenge(answer)
                self.assertEqual([c.algorithm for c in challenges], ["SHA-256", "MD5"])
                for text in ("one", "two"):
                    self.assertEqual(status(client.message(other.user.jid, text)), 202)
                    heard = await other.hear("message")
                    self.assertEqual(heard["from"].full, user.user.jid)
                    self.assertEqual(heard["body"], text)
                client.take_challenge(answer, "MD5")
                self.assertEqual(status(client.message(other.user.jid, "by MD5")), 202)
                await other.hear("message")

    def proof(self, client, **how):
        uri = self.uri(self.bob.user)
        proof = client.credentials("MESSAGE", uri, **how)
        return client.ask("MESSAGE", uri, more=proof + "Content-Type: text/plain\r\n", body=TEXT)

    async def test_what_is_stale_or_counted_wrongly(self):
        client = self.client(self.alice.user)
        self.assertEqual(status(client.message(self.bob.user.jid, "one")), 202)
        for count in (client.count, client.count - 1):
            answer = self.proof(client, count=count)
            self.assertEqual(status(answer), 401)
            self.assertTrue(Challenge(answer[1]["www-authenticate"][0]).stale)
        self.assertEqual(status(self.proof(client, count=9)), 202)
        await asyncio.sleep(6.1)  # nonce_seconds
        answer = self.proof(client, count=10)
        self.assertEqual(status(answer), 401)
        self.assertTrue(all(c.stale for c in client.take_challenge(answer)))
        self.assertEqual(status(self.proof(client)), 202)

    async def test_who_may_not(self):
        client = self.client(self.alice.user)
        uri = self.uri(self.bob.user)
        client.take_challenge(client.ask("MESSAGE", uri))
        wrong = self.proof(client, password="wrong")
        nobody = self.proof(client, user="nobody-of-that-name")
        for answer in (wrong, nobody):
            self.assertEqual(status(answer), 401)
            self.assertFalse(Challenge(answer[1]["www-authenticate"][0]).stale)
        answer = client.ask("MESSAGE", uri, sender="somebody", body=TEXT,
                            more=client.credentials("MESSAGE", uri))
        self.assertEqual(status(answer), 403)
        client.domain = "elsewhere.example"
        self.assertEqual(status(client.ask("MESSAGE", uri)), 403)

    async def test_a_password_is_good_until_it_is_changed(self):
        user = self.node.add_user("digest-changes")
        client = self.client(user)
        self.assertEqual(status(client.message(self.bob.user.jid, "one")), 202)
        self.node.rollcall("user", "passwd", user.jid, "--password-stdin", text="another\n")
        self.assertEqual(status(client.message(self.bob.user.jid, "two")), 401)
        client.password = "another"
        self.assertEqual(status(client.message(self.bob.user.jid, "three")), 202)


if __name__ == "__main__":
    harness.main()
