"""A node (tests/support/node.py), with what can be seen of it from outside: resident memory,
processor time, counters. Also the bars: check() collects what was missed, finish() prints and
exits."""
import os
import pathlib
import re
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from node import Node  # noqa: E402

BUILD = os.environ.get("ROLLCALL_BUILD", "build/release")
IO = os.environ.get("ROLLCALL_IO", "auto")
LISTENERS = """
[[listener]]
address = "127.0.0.1"
port = 0
tls = "off"
sasl_without_tls = true
[[listener]]
address = "127.0.0.1"
port = 0
tls = "required"
[[listener]]
address = "127.0.0.1"
port = 0
direct = true
[admin]
metrics_port = 0
"""


class Server(Node):
    """Runs from construction to stop(). `settings` are lines of rollcall.toml.
    `io` is what it speaks to the kernel through: the environment's ROLLCALL_IO, or auto."""

    def __init__(self, settings="", users=(), prefix=(), io=IO):
        super().__init__(pathlib.Path(BUILD, "appliance"), io, settings + LISTENERS, prefix)
        self.plain = self.ports["xmpp", "off"]
        self.starttls = self.ports["xmpp", "required"]
        self.direct = self.ports["xmpps", "direct"]
        self.http = self.ports["http", "off"]
        for user in users:
            self.add_account(user, "secret")

    def resident(self):
        """Bytes of resident memory, without the pages of the program's file."""
        with open("/proc/%d/status" % self.pid, encoding="ascii") as file:
            found = re.findall(r"^Rss(?:Anon|Shmem):\s+(\d+) kB", file.read(), re.M)
        return sum(int(number) for number in found) * 1024

    def processor_seconds(self):
        with open("/proc/%d/stat" % self.pid, encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def counters(self):
        address = "http://127.0.0.1:%d/metrics" % self.http
        with urllib.request.urlopen(address, timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        values = {}
        for line in lines:
            if line.startswith("rollcall_") and " " in line:
                name, value = line.rsplit(" ", 1)
                values[name.removeprefix("rollcall_").removesuffix("_total")] = float(value)
        return values

    def wait_for(self, condition, seconds):
        """True once condition(counters) holds."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if condition(self.counters()):
                return True
            time.sleep(0.1)
        return False

    def stop(self):
        return check(super().stop(), "the server did not end in peace")


missed = []
figures = []


def check(good, what):
    """A bar. Missing one fails the program, after everything has been measured."""
    if not good:
        missed.append(what)
        print("MISSED: " + what, flush=True)
    return good


def figure(name, value):
    figures.append((name, value))


def difference(after, before, *names):
    return [after.get(name, 0) - before.get(name, 0) for name in names]


def finish():
    print("---")
    for name, value in figures:
        print("%-58s %s" % (name, value))
    for what in missed:
        print("MISSED: " + what.splitlines()[0])
    sys.exit(1 if missed else 0)
