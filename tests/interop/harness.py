"""A real node for tests with real clients.

Starts rollcalld on loopback ports the system chose, in a temporary directory of its own, makes
accounts, asks the admin socket, and stops the node again. Standard library only.

A test program ends with `harness.main()`. Its exit status is 77 if its client is not installed.
"""

import argparse
import atexit
import dataclasses
import importlib.util
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

PATIENCE = 20.0  # seconds that anything may take before a test gives up
SKIPPED = 77     # what ctest is told to take for "not run"
READY = "Ctrl-C stops it."
CONFIG = """io = "{io}"

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


def until(condition, what, patience=PATIENCE):
    """Asks again and again until there is an answer, for things that cannot tell by themselves."""
    deadline = time.monotonic() + patience
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"in {patience} s there was no sign of: {what}")
        time.sleep(0.02)


@dataclasses.dataclass(frozen=True)
class User:
    jid: str
    password: str


class Node:
    """One rollcalld with two shards. All it writes is below `folder`."""

    def __init__(self, programs, io, settings=""):
        self.programs = programs
        self.io = io
        self.settings = settings  # more lines of rollcall.toml
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rollcall-interop-"))
        self.data = self.folder / "data"
        self.domain = "localhost"
        self.authority = self.data / "certificates" / "localhost.crt"
        self._log = []
        self._news = threading.Condition()
        self._process = None

    def start(self):
        config = self.folder / "rollcall.toml"
        config.write_text(CONFIG.format(io=self.io) + self.settings)
        self._process = subprocess.Popen(
            [self.programs / "rollcalld", "--config", config, "--data", self.data, "--demo",
             "--shards", "2"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        threading.Thread(target=self._listen, daemon=True).start()
        self.expect_log(READY)
        ports = {}
        for line in (self.data / "listening").read_text().splitlines():
            service, _, port, _ = line.split()
            ports[service] = int(port)
        self.port = ports["xmpp"]
        self.direct_port = ports["xmpps"]

    def _listen(self):
        for line in self._process.stdout:
            with self._news:
                self._log.append(line)
                self._news.notify_all()
        with self._news:
            self._log.append(None)
            self._news.notify_all()

    def expect_log(self, *words):
        """Waits for a line of the log that has all the words; returns it."""
        deadline = time.monotonic() + PATIENCE
        with self._news:
            while True:
                for line in self._log:
                    if line is None:
                        raise AssertionError("the node has ended:\n" + self.log())
                    if all(word in line for word in words):
                        return line
                if not self._news.wait(max(0.0, deadline - time.monotonic())):
                    raise AssertionError(f"{words} is not in the log:\n" + self.log())

    def log(self, lines=200):
        return "".join(line for line in self._log[-lines:] if line)

    def stop(self):
        """Ends the node as an init system does. False if it did not go in peace."""
        if self._process is None:
            return True
        process, self._process = self._process, None
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        process.stdout.close()
        if status != 0:
            print(f"rollcalld ended with {status}:\n{self.log()}", file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)
        return status == 0

    def rollcall(self, *words, text=None):
        """The operator's command; its answer."""
        done = subprocess.run([self.programs / "rollcall", "--json", "--data", self.data, *words],
                              input=text, capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode != 0:
            raise AssertionError(f"rollcall {' '.join(words)}: {done.stderr}{done.stdout}")
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def add_user(self, name):
        user = User(f"{name}@{self.domain}", secrets.token_hex(8))
        self.rollcall("user", "add", user.jid, "--password-stdin", text=user.password + "\n")
        return user

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


def node(settings=""):
    """The node of this test program; started at the first call."""
    global _node
    if _node is None:
        _node = Node(_programs, _io, settings)
        atexit.register(_node.stop)
        _node.start()
    return _node


_programs = pathlib.Path(__file__).resolve().parents[2] / "build" / "release" / "appliance"
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
