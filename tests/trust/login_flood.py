"""Several hundred clients log in at once, again and again, with wrong passwords. Each stream ends
after login.failures_max failures, counted; others feel nothing; who has a right password gets in.
Nobody is locked out by name (XEP-0205: it would let anyone lock out anybody); an address is limited
by net.connections_per_source_max."""
import os
import socket
import threading
import time

from burst import burst_to_reader
from client import Client, Closed
from latency import Chat, compare
from server import Server, check, difference, figure, finish

STREAMS = 300
MIB = 1 << 20


def guess(server, mechanism, outcome):
    """One stream: guesses until it is thrown out."""
    try:
        client = Client(server.plain, timeout=30)
        client.open()
        failures = 0
        while failures < 10:
            wrong = "guess%d" % failures if mechanism == "PLAIN" else None
            if client.authenticate("alice", wrong, mechanism):
                outcome.append("in")
                return
            failures += 1
        outcome.append("never closed")
    except (Closed, ConnectionError, TimeoutError) as error:
        outcome.append("closed" if failures in (3, 4) else "after %d: %r" % (failures, error))


def flood(server, chat, mechanism, baseline):
    before = server.counters()
    busy = server.processor_seconds()
    chat.percentile()
    outcome = []
    crowd = [threading.Thread(target=guess, args=(server, mechanism, outcome))
             for _ in range(STREAMS)]
    begin = time.monotonic()
    for thread in crowd:
        thread.start()
    time.sleep(0.2)
    newcomer = Client(server.plain, timeout=30)
    newcomer.open()
    check(newcomer.authenticate("bob", server.passwords["bob"], "SCRAM-SHA-256"),
          mechanism + ": the right password was refused")
    right = time.monotonic() - begin - 0.2
    newcomer.close()
    for thread in crowd:
        thread.join()
    seconds = time.monotonic() - begin
    loaded = chat.percentile()
    failed, limited = difference(server.counters(), before, "xmpp_login_failures",
                                 "xmpp_limit_login_failures")
    overloaded, = difference(server.counters(), before, "password_overloads")
    figure(mechanism + ": streams, failures, thrown out",
           "%d, %d, %d in %.1f s" % (STREAMS, failed, limited, seconds))
    figure(mechanism + ": refused because too many wait", "%d" % overloaded)
    figure(mechanism + ": processor time a failure",
           "%.2f ms" % ((server.processor_seconds() - busy) * 1e3 / max(failed, 1)))
    figure(mechanism + ": a right password got in within", "%.2f s" % right)
    check(outcome.count("closed") == STREAMS,
          "%s: %s" % (mechanism, sorted(set(outcome))[:5]))
    check(limited == STREAMS, "%s: %d of %d streams counted" % (mechanism, limited, STREAMS))
    compare(check, figure, mechanism, baseline, loaded)


def too_many_from_one_place(server):
    """Beyond net.connections_per_source_max an address is not let in, and it is counted."""
    before = server.counters()
    crowd = []
    for _ in range(700):
        raw = socket.create_connection(("127.0.0.1", server.plain),
                                       10, source_address=("127.0.0.9", 0))
        crowd.append(raw)
    server.wait_for(lambda now: difference(now, before, "connections_refused_source")[0] >= 200, 5)
    refused, = difference(server.counters(), before, "connections_refused_source")
    figure("one address: 700 connections, refused", "%d" % refused)
    check(refused == 200, "one address: %d refused" % refused)
    Client(server.plain).open()
    for raw in crowd:
        raw.close()


def main():
    server = Server("[net]\nconnections_per_source_max = 500\n")
    passwords = server.passwords
    sender = Client(server.plain, timeout=30).login("alice", passwords["alice"], "first")
    burst_to_reader(server, sender, "bob", passwords["bob"])
    sender.close()
    chat = Chat(server)
    baseline = chat.percentile(2)
    too_many_from_one_place(server)
    for mechanism in ("PLAIN", "SCRAM-SHA-256", "PLAIN", "SCRAM-SHA-1"):
        flood(server, chat, mechanism, baseline)
        baseline = chat.percentile(2)
    time.sleep(1)
    resident = server.resident()
    for mechanism in ("PLAIN", "SCRAM-SHA-1"):
        flood(server, chat, mechanism, chat.percentile(2))
    time.sleep(1)
    grown = server.resident() - resident
    figure("memory after the fifth and sixth flood is up by", "%.2f MiB" % (grown / MIB))
    check(grown <= MIB, "memory is up by %.2f MiB" % (grown / MIB))
    check(chat.stop(), "the pair was thrown out")
    server.stop()
    finish()


if __name__ == "__main__":
    os.nice(5)
    main()
