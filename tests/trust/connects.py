"""20,000 connections that end before a login, at every stage (X3): memory stays flat, +-1 % or
1 MiB after a warm-up. Idle connections before login: 32 KiB each at most."""
import os
import socket
import struct
import time

from client import Client, header, plain_token, SASL
from server import Server, check, difference, figure, finish

CONNECTS = 20_000
PLAIN_STAGES = 6
# Where a reset overtakes data that has not been read yet, the kernel's multishot receive hands over
# the data and says nothing of the reset; then login.seconds ends the connection.
SETTINGS = """
[login]
seconds = 3
"""
MIB = 1 << 20


def reset(raw):
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def one(server, number):
    """Connects, gets to a stage, and goes: with FIN or with a reset."""
    stage = number % PLAIN_STAGES
    if number % 200 == 199:  # dear in Python
        client = Client(server.direct if number % 400 == 199 else server.starttls)
        if number % 400 == 199:
            client.secure()
        client.open()
        if number % 400 == 399:
            client.start_tls()
            client.send(header())
        client.close()
        return
    client = Client(server.plain)
    if stage == 1:
        client.send(header()[:30])
    elif stage >= 2:
        client.send(header())
    if stage >= 3:
        client.expect("</stream:features>")
    if stage == 3:
        client.send("<auth xmlns='%s' mechanism='SCRAM-SHA-1'>biwsbj1hbGljZSxyPXg=</auth>" % SASL)
        client.expect("</challenge>")
    elif stage == 4:  # gone before the store answers
        client.auth("SCRAM-SHA-256", "biwsbj1hbGljZSxyPXg=")
    elif stage == 5 and number % 120 == 5:  # PLAIN costs the server 2 ms; gone meanwhile
        client.auth("PLAIN", plain_token("alice", "wrong"))
    elif stage == 5:
        client.send("<starttls")
    if number % 2:
        reset(client.socket)
    client.close()


def gone(server):
    check(server.wait_for(lambda now: now["connections"] == 0, 20), "connections are left")


def churn(server):
    # Warm: as many, or a fast machine has more of them waiting for login.seconds than ever before.
    for number in range(CONNECTS):
        one(server, number)
    gone(server)
    before = server.counters()
    resident = server.resident()
    busy = server.processor_seconds()
    begin = time.monotonic()
    for number in range(CONNECTS):
        one(server, number)
    seconds = time.monotonic() - begin
    gone(server)
    unseen, = difference(server.counters(), before, "xmpp_login_timeouts")
    figure("of these, resets only login.seconds showed", "%d" % unseen)
    accepted, = difference(server.counters(), before, "connections_accepted")
    grown = server.resident() - resident
    figure("connects that end before login", "%d in %.1f s" % (accepted, seconds))
    figure("memory before, difference", "%.2f MiB, %+.2f MiB" % (resident / MIB, grown / MIB))
    figure("processor time a connect",
           "%.3f ms" % ((server.processor_seconds() - busy) * 1e3 / CONNECTS))
    check(accepted == CONNECTS, "only %d were accepted" % accepted)
    check(grown <= max(resident / 100, MIB), "memory grew by %d bytes" % grown)
    left = server.counters()
    check(left["xmpp_streams"] == 0 and left["handshakes"] == 0, "streams or handshakes are left")


def idle(server, name, prepare, count=500):
    resident = server.resident()
    crowd = [prepare() for _ in range(count)]
    each = (server.resident() - resident) / count
    figure(name + ": memory of an idle connection", "%.1f KiB" % (each / 1024))
    check(each <= 32 * 1024, "%s: %.0f bytes each" % (name, each))
    for client in crowd:
        client.close()
    gone(server)


def opened(port, secure=False):
    client = Client(port)
    if secure:
        client.secure()
    client.open()
    return client


def main():
    server = Server(SETTINGS)
    churn(server)
    server.stop()
    server = Server()  # a fresh one: nothing is left from before to be used again
    idle(server, "connected", lambda: Client(server.plain))
    idle(server, "stream open", lambda: opened(server.plain))
    idle(server, "stream open under TLS", lambda: opened(server.direct, True), 200)
    server.stop()
    finish()


if __name__ == "__main__":
    os.nice(5)
    main()
