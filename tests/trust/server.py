"""A rollcalld of our own on loopback, with what can be seen of it from outside: resident memory,
processor time, counters. Also the bars: check() collects what was missed, finish() prints and
exits."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

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


class Server:
    """Runs from construction to stop(). `settings` are lines of rollcall.toml.
    `io` is what it speaks to the kernel through: the environment's ROLLCALL_IO, or auto."""

    def __init__(self, settings="", users=(), prefix=(), io=IO):
        self.data = tempfile.mkdtemp(prefix="rollcall-trust-")
        config = os.path.join(self.data, "rollcall.toml")
        with open(config, "w", encoding="ascii") as file:
            file.write(settings + LISTENERS)
        self.log = open(os.path.join(self.data, "log"), "wb")
        self.process = subprocess.Popen(
            [*prefix, BUILD + "/appliance/rollcalld", "--config", config, "--data", self.data,
             "--demo", "--shards", "2", "--io", io], stdout=self.log, stderr=self.log)
        self.pid = self.process.pid
        self.read_addresses()
        self.passwords = {}
        with open(os.path.join(self.data, "demo-users"), encoding="ascii") as file:
            for line in file:
                name, password = line.split()
                self.passwords[name] = password
        for user in users:
            self.add_user(user, "secret")

    def read_addresses(self):
        path = os.path.join(self.data, "listening")
        for _ in range(500):
            if os.path.exists(path) and os.path.getsize(path) and self.answers():
                break
            if self.process.poll() is not None:
                sys.exit("the server did not start:\n" + self.output())
            time.sleep(0.02)
        with open(path, encoding="ascii") as file:
            rows = [line.split() for line in file]
        ports = {(service, tls): int(port) for service, _, port, tls in rows}
        self.plain = ports[("xmpp", "off")]
        self.starttls = ports[("xmpp", "required")]
        self.direct = ports[("xmpps", "direct")]
        self.http = ports[("http", "off")]

    def answers(self):
        return self.rollcall("status", check=False).returncode == 0

    def rollcall(self, *arguments, check=True, text=None):
        return subprocess.run([BUILD + "/appliance/rollcall", "--socket",
                               os.path.join(self.data, "admin.sock"), *arguments],
                              check=check, capture_output=True, input=text)

    def add_user(self, user, password):
        self.rollcall("user", "add", user, "--password-stdin", text=password.encode() + b"\n")
        self.passwords[user] = password

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

    def output(self):
        self.log.flush()
        with open(os.path.join(self.data, "log"), errors="replace", encoding="utf-8") as file:
            return file.read()[-4000:]

    def stop(self):
        alive = self.process.poll() is None
        if alive:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        check(alive and self.process.returncode == 0,
              "the server ended with status %s:\n%s" % (self.process.returncode, self.output()))
        self.log.close()
        shutil.rmtree(self.data, ignore_errors=True)


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
