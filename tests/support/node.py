"""A rollcalld of a test's own: started with a configuration on loopback, waited for, asked by the
operator's command, stopped. Standard library only."""
import atexit
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PATIENCE = 20.0  # seconds that anything may take before a test gives up
READY = "Ctrl-C stops it."


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


class Node:
    """Two shards and the demo users, from construction to stop(). All it writes is below `folder`.

    `programs` is the folder of rollcalld and rollcall, `io` what the node speaks to the kernel
    through, `config` its rollcall.toml, `prefix` what stands before the command, prlimit say,
    `prepare` is called with the data's folder before the first start."""

    def __init__(self, programs, io, config, prefix=(), prepare=None):
        self.programs = pathlib.Path(programs)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rollcall-test-"))
        self.data = self.folder / "data"
        self._log = self.folder / "log"
        file = self.folder / "rollcall.toml"
        file.write_text(config, encoding="utf-8")
        self._command = [*prefix, self.programs / "rollcalld", "--config", file, "--data", self.data,
                         "--demo", "--shards", "2", "--io", io]
        self._process = None
        atexit.register(self.stop)  # for a test that ends early
        if prepare:
            self.data.mkdir(mode=0o700)
            prepare(self.data)
        self._start()

    def _start(self):
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.pid = self._process.pid
        try:
            until(self._ready, "a node that is ready")
        except AssertionError:
            print(f"rollcalld did not start:\n{self.log()}", file=sys.stderr)
            raise
        self.ports = {}  # by service and TLS, as the node names them
        for line in self._lines("listening"):
            service, _, port, tls = line.split()
            self.ports[service, tls] = int(port)
        self.passwords = dict(line.split() for line in self._lines("demo-users"))

    def die_and_start(self):
        """kill -9, and the node again: on other ports where those were 0."""
        self._process.kill()
        self._process.wait()
        self._start()

    def _ready(self):
        if self._process.poll() is not None:
            raise AssertionError(f"rollcalld ended with {self._process.returncode}")
        return READY in self.log()

    def _lines(self, name):
        return (self.data / name).read_text(encoding="utf-8").splitlines()

    def log(self, lines=200):
        """The last lines of what the node has said."""
        text = self._log.read_text(encoding="utf-8", errors="replace")
        return "".join(text.splitlines(keepends=True)[-lines:])

    def stop(self):
        """Ends the node as an init system does. False if it did not go in peace, or had gone."""
        if self._process is None:
            return True
        process, self._process = self._process, None
        alive = process.poll() is None
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        peaceful = alive and status == 0
        if not peaceful:
            print(f"rollcalld ended with {status}:\n{self.log()}", file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)
        return peaceful

    def rollcall(self, *words, text=None):
        """The operator's command; its answer."""
        done = subprocess.run([self.programs / "rollcall", "--json", "--data", self.data, *words],
                              input=text, capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode != 0:
            raise AssertionError(f"rollcall {' '.join(words)}: {done.stderr}{done.stdout}")
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def add_account(self, user, password):
        self.rollcall("user", "add", user, "--password-stdin", text=password + "\n")
        self.passwords[user] = password
