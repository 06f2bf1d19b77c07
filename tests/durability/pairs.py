"""Pairs of clients who talk through everything that happens to the server, and keep account: what
was acknowledged to the sender and never arrived is lost; what was not may have come or not."""
import select
import threading
import time
import xml.etree.ElementTree

import servers
from session import Closed, Session, message

TROUBLE = (Closed, OSError, TimeoutError, PermissionError, xml.etree.ElementTree.ParseError)
WINDOW = 200  # messages that may wait for an acknowledgement


class Side:
    """One client of a pair: comes back by itself, with its session if the server still has it."""

    def __init__(self, server, user):
        self.server, self.user = server, user
        self.session = None
        self.connected = False
        self.next_try = 0.0
        self.resumed = self.refused = self.losses = 0

    def ensure(self):
        """True: connected. Tries five times a second."""
        if self.connected or time.monotonic() < self.next_try:
            return self.connected
        try:
            if self.session is None or not self.session.previous:
                self.session = Session(self.server.port, self.user, servers.PASSWORD, "chaos",
                                       timeout=5.0)
                self.session.login()
            elif self.session.resume(self.server.port):
                self.resumed += 1
            else:
                self.refused += 1
            self.connected = True
        except TROUBLE:
            self.lose()
        return self.connected

    def lose(self):
        self.losses += self.connected
        self.connected = False
        self.next_try = time.monotonic() + 0.2
        if self.session is not None:
            self.session.socket.close()

    def pump(self):
        try:
            while self.session.pump(0):
                pass
        except TROUBLE:
            self.lose()


class Pair(threading.Thread):
    """Two clients, one thread. Others read its numbers only; `stalled`, `bulk`, `burst`,
    `quiet` and `cut` are theirs to set."""

    def __init__(self, server, number, rate):
        super().__init__(daemon=True)
        self.server, self.number, self.rate = server, number, rate
        self.sender = Side(server, "c%d-1" % number)
        self.receiver = Side(server, "c%d-2" % number)
        self.stalled = False  # the receiver does not read
        self.bulk = 0         # bytes of padding in each message
        self.burst = 1        # messages at once
        self.quiet = False    # nothing new is sent
        self.cut = False      # the receiver's connection ends, unread bytes and all
        self.over = False
        self.said = 0
        self.sent_at = {}       # number -> when first sent
        self.acknowledged = {}  # number -> when
        self.delivered = {}     # number -> ids, one a copy
        self.returned = set()
        # By us: in a new session, where the server cannot know; in a resumed one it does, unless it
        # died after it had delivered and before the disk had it (delivery does not wait).
        self.resent = set()
        self.highest = -1
        self.out_of_order = []
        self.oddities = []      # (when, what), for whoever looks for the reason
        self.strange = 0
        self.completed = 0.0    # when what was acknowledged and delivered last had been sent
        self.failure = None

    def run(self):
        try:
            while not self.over:
                self.step()
        except Exception as error:  # told at the end: a dead thread must not look like silence
            self.failure = error
            raise

    def step(self):
        if self.cut:
            self.receiver.lose()
            self.cut = self.stalled = False
        here = self.sender.ensure()
        there = self.receiver.ensure()
        if here:
            self.speak()
        waiting = [side.session.socket for side, up, deaf in (
            (self.sender, self.sender.connected, False),
            (self.receiver, there and self.receiver.connected, self.stalled)) if up and not deaf]
        if waiting:
            select.select(waiting, [], [], 0.02)
        else:
            time.sleep(0.02)
        if self.sender.connected:
            self.sender.pump()
        if self.receiver.connected and not self.stalled:
            self.receiver.pump()
        self.keep_account()

    def speak(self):
        session = self.sender.session
        try:
            left = session.left_over()
            if left:
                self.resent |= {self.parse(body) for body in left}
                self.send(session, left)
            due = not self.quiet and time.monotonic() >= self.next_time()
            if due and len(session.unacknowledged) < WINDOW:
                self.send(session, [self.compose() for _ in range(self.burst)])
        except TROUBLE:
            self.sender.lose()

    def next_time(self):
        last = self.sent_at[self.said - 1] if self.said else 0.0
        return last + 1.0 / self.rate

    def compose(self):
        number = self.said
        self.said += 1
        self.sent_at[number] = time.monotonic()
        return "c%d-%d." % (self.number, number) + "x" * self.bulk

    def send(self, session, bodies):
        to = "c%d-2@localhost" % self.number
        session.say_all([(message(to, body), body) for body in bodies], request=True)

    def parse(self, body):
        """The message's number; -1 if it is none of ours."""
        mine, _, rest = body.partition("-")
        number = rest.partition(".")[0]
        return int(number) if mine == "c%d" % self.number and number.isdigit() else -1

    def keep_account(self):
        now = time.monotonic()
        if self.sender.session is not None:
            session = self.sender.session
            for body in session.confirmed:
                self.acknowledged.setdefault(self.parse(body), now)
                self.complete(self.parse(body))
            self.returned |= {self.parse(one) for one in session.returned if one}
            self.resent |= {self.parse(body) for body in session.again}
            session.again.clear()
            session.confirmed.clear()
            session.returned.clear()
        if self.receiver.session is None:
            return
        session = self.receiver.session
        for one in session.messages:
            self.arrive(self.parse(one.body), one.stanza_id)
        if session.messages and self.receiver.connected:
            try:
                session.acknowledge()
            except TROUBLE:
                self.receiver.lose()
        session.messages.clear()

    def arrive(self, number, stanza_id):
        if number not in self.sent_at:
            self.strange += 1
            return
        copies = self.delivered.setdefault(number, [])
        if copies and stanza_id != copies[0] and number not in self.resent:
            self.oddity("%d came as %s, now as %s" % (number, copies[0], stanza_id))
        copies.append(stanza_id)
        if len(copies) == 1:
            if number < self.highest:
                self.out_of_order.append((number, self.highest))
                self.oddity("%d (%s) after %d" % (number, stanza_id, self.highest))
            self.highest = max(self.highest, number)
            self.complete(number)

    def oddity(self, what):
        self.oddities.append((time.monotonic(), what))

    def complete(self, number):
        if number in self.acknowledged and number in self.delivered:
            self.completed = max(self.completed, self.sent_at[number])

    # The account. Only once the thread is done, or for progress.

    def outstanding(self):
        """Acknowledged, and neither delivered nor returned."""
        return set(self.acknowledged) - set(self.delivered) - self.returned

    def settled(self):
        session = self.sender.session
        return (self.sender.connected and self.receiver.connected and not session.left and
                not session.unacknowledged and not self.outstanding())

    def copies(self):
        """Surplus copies: with the same stanza-id; without; without, of what we sent again
        ourselves."""
        marked = unmarked = ours = 0
        for number, ids in self.delivered.items():
            if len(set(ids)) == 1 and ids[0] is not None:
                marked += len(ids) - 1
            elif number in self.resent:
                ours += len(ids) - 1
            else:
                unmarked += len(ids) - 1
        return marked, unmarked, ours
