"""Clients who keep a connection busy by doing too little: they never read, send a byte a second,
or leave a thousand handshakes half done. Each ends in a limit that is counted; the others feel
nothing; memory comes back."""
import os
import socket
import threading
import time

from client import Client, header
from latency import Chat, compare
from server import Server, check, difference, figure, finish

MIB = 1 << 20
SETTINGS = """
[login]
seconds = 10
[net]
handshake_seconds = 8
handshakes_per_shard_max = 400
"""


def connect(port):
    raw = socket.create_connection(("127.0.0.1", port), 10)
    raw.settimeout(10)
    return raw


def ended(sockets, seconds):
    """How many of the sockets the server has closed within this time."""
    until = time.monotonic() + seconds
    left = list(sockets)
    while left and time.monotonic() < until:
        still = []
        for raw in left:
            raw.setblocking(False)
            try:
                if raw.recv(4096):
                    still.append(raw)
            except BlockingIOError:
                still.append(raw)
            except OSError:
                pass
        left = still
        time.sleep(0.1)
    return len(sockets) - len(left)


def never_reads(server, chat, baseline):
    """Logs in, then asks and asks (1,000 disco requests a burst) and never reads an answer."""
    server.add_account("deaf", "secret")
    client = Client(server.plain, receive_buffer=4096, timeout=1)
    client.login("deaf", "secret", "deaf")
    before = server.counters()
    resident = server.resident()
    burst = ("<iq type='get' id='d' to='localhost'>"
             "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>" * 1000).encode()
    sent = 0
    try:
        for _ in range(200):
            sent += client.socket.send(burst)
    except (TimeoutError, ConnectionError):
        pass
    highest = server.resident()
    loaded = chat.percentile(1)
    paused, = difference(server.counters(), before, "congestions")
    figure("never reads: bytes taken before we were not read any more", sent)
    figure("never reads: memory grew by", "%.2f MiB" % ((highest - resident) / MIB))
    check(paused >= 1, "never reads: no congestion was counted")
    check(highest - resident <= 2 * MIB, "never reads: memory grew too much")
    compare(check, figure, "never reads", baseline, loaded)
    return client, before


def byte_a_second(server):
    """200 of them, before login. The limit is login.seconds, whatever they send meanwhile."""
    before = server.counters()
    crowd = [connect(server.plain) for _ in range(200)]
    text = header().encode()
    begin = time.monotonic()
    for second in range(9):
        for raw in crowd:
            raw.send(text[second:second + 1])
        time.sleep(1)
    gone = ended(crowd, 10)
    timeouts, = difference(server.counters(), before, "xmpp_login_timeouts")
    figure("a byte a second: 200 closed after", "%.1f s" % (time.monotonic() - begin))
    check(gone == 200 and timeouts == 200,
          "a byte a second: %d closed, %d counted" % (gone, timeouts))


def hello():
    """A ClientHello, as OpenSSL sends it."""
    import ssl
    from client import tls_context
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = tls_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def half_open(server, chat, baseline):
    """1,000: a third silent, a third with half a ClientHello, a third with a whole one."""
    first = hello()
    before = server.counters()
    resident = server.resident()
    chat.percentile()
    crowd = []
    for number in range(1000):
        raw = connect(server.direct)
        if number % 3:
            raw.send(first[:len(first) // 2] if number % 3 == 1 else first)
        crowd.append(raw)
    highest = server.resident()
    time.sleep(3)
    loaded = chat.percentile()
    newcomer = time.monotonic()
    client = Client(server.direct)
    client.secure()
    client.open()
    newcomer = time.monotonic() - newcomer
    gone = ended(crowd, 15)
    evicted, timeouts = difference(server.counters(), before, "handshakes_evicted",
                                   "handshake_timeouts")
    figure("half-open handshakes: evicted, timed out", "%d, %d" % (evicted, timeouts))
    figure("half-open handshakes: memory of each", "%.1f KiB" % ((highest - resident) / 800 / 1024))
    figure("half-open handshakes: meanwhile a newcomer took", "%.0f ms" % (newcomer * 1e3))
    check(gone == 1000 and evicted + timeouts == 1000,
          "half-open: %d closed, %d counted" % (gone, evicted + timeouts))
    check(newcomer < 1, "half-open: a newcomer waited %.1f s" % newcomer)
    check((highest - resident) / 800 <= 96 * 1024, "half-open: too much memory")
    compare(check, figure, "half-open handshakes", baseline, loaded)
    for raw in crowd:
        raw.close()
    client.close()


def main():
    server = Server(SETTINGS)
    chat = Chat(server)
    half_open(server, chat, chat.percentile(2))  # warm
    resident = server.resident()
    half_open(server, chat, chat.percentile(3))
    deaf, before = never_reads(server, chat, chat.percentile(2))
    paused = time.monotonic()
    crowd = threading.Thread(target=byte_a_second, args=(server,))
    crowd.start()
    stalled = server.wait_for(lambda now: now["send_stall_closes"] > before["send_stall_closes"] or
                              now["send_limit_closes"] > before["send_limit_closes"], 34)
    figure("never reads: closed after", "%.1f s" % (time.monotonic() - paused))
    check(stalled, "never reads: was not closed")
    crowd.join()
    deaf.close()
    time.sleep(1)
    grown = server.resident() - resident
    figure("afterwards memory is up by", "%.2f MiB" % (grown / MIB))
    check(grown <= 2 * MIB, "memory is up by %.2f MiB afterwards" % (grown / MIB))
    check(chat.stop(), "the pair was thrown out")
    server.stop()
    finish()


if __name__ == "__main__":
    os.nice(5)  # we are the attacker; the machine has other things to do
    main()
