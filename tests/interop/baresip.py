"""baresip as a user's SIP client, in a network namespace of its own (it refuses loopback): HERE is the
node's address, THERE baresip's. A test program calls main()."""

import asyncio
import json
import os
import pathlib
import subprocess
import tempfile

import harness

harness.need(command="baresip")

NAME = f"rc{os.getpid()}"
_NET = f"10.213.{os.getpid() >> 6 & 255}"  # programs that run at a time have networks of their own
_FIRST = 4 * (os.getpid() & 63)
HERE, THERE = f"{_NET}.{_FIRST + 1}", f"{_NET}.{_FIRST + 2}"
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

    def said(self, since=0):
        """All that it has sent and heard, from a place on."""
        return self.log.read_text(errors="replace")[since:]

    async def expect(self, text, since=0):
        for _ in range(200):
            if text in self.said(since):
                return
            await asyncio.sleep(0.1)  # it has nothing but a trace of its messages
        raise AssertionError(f"no {text!r} in\n{self.said(since)}")

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


def main():
    if not make_network():
        drop_network()
        harness.skip("no network namespaces here")
    try:
        harness.main()
    finally:
        drop_network()
