"""A user of the node on baresip, in a network namespace of its own (it refuses loopback): registers
by UDP and by TCP, writes to and hears from a user on slixmpp, and watches him."""

import asyncio
import json
import os
import pathlib
import subprocess
import tempfile

import harness

harness.need(module="slixmpp", command="baresip")

import peer  # noqa: E402  (needs slixmpp)

NAME = f"rc{os.getpid()}"
HERE, THERE = "10.213.7.1", "10.213.7.2"
SETTINGS = f"""
[sip]
enabled = true
address = "{HERE}"
transports = ["udp", "tcp"]
udp_port = 0
tcp_port = 0
digest = true
digest_sha256 = false  # over which baresip 1.0 stumbles
"""
CONFIG = """module_path /usr/lib/baresip/modules
module g711.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app contact.so
module_app presence.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{}
"""


def run(*words):
    return subprocess.run(words, capture_output=True, text=True).returncode == 0


def make_network():
    return (run("ip", "netns", "add", NAME) and
            run("ip", "link", "add", f"{NAME}a", "type", "veth", "peer", "name", f"{NAME}b") and
            run("ip", "link", "set", f"{NAME}b", "netns", NAME) and
            run("ip", "addr", "add", f"{HERE}/30", "dev", f"{NAME}a") and
            run("ip", "link", "set", f"{NAME}a", "up") and
            run("ip", "-n", NAME, "addr", "add", f"{THERE}/30", "dev", f"{NAME}b") and
            run("ip", "-n", NAME, "link", "set", f"{NAME}b", "up") and
            run("ip", "-n", NAME, "link", "set", "lo", "up"))


def drop_network():
    run("ip", "link", "del", f"{NAME}a")
    run("ip", "netns", "del", NAME)


class Baresip:
    """`friend` is whom it writes to, and watches if `watches`. It tells what its user does if
    `publishes`."""

    def __init__(self, user, friend, port, transport, *, watches=False, publishes=False):
        self.folder = tempfile.TemporaryDirectory()
        home = pathlib.Path(self.folder.name)
        self.control = 4444 + publishes
        (home / "config").write_text(CONFIG.format(self.control))
        (home / "accounts").write_text(
            f"<sip:{user.jid}>;auth_user={user.jid.partition('@')[0]};auth_pass={user.password};"
            f'outbound="sip:{HERE}:{port};transport={transport}";regint=600'
            f"{';pubint=600' if publishes else ''}\n")
        watched = ";presence=p2p" if watches else ""
        (home / "contacts").write_text(f'"Friend" <sip:{friend}>{watched}\n')
        (home / "current_contact").write_text(f"sip:{friend}")
        self.log = home / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", NAME, "baresip", "-f", str(home), "-s"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    def said(self, text):
        return text in self.log.read_text(errors="replace")

    async def expect(self, text):
        for _ in range(200):
            if self.said(text):
                return
            await asyncio.sleep(0.1)  # it has nothing but a trace of its messages
        raise AssertionError(f"no {text!r} in\n{self.log.read_text(errors='replace')}")

    async def write(self, text):
        command = json.dumps({"command": "message", "params": text, "token": "t"})
        code = (f"import socket; s = socket.create_connection(('127.0.0.1', {self.control})); "
                f"s.sendall(b'%d:%s,' % ({len(command)}, {command.encode()!r})); s.recv(999)")
        process = await asyncio.create_subprocess_exec(
            "ip", "netns", "exec", NAME, "/usr/bin/python3", "-c", code)
        assert await process.wait() == 0

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


class SipBaresip(peer.Test):
    async def asyncSetUp(self):
        harness.node(SETTINGS)
        await super().asyncSetUp()
        self.alice, _ = await self.two_shards()

    async def converse(self, transport):
        user = self.node.add_user(f"baresip-{transport}")
        port = self.node.ports["sip-" + transport, "off"]
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

    async def watch(self, transport):
        """Alice has a baresip of her own besides, which publishes."""
        user = self.node.add_user(f"watcher-{transport}")
        port = self.node.ports["sip-" + transport, "off"]
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


if __name__ == "__main__":
    if not make_network():
        drop_network()
        harness.skip("no network namespaces here")
    try:
        harness.main()
    finally:
        drop_network()
