#!/usr/bin/env python3
"""What a server that was killed (SIGKILL) still knows of messages it had acknowledged to their
sender (XEP-0198): per kill 200 messages to a recipient who is offline; online and silent; online
and acknowledging. The sender counts a message only if an <a h/> covers it; then it must reach the
recipient who logs in after the restart, or resumes. What was not acknowledged may come or not.
After every fourth kill the server is killed once more while it starts."""
import argparse
import collections
import random
import sys
import time

import servers
from session import Closed, Session, message

STATES = ("offline", "silent", "acknowledging")
WAYS = ("resume", "replace", "resume", "replace", "resume", "other")  # how one comes back
RESUME_SECONDS = 5
QUIET = 0.25    # after the last thing expected: time for what should not come
PATIENCE = 3.0  # after the last arrival: what has not come by then is lost


class Tally:
    """Of one state; `problems` are rounds that could not be measured."""

    def __init__(self):
        self.kills = self.acknowledged = self.lost = 0
        self.again = self.unmarked = self.resumed = self.not_resumed = 0
        self.archive_missing = None
        self.problems = []

    def row(self, server, state):
        ways = "%d of %d" % (self.resumed, self.resumed + self.not_resumed)
        missing = "-" if self.archive_missing is None else str(self.archive_missing)
        return (server, state, self.kills, self.acknowledged, self.lost, missing, self.again,
                self.unmarked, ways if self.resumed + self.not_resumed else "-")


HEADER = ("server", "recipient", "kills", "acked", "lost", "not archived", "again", "unmarked",
          "resumed")


class Round:
    """One kill. Users are `state`-1 (sender) and `state`-2 (recipient)."""

    def __init__(self, server, state, number, messages, dice, archive):
        self.server, self.state, self.number = server, state, number
        self.dice, self.archive = dice, archive
        self.bodies = ["%s-%d-%d." % (state, number, count) for count in range(messages)]
        self.begin = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 1))
        self.way = "login" if state == "offline" else WAYS[number % len(WAYS)]
        self.before = []  # what the recipient had before the kill
        self.resumed = None
        self.acked = self.lost = -1  # not measured

    def session(self, user, resource="desk"):
        return Session(self.server.port, user, servers.PASSWORD, resource)

    def run(self, tally):
        self.recipient = None
        if self.state != "offline":
            self.recipient = self.session(self.state + "-2")
            self.recipient.answering = False
            self.recipient.login()
            self.recipient.ping()
        self.sender = self.session(self.state + "-1").login()
        self.sender.ping()
        self.talk_until_killed()
        acknowledged = self.sender.acknowledged_bodies()
        self.acked = len(acknowledged)
        if self.number % 4 == 3:  # the start after a crash is no place to be safe either
            self.server.start_and_kill(self.dice.uniform(0, 1.2))
        self.server.start()
        self.come_back()
        self.collect(acknowledged)
        self.count(acknowledged, tally)
        if self.archive:
            self.look_into_archives(acknowledged, tally)
        self.part()

    # Before the kill.

    def talk_until_killed(self):
        """Kills when so many are acknowledged, plus a moment: half of the time all of them."""
        total = len(self.bodies)
        enough = total if self.number % 2 == 0 else self.dice.randrange(1, total)
        moment = self.dice.choice((0, 0, self.dice.uniform(0, 0.002), self.dice.uniform(0, 0.02)))
        burst = self.dice.choice((1, 5, 20, 50))
        asked = 0
        before = self.sender.acknowledged
        end = time.monotonic() + 20
        while self.acknowledged_messages() < enough:
            if time.monotonic() > end:
                raise TimeoutError("only %d of %d were acknowledged" %
                                   (self.sender.acknowledged - before, total))
            if asked < total and asked - self.acknowledged_messages() < 3 * burst:
                self.say(self.bodies[asked:asked + burst])
                asked += burst
                self.sender.pump(0)
            else:
                self.sender.pump(0.001 if self.recipient else 0.05)
            self.receive()
        at = time.monotonic() + moment
        while time.monotonic() < at and asked < total:
            self.say(self.bodies[asked:asked + burst])
            asked += burst
        time.sleep(max(0.0, at - time.monotonic()))
        self.server.kill()
        self.sender.drain()
        if self.recipient:
            self.recipient.drain()
            self.before = list(self.recipient.messages)

    def acknowledged_messages(self):
        return len(self.sender.confirmed)

    def say(self, bodies):
        to = "%s-2@localhost" % self.state
        self.sender.say_all([(message(to, body), body) for body in bodies], request=True)

    def receive(self):
        if self.recipient and self.recipient.pump(0) and self.state == "acknowledging":
            self.recipient.acknowledge()

    # After it.

    def come_back(self):
        """A silent recipient has counted nothing and wants everything; an acknowledging one has
        kept what it counted and says so."""
        if self.way == "resume":
            if self.state == "silent":
                self.recipient.handled = 0
            self.recipient.messages.clear()
            self.resumed = self.recipient.resume(self.server.port)
        else:
            other = self.way == "other"
            self.recipient = self.session(self.state + "-2", "tablet" if other else "desk").login()
        self.recipient.answering = True

    def expected(self, acknowledged):
        if self.state == "acknowledging":
            return acknowledged - {one.body for one in self.before}
        return acknowledged

    def collect(self, acknowledged):
        expected = self.expected(acknowledged)
        patience = PATIENCE + (self.server.resume_seconds + 2 if self.way == "other" else 0)
        last = time.monotonic()
        seen = 0
        arrived = set()
        while not expected <= arrived and time.monotonic() < last + patience:
            self.recipient.pump(0.1)
            if len(self.recipient.messages) > seen:
                arrived |= {one.body for one in self.recipient.messages[seen:]}
                seen = len(self.recipient.messages)
                last = time.monotonic()
        self.recipient.ping()
        end = time.monotonic() + QUIET
        while time.monotonic() < end:
            self.recipient.pump(end - time.monotonic())

    def count(self, acknowledged, tally):
        arrived = {one.body for one in self.recipient.messages}
        tally.kills += 1
        tally.acknowledged += len(acknowledged)
        self.lost = len(self.expected(acknowledged) - arrived)
        tally.lost += self.lost
        if self.resumed is not None:
            tally.resumed += self.resumed
            tally.not_resumed += not self.resumed
        # A silent client has said nothing: to be given all once more is its right.
        copies = collections.defaultdict(list)
        for one in self.before if self.state == "acknowledging" else []:
            copies[one.body].append(one.stanza_id)
        for one in self.recipient.messages:
            copies[one.body].append(one.stanza_id)
        for ids in copies.values():
            marked = len(set(ids)) == 1 and ids[0] is not None
            tally.again += len(ids) - 1 if marked else 0
            tally.unmarked += 0 if marked else len(ids) - 1
        if self.state == "silent":
            first = {one.body: one.stanza_id for one in self.before}
            tally.unmarked += sum(first.get(one.body, one.stanza_id) != one.stanza_id
                                  for one in self.recipient.messages)

    def look_into_archives(self, acknowledged, tally):
        """Both sides' archives must have it (XEP-0313)."""
        self.sender = self.session(self.state + "-1").login()
        missing = set()
        for who in (self.recipient, self.sender):
            found = who.archive(self.begin)
            missing |= acknowledged - {body for _, body in found or []}
            if found is None and "no archive" not in tally.problems:
                tally.problems.append("no archive")
        tally.archive_missing = (tally.archive_missing or 0) + len(missing)
        self.sender.close()

    def part(self):
        """The next round begins with nothing in the way."""
        self.recipient.acknowledge()
        self.recipient.ping()
        self.recipient.close()


