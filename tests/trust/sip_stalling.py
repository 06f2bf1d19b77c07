"""SIP connections that do too little: half a message and then nothing, a byte a second, bodies that
never end, answers that are never read. Each ends in a limit that is counted, however long it had
spoken well before; others feel nothing."""
import os
import threading
import time

from latency import Chat, compare
from server import check, difference, figure, finish
from sip import STRANGER, TRUNK, SipServer, Stream, request

MIB = 1 << 20
SLOW = 200
HALF_LIFE = 32  # seconds that a message may take: as long as its sender would wait for an answer
LARGE = 1000    # connections with most of a body, of the largest
BODY = 256 * 1024
# The pool sip_unfinished of two shards is 20 MiB; the allocator gives 320 KiB for 256, and keeps for
# a while what buffers leave behind when they grow or go.
HELD_MAX = 64 * MIB


def slow(server):
    """A third says half a message, a third a byte a second, a third does so after whole ones."""
    before = server.counters()
    text = request(transport="TCP")
    crowd = []
    for number in range(SLOW):
        stream = Stream(server, STRANGER)
        if number % 3 == 2:
            stream.ask(text)
        if number % 3 == 0:
            stream.send(text[:60])
        crowd.append(stream)
    begin = time.monotonic()
    for second in range(HALF_LIFE + 3):
        for number, stream in enumerate(crowd):
            if number % 3 and not stream.closed:
                stream.send(text[second:second + 1])
        time.sleep(1)
    gone = sum(stream.wait_for_end(5) for stream in crowd)
    idle, = difference(server.counters(), before, "sip_connections_idle")
    figure("%d that take too long over a message: closed after" % SLOW,
           "%.0f s" % (time.monotonic() - begin))
    check(gone == SLOW and idle == SLOW, "%d closed, %d counted" % (gone, idle))
    for stream in crowd:
        stream.close()


def large(server):
    """Many bodies, nearly whole: some are held, the others closed; a peer gets one through."""
    before = server.counters()
    resident = server.resident()
    whole = request("MESSAGE", transport="TCP", body=b"x" * BODY)
    crowd = []
    highest = resident
    for _ in range(LARGE):
        stream = Stream(server, STRANGER)
        stream.send(whole[:-1000])
        highest = max(highest, server.resident())
        crowd.append(stream)
    time.sleep(0.5)
    grown = highest - resident
    limited, = difference(server.counters(), before, "sip_unfinished_limit_hit")
    closed = sum(stream.wait_for_end(0.001) for stream in crowd)
    figure("%d bodies of which the end is missing: closed" % LARGE, "%d" % closed)
    check(limited > 0 and closed >= limited, "%d over the limit, %d closed" % (limited, closed))
    figure("… memory", "%+.1f MiB of %d sent" % (grown / MIB, LARGE * BODY / MIB))
    check(grown <= HELD_MAX, "memory grew by %d bytes" % grown)
    with Stream(server) as stream:
        answer = stream.ask(request(transport="TCP"))
        check(answer is not None and answer.status == 200, "no OPTIONS answered meanwhile")
    for stream in crowd:
        stream.close()
    gone(server)


def gone(server):
    check(server.wait_for(lambda now: now["sip_connections"] == 0, 10), "connections are left")


def never_reads(server):
    """Asks and asks, never reads an answer: is not read any more, and closed in the end."""
    before = server.counters()
    resident = server.resident()
    stream = Stream(server, TRUNK)
    stream.socket.settimeout(5)
    burst = b"".join(request(transport="TCP") for _ in range(1000))
    sent = 0
    try:
        for _ in range(200):
            sent += stream.socket.send(burst)
    except (TimeoutError, ConnectionError):
        pass
    grown = server.resident() - resident
    figure("never reads: bytes taken before we were not read any more", "%d" % sent)
    figure("never reads: memory", "%+.2f MiB" % (grown / MIB))
    check(server.wait_for(lambda now: now["congestions"] > before["congestions"], 10),
          "never reads: no congestion was counted")
    check(grown <= 2 * MIB, "never reads: memory grew by %d bytes" % grown)
    check(server.wait_for(lambda now: now["send_stall_closes"] > before["send_stall_closes"] or
                          now["send_limit_closes"] > before["send_limit_closes"], 40),
          "never reads: was not closed")
    stream.close()


def main():
    server = SipServer()
    chat = Chat(server)
    baseline = chat.percentile(3)
    large(server)
    resident = server.resident()
    slowly = threading.Thread(target=slow, args=(server,))
    slowly.start()
    never_reads(server)
    slowly.join()
    compare(check, figure, "meanwhile", baseline, chat.percentile())
    gone(server)
    check(server.alive(), "no OPTIONS answered")
    grown = server.resident() - resident
    figure("afterwards memory is up by", "%.2f MiB" % (grown / MIB))
    check(grown <= 2 * MIB, "memory is up by %d bytes afterwards" % grown)
    check(chat.stop(), "the pair was thrown out")
    server.stop()
    finish()


if __name__ == "__main__":
    os.nice(5)
    main()
