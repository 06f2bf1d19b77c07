#!/usr/bin/env python3
"""Clients under load while the node is killed, stopped, starved of disk, descriptors and memory,
its clock is stepped, its readers stall. After each fault every pair must get an acknowledged and
delivered message through within 10 s with nobody's help; in the end nothing acknowledged may be
missing, and memory is what it was."""
import argparse
import collections
import random
import sys
import time

import faults
import servers
from pairs import Pair
from supervised import MIB, Supervised

PROGRESS = 10.0      # seconds after a fault's end
MEMORY = 8 * MIB     # what the node may hold more in the end
RESUME_SECONDS = 30
# What stalled readers are told would fill the disk for good: the archive lets go of its oldest.
SETTINGS = "[archive]\nbytes_max = %d\n" % (64 * MIB)


class Chaos:
    def __init__(self, arguments):
        self.arguments = arguments
        self.dice = random.Random(arguments.seed)
        self.missed = []
        self.counts = collections.Counter()
        self.recoveries = collections.defaultdict(list)
        self.server = Supervised(resume_seconds=RESUME_SECONDS,
                                 settings=SETTINGS + arguments.settings)
        self.possible, skipped = faults.possible(self.server)
        for name, why in skipped:
            print("skipped: %s: %s" % (name, why))
        self.pairs = []
        self.begin = time.monotonic()

    def tell(self, text):
        print("%6.1f s  %s" % (time.monotonic() - self.begin, text), flush=True)

    def miss(self, text):
        self.missed.append(text)
        self.tell("MISSED: " + text)

    def schedule(self):
        """Faults in order, shuffled; and those that come first and last. They kill nobody, so
        that memory can grow."""
        if self.arguments.smoke:
            plan = [faults.kill] * 3 + [faults.stop] * 2
            plan += [fault for fault in self.possible if fault not in (faults.kill, faults.stop)]
            self.dice.shuffle(plan)
            return plan, [faults.stall_readers]
        often = 2 * round(self.arguments.minutes) + 2
        rare = max(1, round(self.arguments.minutes / 3))
        plan = []
        for fault in self.possible:
            plan += [fault] * (often if fault in (faults.kill, faults.stop) else rare)
        self.dice.shuffle(plan)
        last = [fault for fault in self.possible
                if fault not in (faults.kill, faults.limit_memory)]
        return plan, last

    def run(self):
        try:
            self.server.start()
            self.server.add_users(*("c%d-%d" % (pair, side)
                                    for pair in range(self.arguments.pairs) for side in (1, 2)))
            self.pairs = [Pair(self.server, number, self.arguments.rate)
                          for number in range(self.arguments.pairs)]
            for pair in self.pairs:
                pair.start()
            self.wait_for_progress("the start", time.monotonic())
            plan, last = self.schedule()
            # What is filled once (caches of SQLite, buffers of the journals) is filled now.
            for fault in last:
                self.inflict(fault, 1)
            time.sleep(1 if self.arguments.smoke else 10)
            baseline = self.server.resident()
            self.tell("%d pairs talk; memory %.1f MiB" % (len(self.pairs), baseline / MIB))
            self.suffer(plan, last)
            self.settle()
            self.compare_memory(baseline)
            self.account()
        finally:
            for pair in self.pairs:
                pair.over = True
            for pair in self.pairs:
                pair.join(10)
            self.server.stop()
        return self.summary()

    def suffer(self, plan, last):
        # All of the plan comes; random kills, stops and stalls fill what is left of the time.
        hold = 1 if self.arguments.smoke else 3
        reserve = 0 if self.arguments.smoke else 60
        end = self.begin + 60 * self.arguments.minutes - reserve
        while plan or (not self.arguments.smoke and time.monotonic() < end):
            fault = plan.pop() if plan else self.dice.choice(
                (faults.kill, faults.stop, faults.stall_readers))
            self.inflict(fault, hold)
            # What a fault itself takes is about four seconds.
            pause = (end - time.monotonic()) / (len(plan) + 1) - 4 if plan else 1
            longest = 0.5 if self.arguments.smoke else max(0.5, min(6.0, 2 * pause))
            time.sleep(self.dice.uniform(0.2, longest))
        for fault in last:
            self.inflict(fault, hold)

    def inflict(self, fault, hold):
        name = faults.NAMES[fault]
        self.counts[name] += 1
        word = fault(self, hold)
        recovery = self.wait_for_progress(name, time.monotonic())
        if recovery is not None:
            self.recoveries[name].append(recovery)
            self.tell("%-15s %s: all pairs go on after %.1f s" % (name, word, recovery))
        for when, status, words in self.server.ended_by_itself:
            self.miss("the node ended by itself, status %d, at %.1f s:\n%s"
                      % (status, when - self.begin, words))
        self.server.ended_by_itself.clear()

    def wait_for_progress(self, name, since):
        """Seconds until every pair had a message acknowledged and delivered that it sent after
        `since`."""
        late = self.pairs
        while late:
            late = [pair for pair in late if pair.completed < since]
            if time.monotonic() > since + PROGRESS:
                self.miss("%s: %d of %d pairs made no progress in %d s: %s" % (
                    name, len(late), len(self.pairs), PROGRESS, ", ".join(map(self.state, late))))
                return None
            time.sleep(0.02)
        return time.monotonic() - since

    @staticmethod
    def state(pair):
        return "%d (sender %s, %d unacknowledged; receiver %s; %d outstanding)" % (
            pair.number, "up" if pair.sender.connected else "down",
            len(pair.sender.session.unacknowledged) if pair.sender.session else 0,
            "up" if pair.receiver.connected else "down", len(pair.outstanding()))

    def settle(self):
        """Nothing new is said; what is on its way arrives."""
        for pair in self.pairs:
            pair.quiet = True
        end = time.monotonic() + (10 if self.arguments.smoke else RESUME_SECONDS)
        while time.monotonic() < end and not all(pair.settled() for pair in self.pairs):
            time.sleep(0.1)
        time.sleep(1)

    def compare_memory(self, baseline):
        now = self.server.resident()
        self.tell("memory %.1f MiB, at the start %.1f MiB" % (now / MIB, baseline / MIB))
        if now > baseline + MEMORY:
            self.miss("memory grew by %.1f MiB" % ((now - baseline) / MIB))

    def account(self):
        for pair in self.pairs:
            pair.over = True
        for pair in self.pairs:
            pair.join(15)
            if pair.failure is not None or pair.is_alive():
                self.miss("pair %d did not end well: %r" % (pair.number, pair.failure))

    def total(self, count):
        return sum(count(pair) for pair in self.pairs)

    def summary(self):
        lost = self.total(lambda pair: len(pair.outstanding()))
        marked, unmarked, ours = map(sum, zip(*(pair.copies() for pair in self.pairs)))
        disorder = self.total(lambda pair: len(pair.out_of_order))
        strange = self.total(lambda pair: pair.strange)
        withdrawn = self.total(lambda pair: pair.sender.session.withdrawn)
        print("---")
        for name, count in self.counts.items():
            waits = sorted(self.recoveries[name]) or [0.0]
            print("%-16s %3d times; all pairs went on after %.1f s (median), %.1f s (longest)"
                  % (name, count, waits[len(waits) // 2], waits[-1]))
        for name, value in (
                ("messages sent", self.total(lambda pair: pair.said)),
                ("acknowledged", self.total(lambda pair: len(pair.acknowledged))),
                ("acknowledged and lost", lost),
                ("returned with an error", self.total(lambda pair: len(pair.returned))),
                ("second copies, marked by their stanza-id", marked),
                ("second copies, unmarked", unmarked),
                ("second copies of what the client had sent twice", ours),
                ("first copies out of order", disorder),
                ("acknowledgements taken back at a resumption", withdrawn),
                ("resumed", self.total(lambda pair: pair.sender.resumed + pair.receiver.resumed)),
                ("resumptions refused",
                 self.total(lambda pair: pair.sender.refused + pair.receiver.refused)),
                ("seed", self.arguments.seed)):
            print("%-48s %d" % (name, value))
        for value, what in ((lost, "acknowledged messages were lost"),
                            (unmarked, "messages came twice without their stanza-id"),
                            (disorder, "messages overtook others of their pair"),
                            (withdrawn, "acknowledgements were taken back"),
                            (strange, "messages arrived that nobody had sent")):
            if value:
                self.missed.append("%d %s" % (value, what))
        for pair in self.pairs:
            missing = sorted(pair.outstanding())
            if missing:
                print("pair %d lost %s%s" % (pair.number, missing[:20],
                                             "..." if len(missing) > 20 else ""))
            for when, what in pair.oddities[:10]:
                print("pair %d at %.1f s: %s" % (pair.number, when - self.begin, what))
        for what in self.missed:
            print("MISSED: " + what.splitlines()[0])
        return not self.missed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--rate", type=float, default=20, help="messages a second, a pair")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--settings", default="", help="more lines of rollcall.toml")
    parser.add_argument("--smoke", action="store_true", help="each fault, briefly: half a minute")
    arguments = parser.parse_args()
    servers.end_properly()
    if arguments.smoke:
        arguments.pairs = min(arguments.pairs, 4)
    sys.exit(0 if Chaos(arguments).run() else 1)


if __name__ == "__main__":
    main()
