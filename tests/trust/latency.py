"""Two clients who chat while something else is going on: how long their messages take. They are a
process of their own, so that the attacker's work in Python is not measured with them. After each
message a byte goes to an idle process and back: what that takes is the machine's doing, not ours."""
import json
import os
import socket
import subprocess
import sys
import time

from client import Client

FLOOR = 0.005  # seconds: below that it is the machine's scheduling that is measured
# How many times longer others may wait. Two is the bar; tests/run, which knows nothing of what else
# its machine does, asks for ten and leaves the bar to a quiet one.
FACTOR = float(os.environ.get("ROLLCALL_LATENCY_FACTOR", "2"))


class Chat:
    """Chats from construction on; percentile() is about what was sent since the last call."""

    def __init__(self, server, first="chat1", second="chat2", interval=0.002):
        for user in (first, second):
            if user not in server.passwords:
                server.add_account(user, "secret")
        self.process = subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), str(server.plain), first, second, "secret",
             str(interval)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def percentile(self, seconds=0.0):
        """Of the time since the last call: median, p99, longest, count, p99 of the idle process."""
        if seconds:
            self.percentile()
            time.sleep(seconds)
        self.process.stdin.write("report\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            return (99.0, 99.0, 99.0, 0, 0.0)  # they were thrown out
        return tuple(json.loads(line))

    def stop(self):
        self.process.stdin.close()
        self.process.wait(30)
        return self.process.returncode == 0


def compare(check, figure, name, baseline, loaded):
    """The bar of all tests here: others feel nothing."""
    figure(name + ": others' p99 before, during (idle process); longest",
           "%.2f, %.2f (%.2f) ms; %.1f ms of %d" % (baseline[1] * 1e3, loaded[1] * 1e3,
                                                    loaded[4] * 1e3, loaded[2] * 1e3, loaded[3]))
    # A message wakes two processes and two shards, the byte one process and us.
    bar = FACTOR * max(baseline[1], FLOOR / 2, 2 * loaded[4])
    check(loaded[3] > 0 and loaded[1] <= bar, "%s: others' p99 went from %.2f to %.2f ms"
          % (name, baseline[1] * 1e3, loaded[1] * 1e3))


def idle_process():
    """A socket to a process that sends back what it gets."""
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        while data := theirs.recv(1):
            theirs.send(data)
        os._exit(0)
    theirs.close()
    return ours


def summary(times):
    times.sort()
    if not times:
        return [99.0, 99.0, 99.0, 0]
    count = len(times)
    return [times[count // 2], times[min(count - 1, count * 99 // 100)], times[-1], count]


def main():
    import select
    port, first, second, password, interval = sys.argv[1:]
    echo = idle_process()
    one = Client(int(port), timeout=30).login(first, password, "chat")
    two = Client(int(port), timeout=30).login(second, password, "chat")
    print("ready", flush=True)
    times = []
    idle = []
    number = 0
    while True:
        if select.select([sys.stdin], [], [], 0)[0]:
            if not sys.stdin.readline():
                return
            print(json.dumps(summary(times) + [summary(idle)[1]]), flush=True)
            times = []
            idle = []
        number += 1
        begin = time.monotonic()
        one.send("<message to='%s' type='chat'><body>number %d.</body></message>"
                 % (two.jid, number))
        two.expect("number %d[.]" % number)
        times.append(time.monotonic() - begin)
        begin = time.monotonic()
        echo.send(b"x")
        echo.recv(1)
        idle.append(time.monotonic() - begin)
        time.sleep(float(interval))


if __name__ == "__main__":
    main()
