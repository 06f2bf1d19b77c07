"""Floods of SIP connections (S2, S15): more from one address than are allowed, while a peer at
another is served; thousands that come, say something and go, by FIN or reset; bursts of INVITEs that
nobody waits for the answers of."""
import os
import socket
import struct

from latency import Chat, compare
from server import check, difference, figure, finish
from sip import STRANGER, SipServer, Stream, request

MIB = 1 << 20
SETTINGS = """
[net]
connections_per_source_max = 500
"""
FLOOD = 800
ALLOWED = 500
CHURN = 10_000
BURST = 20
RESETS = 300
STAGES = 5


def greedy(server, chat, baseline):
    """From one address more than it may have."""
    before = server.counters()
    resident = server.resident()
    chat.percentile()
    crowd = []
    for _ in range(FLOOD):
        stream = Stream(server, STRANGER)
        stream.send(request(transport="TCP"))
        crowd.append(stream)
    served = sum(stream.read(1, 2) != [] for stream in crowd)
    each = (server.resident() - resident) / ALLOWED
    loaded = chat.percentile(1)
    with Stream(server) as peer:
        answer = peer.ask(request(transport="TCP"))
    refused, = difference(server.counters(), before, "connections_refused_source")
    figure("%d connections of one address: served, refused" % FLOOD, "%d, %d" % (served, refused))
    figure("a connection's memory", "%.1f KiB" % (each / 1024))
    check(served == ALLOWED and refused == FLOOD - ALLOWED,
          "%d connections of one address, %d refused" % (served, refused))
    check(answer is not None and answer.status == 200, "a peer elsewhere was not served")
    check(each <= 8 * 1024, "a connection takes %d bytes" % each)
    compare(check, figure, "connections of one address", baseline, loaded)
    for stream in crowd:
        stream.close()
    gone(server)


def gone(server):
    check(server.wait_for(lambda now: now["sip_connections"] == 0, 40), "connections are left")


def reset(stream):
    stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stream.close()


def one(server, number, invites):
    """Comes, gets to a stage, and goes: with a reset where nothing is unread, as a multishot receive
    does not tell of one that overtakes data (README.md)."""
    stage = number % STAGES
    stream = Stream(server, STRANGER)
    if stage == 1:
        stream.send(b"\r\n\r\n")
    elif stage == 2:
        stream.send(invites[:100])
    elif stage == 3:
        stream.send(invites)
    elif stage == 4:
        stream.send(invites)
        stream.read(1)
    if stage == 0 and number % 2:
        return reset(stream)
    return stream.close()


def churn(server):
    invites = b"".join(request("INVITE", transport="TCP") for _ in range(BURST))
    for number in range(CHURN):  # warm
        one(server, number, invites)
    gone(server)
    resident = server.resident()
    busy = server.processor_seconds()
    for number in range(CHURN):
        one(server, number, invites)
    spent = server.processor_seconds() - busy
    gone(server)
    grown = server.resident() - resident
    figure("%d connections that come and go: memory" % CHURN, "%+.2f MiB" % (grown / MIB))
    figure("… processor time of each", "%.3f ms" % (spent * 1e3 / CHURN))
    check(grown <= MIB, "memory grew by %d bytes" % grown)
    for _ in range(RESETS):  # the answers meet nobody
        stream = Stream(server, STRANGER)
        stream.send(invites)
        reset(stream)
    check(server.alive(), "no OPTIONS answered")
    gone(server)


def main():
    server = SipServer(SETTINGS)
    chat = Chat(server)
    greedy(server, chat, chat.percentile(2))  # warm
    greedy(server, chat, chat.percentile(2))
    churn(server)
    check(chat.stop(), "the pair was thrown out")
    server.stop()
    finish()


if __name__ == "__main__":
    os.nice(5)
    main()
