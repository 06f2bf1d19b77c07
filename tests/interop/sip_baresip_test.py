"""A user of the node on baresip, in a network namespace of its own (it refuses loopback): registers
by UDP, TCP and TLS, writes to and hears from a user on slixmpp, and watches him."""

import harness

harness.need(module="slixmpp")

import baresip  # noqa: E402  (needs the program)
import peer  # noqa: E402  (needs slixmpp)
from baresip import HERE, Baresip  # noqa: E402

SETTINGS = f"""
[sip]
enabled = true
address = "{HERE}"
transports = ["udp", "tcp", "tls"]
udp_port = 0
tcp_port = 0
tls_port = 0
digest = true
digest_sha256 = false  # over which baresip 1.0 stumbles
"""
class SipBaresip(peer.Test):
    async def asyncSetUp(self):
        harness.node(SETTINGS)
        await super().asyncSetUp()
        self.alice, _ = await self.two_shards()

    def port(self, transport):
        if transport == "tls":
            return self.node.ports["sips", "direct"]
        return self.node.ports["sip-" + transport, "off"]

    async def converse(self, transport):
        user = self.node.add_user(f"baresip-{transport}")
        port = self.port(transport)
        bare = Baresip(user, self.alice.user.jid, port, transport)
        self.addCleanup(bare.stop)
        await bare.expect("200 OK")
        self.alice.send_message(user.jid, f"hello by {transport}", mtype="chat")
        await bare.expect(f"hello by {transport}")
        await bare.write("and hello to you")
        heard = await self.alice.hear("message")
        self.assertEqual(heard["from"].bare, user.jid)
        self.assertEqual(heard["body"], "and hello to you")

    async def test_by_udp(self):
        await self.converse("udp")

    async def test_by_tcp(self):
        await self.converse("tcp")

    async def test_by_tls(self):
        await self.converse("tls")

    async def watch(self, transport):
        """Alice has a baresip of her own besides, which publishes."""
        user = self.node.add_user(f"watcher-{transport}")
        port = self.port(transport)
        alice = self.alice.user
        bare = Baresip(user, alice.jid, port, transport, watches=True)
        self.addCleanup(bare.stop)
        await bare.expect("Subscription-State: active")  # slixmpp says yes to everybody
        self.alice.send_presence(pshow="dnd", pstatus=f"busy by {transport}")
        await bare.expect(f"busy by {transport}")
        self.alice.send_presence()
        hers = Baresip(alice, user.jid, port, transport, publishes=True)
        self.addCleanup(hers.stop)
        await hers.expect("SIP-ETag")
        await bare.expect("-t4109")  # as baresip calls what it says of its user

    async def test_watches_by_udp(self):
        await self.watch("udp")

    async def test_watches_by_tcp(self):
        await self.watch("tcp")

    async def test_watches_and_publishes_by_tls(self):
        await self.watch("tls")


if __name__ == "__main__":
    baresip.main()
