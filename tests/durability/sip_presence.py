#!/usr/bin/env python3
"""Presence outlives the node: what a call manager published and was answered 200, and who had
subscribed and was answered 200, are there after kill -9, which comes right behind an answer. Nobody
publishes or subscribes again; every watcher is told in the dialog he has, with a CSeq that goes up,
and sees what was said last; a call manager goes on with the tag it has. So do those who are told how
many messages wait, which must be as many as were answered 200."""
import argparse
import asyncio
import pathlib
import random
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import servers  # noqa: E402
from sip_agent import Agent, Subscription  # noqa: E402

USERS = [f"user{i}" for i in range(8)]
WATCHERS = 5  # of each
RATE = 2000   # notifications a second after a start, at the most
PIDF = """<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:%s@localhost">
<tuple id="line"><status><basic>%s</basic></status></tuple>
<dm:person xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" id="p"><activities>%s</activities>
</dm:person></presence>"""


class Line:
    """A user's phone, as the call manager tells of it."""

    def __init__(self, manager, user):
        self.manager, self.user = manager, user
        self.tag = None
        self.busy = False
        self.messages = 0  # that wait

    async def write(self):
        answer = await self.manager.request(
            "MESSAGE", f"sip:{self.user}@localhost", body="call me", Content_Type="text/plain")
        if answer.status not in (200, 202):
            raise AssertionError(f"a message to {self.user}: {answer}")
        self.messages += 1

    async def say(self, busy):
        fields = {"SIP-If-Match": self.tag} if self.tag else {}
        body = PIDF % (self.user, "closed" if busy else "open", "<busy/>" if busy else "")
        answer = await self.manager.request(
            "PUBLISH", f"sip:{self.user}@localhost", body=body, Event="presence", Expires=600,
            Content_Type="application/pidf+xml", **fields)
        if answer.status != 200:
            raise AssertionError(f"{self.user}'s line: {answer}")
        self.tag, self.busy = answer["SIP-ETag"], busy


class Watch(Subscription):
    def __init__(self, agent, line, event="presence"):
        super().__init__(agent, f"sip:{line.user}@localhost", event)
        self.line = line
        self.cseq_seen = 0
        self.sees = None

    def hear(self):
        """Takes what has come, the newest of it."""
        for notify in self.agent.take(lambda m: m.status is None and m["Call-ID"] == self.call_id):
            if notify.cseq > self.cseq_seen:
                self.cseq_seen = notify.cseq
                self.sees = self.read(notify.body)

    def read(self, body):
        return "on-the-phone" in body

    def truth(self):
        return self.line.busy


class Mailbox(Watch):
    def __init__(self, agent, line):
        super().__init__(agent, line, "message-summary")

    def read(self, body):
        return int(re.search(r"^Text-Message: (\d+)/0", body, re.MULTILINE)[1])

    def truth(self):
        return self.line.messages


async def play_round(server, lines, watches, dice):
    for _ in range(dice.randrange(1, 2 * len(lines))):
        await dice.choice(lines).say(dice.random() < 0.5)
        if dice.random() < 0.3:
            await dice.choice(lines).write()
    server.kill()
    await asyncio.sleep(0.05)
    for watch in watches:
        watch.hear()
    before = {watch: watch.cseq_seen for watch in watches}
    started = time.monotonic()
    await asyncio.to_thread(server.start)
    missing = wrong = watches
    while (missing or wrong) and time.monotonic() < started + 10:
        await asyncio.sleep(0.02)
        for watch in watches:
            watch.hear()
        if missing:
            missing = [watch for watch in missing if watch.cseq_seen == before[watch]]
            seconds = time.monotonic() - started
        # What was accepted goes into the store behind the restart, and is told then.
        wrong = [watch for watch in watches if watch.sees != watch.truth()]
    faults = [f"{watch.call_id} was not told" for watch in missing]
    faults += [f"{watch.call_id} sees {watch.sees}, true is {watch.truth()}" for watch in wrong]
    if len(watches) / seconds > RATE:
        faults.append(f"{len(watches)} notifications in {seconds:.3f} s")
    return faults


async def play(rounds, seed, server, node_port, ports):
    dice = random.Random(seed)
    await asyncio.to_thread(server.start)
    await asyncio.to_thread(server.add_users, *USERS)
    manager = await Agent("sip:cm@cm.example", node_port).open(ports[0])
    desks = await Agent("sip:desk@desks.example", node_port).open(ports[1])
    lines = [Line(manager, user) for user in USERS]
    for line in lines:
        await line.say(True)
    watches = [Watch(desks, line) for line in lines for _ in range(WATCHERS)]
    watches += [Mailbox(desks, line) for line in lines]
    for watch in watches:
        answer = await watch.subscribe()
        if answer.status != 200:
            raise AssertionError(f"{watch.call_id}: {answer}")
    bad = 0
    for number in range(rounds):
        faults = await play_round(server, lines, watches, dice)
        bad += len(faults)
        print(f"{'MISSED ' if faults else ''}{number}: {len(watches)} watchers of {len(lines)} users "
              f"over a kill, {len(faults)} faults", *faults, sep="\n  ", flush=True)
    return bad


def main():
    servers.end_properly()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--smoke", action="store_true", help="three rounds")
    options = parser.parse_args()
    node_port, *ports = (servers.free_port() for _ in range(3))
    server = servers.Rollcall(resume_seconds=0, settings="""
[sip]
enabled = true
address = "127.0.0.1"
transports = ["udp"]
udp_port = %d

[[sip.peer]]
address = "127.0.0.1"
port = %d
transport = "udp"
domains = ["cm.example"]
publishes = true

[[sip.peer]]
address = "127.0.0.1"
port = %d
transport = "udp"
domains = ["desks.example"]
watches = true
""" % (node_port, *ports))
    try:
        bad = asyncio.run(play(3 if options.smoke else options.rounds, options.seed, server,
                               node_port, ports))
    finally:
        server.stop()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
