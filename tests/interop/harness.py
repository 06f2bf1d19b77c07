"""A real node for tests with real clients.

To a node (tests/support/node.py) it adds users, their sessions, and homes for clients.

A test program ends with `harness.main()`. Its exit status is 77 if its client is not installed.
"""

import argparse
import dataclasses
import importlib.util
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import unittest
import urllib.request

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "support"))
from node import PATIENCE, Node, until  # noqa: E402,F401  (for the tests, too)

SKIPPED = 77  # what ctest is told to take for "not run"
CONFIG = """
[[listener]]
address = "127.0.0.1"
port = 0

[[listener]]
address = "127.0.0.1"
port = 0
direct = true

[admin]
metrics_port = 0
"""


def need(module=None, command=None):
    """Ends the program as skipped if the client under test is not on this machine."""
    if module and importlib.util.find_spec(module) is None:
        skip(f"python module {module} is not installed")
    if command and shutil.which(command) is None:
        skip(f"{command} is not installed")


def skip(why):
    print(f"skipped: {why}", file=sys.stderr)
    sys.exit(SKIPPED)


@dataclasses.dataclass(frozen=True)
class User:
    jid: str
    password: str


class ClientsNode(Node):
    """`settings` are more lines of rollcall.toml; with `users` there are accounts u0, u1 …, all of
    them contacts of each other by the fifty, with the password "bench"."""

    def __init__(self, programs, io, settings="", users=0):
        def prepare(data):
            subprocess.run([programs.parent / "bench" / "idle" / "bench_provision",
                            data / "rollcall.sqlite", "localhost", str(users), "49"], check=True,
                           stdout=subprocess.DEVNULL)

        super().__init__(programs, io, CONFIG + settings, prepare=prepare if users else None)
        self.domain = "localhost"
        self.authority = self.data / "certificates" / "localhost.crt"

    @property
    def port(self):
        return self.ports["xmpp", "required"]

    @property
    def direct_port(self):
        return self.ports["xmpps", "direct"]

    def add_user(self, name):
        user = User(f"{name}@{self.domain}", secrets.token_hex(8))
        self.add_account(user.jid, user.password)
        return user

    def counter(self, name):
        """What the node counts, or has now."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['http', 'off']}/metrics") as page:
            text = page.read().decode()
        return sum(int(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\d+)", text, re.M))

    def sessions(self, user):
        return [row for row in self.rollcall("session", "list")["sessions"]
                if row["jid"].startswith(user.jid + "/")]

    def session(self, user):
        """The one session of a user."""
        rows = self.sessions(user)
        if len(rows) != 1:
            raise AssertionError(f"{user.jid} has {len(rows)} sessions: {rows}")
        return rows[0]

    def expect_gone(self, user):
        until(lambda: not self.sessions(user), f"the end of all sessions of {user.jid}")

    def home(self, name, **more):
        """Environment of a client: a home of its own, and trust in the node's certificate."""
        home = self.folder / "homes" / name
        home.mkdir(parents=True)
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith(("XDG_", "LC_", "TMUX"))}
        environment |= {
            "HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_DATA_HOME": str(home / "data"), "XDG_CACHE_HOME": str(home / "cache"),
            "XDG_STATE_HOME": str(home / "state"), "XDG_RUNTIME_DIR": str(home),
            "TMPDIR": str(home), "LANG": "C.UTF-8", "SSL_CERT_FILE": str(self.authority)}
        return environment | more


class Relay:
    """A piece of network between a client and the node that can break: cut() resets whatever goes
    through it, new connections are welcome."""

    def __init__(self, port):
        self._target = port
        self._open = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            near, _ = self._listener.accept()
            far = socket.create_connection(("127.0.0.1", self._target))
            self._open += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            if source in self._open:  # an end, not a cut
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def cut(self):
        ends, self._open = self._open, []
        for end in ends:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            try:
                end.shutdown(socket.SHUT_RD)  # wakes the thread that reads from it
            except OSError:
                pass
            end.close()


_node = None


def node(settings="", users=0):
    """The node of this test program; started at the first call."""
    global _node
    if _node is None:
        _node = ClientsNode(_programs, _io, settings, users)
    return _node


_programs = TESTS.parent / "build" / "release" / "appliance"
_io = "auto"


def main():
    global _programs, _io
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", default=_programs, type=pathlib.Path,
                        help="folder of rollcalld and rollcall (default: %(default)s)")
    parser.add_argument("--io", default=_io, choices=("auto", "uring", "epoll"))
    parser.add_argument("tests", nargs="*", help="Class.test_name; none: all")
    arguments = parser.parse_args()
    _programs, _io = arguments.programs, arguments.io
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the node goes, too
    result = unittest.main(argv=[sys.argv[0], *arguments.tests], verbosity=2, exit=False,
                           failfast=True, warnings="ignore").result
    good = result.wasSuccessful()
    if not good and _node is not None:
        print("The node's log:\n" + _node.log(), file=sys.stderr)
    if _node is not None:
        good = _node.stop() and good
    sys.exit(0 if good else 1)
