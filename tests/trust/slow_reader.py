"""A recipient stops reading while 20 MiB are sent to it: with and without stream management.
It costs the server little, nobody waits, and every message is received, kept, or sent back."""
import re
import statistics
import sys
import threading
import time

from burst import BODY, MESSAGES, burst_to_reader, send_all
from client import Client, Closed
from latency import Chat, compare
from server import Server, check, difference, figure, finish

ROUNDS = 6  # the first one fills what is filled once: SQLite's caches, the journals' buffers
MIB = 1 << 20


class Bounces(threading.Thread):
    """What comes back to the sender: the numbers of the messages in error."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client = client
        self.numbers = set()
        self.last = threading.Event()
        self.start()

    def run(self):
        found = re.compile(rb"<message [^>]*id='m(\d+)'[^>]*>")
        try:
            while True:
                self.client.receive()
                seen = self.client.seen
                for match in found.finditer(seen):
                    if b"type='error'" in match.group(0):
                        self.numbers.add(int(match.group(1)))
                if b"id='settle'" in seen:
                    self.last.set()
                self.client.seen = seen[-400:]
        except (Closed, OSError):
            pass


class Peak(threading.Thread):
    """The most that the server's memory was, from now to stop()."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server = server
        self.highest = server.resident()
        self.over = threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(0.02):
            self.highest = max(self.highest, self.server.resident())

    def stop(self):
        self.over.set()
        self.join()
        return self.highest


def numbers_in(data):
    """Messages that arrived whole."""
    return {int(n) for n in re.findall(rb"<message [^>]*id='m(\d+)'[^>]*>.*?</message>", data,
                                       re.S)}


def drain(server, user):
    """Logs in and takes what was kept."""
    client = Client(server.plain, timeout=10)
    client.login(user, server.passwords[user], "later", presence=False)
    client.send("<presence/>")
    got = set()
    quiet = 0
    client.socket.settimeout(1.5)
    while quiet < 1:
        try:
            client.receive()
        except TimeoutError:
            quiet += 1
        got |= numbers_in(client.seen)
        cut = client.seen.rfind(b"</message>")
        if cut > 0:
            client.seen = client.seen[cut + 10:]
    client.close()
    return got


def peak_of_reader(server):
    """What such a burst costs by itself (journal, archive, mail between shards)."""
    peak = Peak(server)
    sender = Client(server.plain, timeout=60).login("sender", "secret", "first")
    burst_to_reader(server, sender, "warm", "secret")
    sender.close()
    return peak.stop()


class Burst:
    """One to a recipient who does not read."""

    def __init__(self, server, user, manage):
        self.sender = Client(server.plain, timeout=60).login("sender", "secret", "s")
        self.slow = Client(server.plain, receive_buffer=4096)
        self.slow.login(user, "secret", "slow", manage=manage)
        self.before = server.counters()
        self.bounces = Bounces(self.sender)
        peak = Peak(server)
        begin = time.monotonic()
        send_all(self.sender, user + "@localhost")
        self.finished = self.bounces.last.wait(60)
        self.seconds = time.monotonic() - begin
        time.sleep(1)
        self.peak = peak.stop()

    def close(self):
        self.sender.close()
        self.slow.close()


def run(manage):
    name = "with stream management" if manage else "without"
    slows = ["slow%d" % number for number in range(ROUNDS)]
    server = Server(users=["sender", "warm", "chat1", "chat2"] + slows)
    chat = Chat(server)
    cold = server.resident()
    baseline = chat.percentile(3)
    grown = []
    for user in slows:
        usual = peak_of_reader(server)
        burst = Burst(server, user, manage)
        grown.append(burst.peak - usual)
        check(burst.finished and burst.seconds <= 10,
              "%s: the sender waited %.1f s" % (name, burst.seconds))
        if user != slows[-1]:
            burst.close()
    loaded = chat.percentile()
    figure(name + ": 20 MiB taken from the sender in", "%.2f s" % burst.seconds)
    figure(name + ": the burst itself", "%.2f MiB" % ((usual - cold) / MIB))
    check(usual - cold <= 32 * MIB, "the burst costs %.2f MiB" % ((usual - cold) / MIB))
    figure(name + ": memory's peak is above that of one who reads by",
           ", ".join("%.2f" % (more / MIB) for more in grown) + " MiB")
    more = statistics.median(grown[1:])
    check(more <= 2 * MIB, "%s: memory grew by %.2f MiB" % (name, more / MIB))
    compare(check, figure, name, baseline, loaded)
    account(name, server, slows[-1], burst, manage)
    check(chat.stop(), "the pair was thrown out")
    server.stop()


def account(name, server, user, burst, manage):
    after = server.counters()
    closed = sum(difference(after, burst.before, "send_limit_closes", "send_stall_closes",
                            "xmpp_limit_unacked"))
    check(closed >= 1, name + ": no limit was counted")
    received = numbers_in(burst.slow.until_closed())
    kept = drain(server, user)
    time.sleep(0.5)
    returned = set(burst.bounces.numbers)
    lost = set(range(MESSAGES)) - received - kept - returned
    after = server.counters()
    figure(name + ": received, kept, returned, with the connection",
           "%d, %d, %d, %d" % (len(received), len(kept), len(returned), len(lost)))
    stored, full = difference(after, burst.before, "im_offline_stored", "im_offline_full")
    figure(name + ": stored, refused as full", "%d, %d" % (stored, full))
    check(len(kept) >= 1, name + ": nothing was kept")
    if manage:
        check(not lost, "%s: %d messages are nowhere" % (name, len(lost)))
    else:
        # What the kernel and the send queue (768 KiB) held goes with a connection that acknowledges
        # nothing; the kernel's part can be up to net.ipv4.tcp_wmem.
        with open("/proc/sys/net/ipv4/tcp_wmem", encoding="ascii") as file:
            kernel = int(file.read().split()[2])
        check(len(lost) * len(BODY) <= MIB + kernel, "%s: %d messages are nowhere" % (name, len(lost)))


if __name__ == "__main__":
    for with_management in (False, True):
        if len(sys.argv) < 2 or sys.argv[1] == str(int(with_management)):
            run(with_management)
    finish()
