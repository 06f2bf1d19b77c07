"""A recipient stops reading while 20 MiB are sent to it: with and without stream management.
It costs the server little, nobody waits, and every message is received, kept, or sent back."""
import re
import sys
import threading
import time

from client import Client, Closed
from latency import Chat, compare
from server import Server, check, difference, figure, finish

MESSAGES = 2560
WARM = 420
BODY = "x" * 8000  # with its envelope 8 KiB on the wire
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


def burst_to_reader(server, sender):
    """The same to somebody who takes it."""
    warm = Client(server.plain, timeout=30).login("warm", "secret", "w")
    ended = threading.Event()

    def read():
        try:
            while warm.socket.recv(1 << 20):
                pass
        except OSError:
            pass
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    send_all(sender, warm.jid)
    sender.expect("id='settle'")
    time.sleep(1)
    warm.socket.shutdown(2)
    ended.wait(10)


def send_all(sender, to):
    for number in range(MESSAGES):
        sender.send("<message to='%s' type='chat' id='m%d'><body>%s</body></message>"
                    % (to, number, BODY))
    sender.send("<iq type='get' id='settle' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")


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


def run(manage):
    name = "with stream management" if manage else "without"
    server = Server(users=["sender", "warm", "absent", "slow", "chat1", "chat2"])
    chat = Chat(server)
    cold = server.resident()
    # Warm up: the same ways, read to the end and stored, so that caches exist: SQLite's is 2 MiB.
    # What such a burst costs by itself (journal, archive, mail between shards): to one who reads.
    # Twice, for what is filled once.
    for _ in range(2):
        usual = Peak(server)
        first = Client(server.plain, timeout=60).login("sender", "secret", "first")
        burst_to_reader(server, first)
        usual = usual.stop()
        first.close()
    figure(name + ": the burst itself", "%.2f MiB" % ((usual - cold) / MIB))
    check(usual - cold <= 40 * MIB, "the burst costs %.2f MiB" % ((usual - cold) / MIB))
    sender = Client(server.plain, timeout=60).login("sender", "secret", "s")
    for number in range(60 * (WARM // 60)):
        sender.send("<message to='absent@localhost' type='chat'><body>%s</body></message>" % BODY)
        if number % 60 == 59:  # no more at a time than may wait for the store
            sender.settle()
            server.wait_for(lambda now: now["store_queue"] == 0, 5)
    slow = Client(server.plain, receive_buffer=4096)
    slow.login("slow", "secret", "slow", manage=manage)
    baseline = chat.percentile(3)
    before = server.counters()
    peak = Peak(server)
    bounces = Bounces(sender)
    begin = time.monotonic()
    send_all(sender, "slow@localhost")
    finished = bounces.last.wait(60)
    seconds = time.monotonic() - begin
    time.sleep(1)
    loaded = chat.percentile()
    grown = peak.stop() - usual
    figure(name + ": 20 MiB taken from the sender in", "%.2f s" % seconds)
    check(finished and seconds <= 10, "%s: the sender waited %.1f s" % (name, seconds))
    figure(name + ": memory's peak is above the usual one by", "%.2f MiB" % (grown / MIB))
    check(grown <= 16 * MIB, "%s: memory grew by %.2f MiB" % (name, grown / MIB))
    compare(check, figure, name, baseline, loaded)
    account(name, server, slow, bounces, before, manage)
    check(chat.stop(), "the pair was thrown out")
    server.stop()


def account(name, server, slow, bounces, before, manage):
    after = server.counters()
    closed = sum(difference(after, before, "send_limit_closes", "send_stall_closes",
                            "xmpp_limit_unacked"))
    check(closed >= 1, name + ": no limit was counted")
    received = numbers_in(slow.until_closed())
    kept = drain(server, "slow")
    time.sleep(0.5)
    returned = set(bounces.numbers)
    lost = set(range(MESSAGES)) - received - kept - returned
    after = server.counters()
    figure(name + ": received, kept, returned, with the connection",
           "%d, %d, %d, %d" % (len(received), len(kept), len(returned), len(lost)))
    stored, full = difference(after, before, "im_offline_stored", "im_offline_full")
    figure(name + ": stored, refused as full", "%d, %d" % (stored, full))
    check(len(kept) >= 1, name + ": nothing was kept")
    if manage:
        check(not lost, "%s: %d messages are nowhere" % (name, len(lost)))
    else:
        # What the kernel and the send queue (768 KiB) held goes with a connection that acknowledges
        # nothing; the kernel's part can be up to net.ipv4.tcp_wmem.
        with open("/proc/sys/net/ipv4/tcp_wmem", encoding="ascii") as file:
            kernel = int(file.read().split()[2])
        check(len(lost) * 8000 <= MIB + kernel, "%s: %d messages are nowhere" % (name, len(lost)))


if __name__ == "__main__":
    for with_management in (False, True):
        if len(sys.argv) < 2 or sys.argv[1] == str(int(with_management)):
            run(with_management)
    finish()