def measure(server, kills, messages, seed, archive, verbose):
    """Tallies by state."""
    tallies = {state: Tally() for state in STATES}
    dice = random.Random(seed)
    try:
        server.start()
        server.add_users(*("%s-%d" % (state, side) for state in STATES for side in (1, 2)))
        for number in range(kills):
            for state in STATES:
                one = Round(server, state, number, messages, dice, archive)
                try:
                    one.run(tallies[state])
                except (Closed, TimeoutError, OSError, PermissionError) as error:
                    tallies[state].problems.append("kill %d: %s: %s" % (
                        number, type(error).__name__, error))
                    if server.process.poll() is not None:
                        server.start()
                if verbose:
                    print("%s %s kill %d (%s): %d acked, %d lost" % (
                        server.name, state, number, one.way,
                        one.acked, one.lost))
    finally:
        server.stop()
    return tallies


def print_table(rows):
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(str(cell).ljust(width) if column < 2 else str(cell).rjust(width)
                        for column, (cell, width) in enumerate(zip(row, widths))))


def broken(tallies, kills):
    """What of promise 1 was not kept."""
    for state, tally in tallies.items():
        if tally.problems:
            yield "%s: %s" % (state, "; ".join(tally.problems[:3]))
        if tally.kills < kills:
            yield "%s: only %d of %d kills were measured" % (state, tally.kills, kills)
        if tally.lost:
            yield "%s: %d of %d acknowledged messages were lost" % (
                state, tally.lost, tally.acknowledged)
        if tally.unmarked:
            yield "%s: %d came again without their stanza-id" % (state, tally.unmarked)
        if tally.archive_missing:
            yield "%s: %d are not in the archive" % (state, tally.archive_missing)
        if tally.not_resumed:
            yield "%s: %d resumptions were refused" % (state, tally.not_resumed)


def peers(wanted):
    for peer in (servers.Prosody, servers.Ejabberd) if wanted else ():
        if peer.installed():
            yield peer
        else:
            print("%s is not installed: apt-get install %s" % (peer.name, peer.name))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="per state")
    parser.add_argument("--messages", type=int, default=200, help="per kill")
    parser.add_argument("--archive", action="store_true", help="look into the archive, too")
    parser.add_argument("--peers", action="store_true", help="measure prosody and ejabberd, too")
    parser.add_argument("--peer-kills", type=int, default=3, help="per state")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--smoke", action="store_true", help="2 kills a state, 50 messages each")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    servers.end_properly()
    if arguments.smoke:
        arguments.kills, arguments.messages = 2, 50
    begin = time.monotonic()
    plan = [(servers.Rollcall, arguments.kills)]
    plan += [(peer, arguments.peer_kills) for peer in peers(arguments.peers)]
    rows = [HEADER]
    ours = []
    for server, kills in plan:
        tallies = measure(server(RESUME_SECONDS, arguments.archive), kills, arguments.messages,
                          arguments.seed, arguments.archive, arguments.verbose)
        rows += [tally.row(server.name, state) for state, tally in tallies.items()]
        for state, tally in tallies.items():
            for problem in tally.problems[:3] if server is not servers.Rollcall else ():
                print("%s, %s: %s" % (server.name, state, problem))
        if server is servers.Rollcall:
            ours = list(broken(tallies, kills))
    print_table(rows)
    print("lost: acknowledged to the sender and never seen by the recipient. again: a second copy "
          "with the\nsame stanza-id; unmarked: without. resumed: of those who asked for their "
          "session after the restart.\nseed %d, %d messages a kill, %.0f s"
          % (arguments.seed, arguments.messages, time.monotonic() - begin))
    for what in ours:
        print("MISSED: rollcall, " + what)
    sys.exit(1 if ours else 0)


if __name__ == "__main__":
    main()
