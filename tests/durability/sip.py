#!/usr/bin/env python3
"""Promise 1 where SIP is at one end: a MESSAGE that was answered 202 reaches its user, and a message
that was acknowledged to its user reaches the SIP peer, though the node is killed in between. A peer
of plain sockets, by datagram; users by the client of session.py."""
import argparse
import random
import re
import socket
import sys
import time

import servers
import session

MESSAGES = 60


class Peer:
    """The SIP system: sends, answers some of what it is sent, remembers all of it."""

    def __init__(self, node_port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.node = ("127.0.0.1", node_port)
        self.accepted = set()  # bodies the node answered 2xx
        self.heard = []        # bodies the node sent, once a transaction
        self.answered = set()  # … that we answered
        self.branches = set()

    def send(self, user, body):
        text = ("MESSAGE sip:%s@localhost SIP/2.0\r\n"
                "Via: SIP/2.0/UDP 127.0.0.1:%d;rport;branch=z9hG4bK%s\r\n"
                "From: <sip:carol@sip.example>;tag=1\r\nTo: <sip:%s@localhost>\r\n"
                "Call-ID: %s\r\nCSeq: 1 MESSAGE\r\nContent-Type: text/plain\r\n"
                "Content-Length: %d\r\n\r\n%s"
                % (user, self.port, body, user, body, len(body), body))
        self.socket.sendto(text.encode(), self.node)

    def listen(self, seconds, answers=lambda: True, enough=lambda: False):
        end = time.monotonic() + seconds
        while not enough() and (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                text, source = self.socket.recvfrom(65536)
            except (socket.timeout, ConnectionError):
                continue
            self.handle(text.decode(), source, answers)

    def handle(self, text, source, answers):
        if text.startswith("SIP/2.0 2"):
            self.accepted.add(re.search(r"^Call-ID: (\S+)", text, re.M).group(1))
            return
        if not text.startswith("MESSAGE"):
            return
        branch = re.search(r"branch=([^;\s]+)", text).group(1)
        body = text.partition("\r\n\r\n")[2]
        if branch not in self.branches:
            self.branches.add(branch)
            self.heard.append(body)
        if answers():
            self.answered.add(body)
            copied = "".join(re.findall(r"^(?:Via|From|To|Call-ID|CSeq):.*\r\n", text, re.M))
            self.socket.sendto(("SIP/2.0 200 OK\r\n%sContent-Length: 0\r\n\r\n" % copied).encode(),
                               source)


def bursts(bodies, size=4):
    return [bodies[at:at + size] for at in range(0, len(bodies), size)]


def inward(server, peer, number, dice):
    """Kills after some of many answers. What was answered must come."""
    bodies = ["in-%d-%d" % (number, i) for i in range(MESSAGES)]
    wanted = dice.randrange(1, MESSAGES)
    for burst in bursts(bodies):
        for body in burst:
            peer.send("bob", body)
        if len(peer.accepted & set(bodies)) >= wanted:
            break
        peer.listen(0.002)
    server.kill()
    peer.listen(0.1)
    accepted = peer.accepted & set(bodies)
    server.start()
    bob = session.Session(server.port, "bob", servers.PASSWORD, "desk%d" % number).login()
    came = lambda: {one.body for one in bob.messages}  # noqa: E731
    try:
        bob.until(lambda: accepted <= came(), "what was answered 202", 15)
    except TimeoutError:
        pass
    bob.acknowledge()
    bob.ping()
    bob.close()
    return len(accepted), len(accepted - came())


def outward(server, peer, number, dice):
    """The peer answers every third; then the node is killed. What was acknowledged to its sender,
    and not taken by the peer, must be sent again."""
    alice = session.Session(server.port, "alice", servers.PASSWORD, "desk%d" % number).login()
    bodies = ["out-%d-%d" % (number, i) for i in range(MESSAGES)]
    wanted = dice.randrange(1, MESSAGES)
    for burst in bursts(bodies):
        alice.say_all([(session.message("dave@sip.example", body), body) for body in burst],
                      request=True)
        if len(alice.acknowledged_bodies()) >= wanted:
            break
        alice.pump(0.002)
        peer.listen(0.002, answers=lambda: dice.random() < 0.3)
    server.kill()
    alice.drain()
    acknowledged = set(bodies) & alice.acknowledged_bodies()
    server.start()
    missing = lambda: acknowledged - peer.answered  # noqa: E731
    peer.listen(15, enough=lambda: not missing())
    return len(acknowledged), len(missing())


def main():
    servers.end_properly()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--smoke", action="store_true", help="three rounds")
    options = parser.parse_args()
    dice = random.Random(options.seed)
    port = servers.free_port()
    peer = Peer(port)
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
domains = ["sip.example"]
""" % (port, peer.port))
    lost = 0
    try:
        server.start()
        server.add_users("alice", "bob")
        for number in range(3 if options.smoke else options.rounds):
            taken, missing = inward(server, peer, number, dice)
            said, unsent = outward(server, peer, number, dice)
            lost += missing + unsent
            print("%s%d: from SIP %d answered 202, %d lost; to SIP %d acknowledged, %d lost"
                  % ("MISSED " if missing + unsent else "", number, taken, missing, said, unsent),
                  flush=True)
    finally:
        server.stop()
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
