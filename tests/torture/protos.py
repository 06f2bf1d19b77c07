#!/usr/bin/env python3
"""The PROTOS c07-sip cases against a real node: each by datagrams, then each on a connection of its
own. After every case an OPTIONS must be answered in time; memory must not grow. The cases are not
ours and not here: a folder with protos/c07-sip.pack, or the same with .gz, is named by the argument
or by ROLLCALL_TORTURE; without one the program is skipped (exit status 77).

They are INVITEs and CANCELs. With --method MESSAGE or PUBLISH they become requests that a handler
reads; with --digest a user of the node sends them from nowhere known, and proves that she does."""
import argparse
import gzip
import os
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "trust"))
from server import check, difference, figure, finish  # noqa: E402
from sip import (  # noqa: E402
    DATAGRAM_MAX, STRANGER, TRUNK, SipServer, Stream, request, touch_buffers)

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
from sip_client import Client  # noqa: E402

SKIPPED = 77
USER, PASSWORD = "user", "secret"  # whom the cases' From names, at this address
DIGEST = 'digest = true\nhosts = ["127.0.0.1"]\n'
PIDF = (b"Event: presence\r\nContent-Type: application/pidf+xml\r\nContent-Length: %d\r\n\r\n%s")
DOCUMENT = (b"<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:user@localhost'>"
            b"<tuple id='t'><status><basic>open</basic></status></tuple></presence>")
GROWTH_MAX = 1 << 20
WARM = 3  # times all cases before memory is compared: queues and heaps have seen the largest


def read_pack(folder):
    """Cases as lists of messages: an INVITE and what takes it down."""
    pack = folder / "protos" / "c07-sip.pack"
    data = pack.read_bytes() if pack.exists() else gzip.open(f"{pack}.gz").read()
    cases = {}
    at = 0
    while at < len(data):
        case, _, length = struct.unpack_from(">IHI", data, at)
        at += 10
        cases.setdefault(case, []).append(data[at:at + length])
        at += length
    return [cases[number] for number in sorted(cases)]


def as_method(message, method):
    """The name in request line and CSeq, where the case has left it as it was."""
    message = message.replace(b"INVITE sip:", method + b" sip:").replace(b" INVITE\r\n",
                                                                         b" " + method + b"\r\n")
    if method == b"PUBLISH":
        message = message.replace(b"victim@example.com", b"user@localhost")
        described = b"Content-Type: application/sdp\r\nContent-Length: "
        head, found, _ = message.partition(described)
        if found:
            message = head + PIDF % (len(DOCUMENT), DOCUMENT)
    return message


class Prover:
    """Writes her credentials into what a user sends."""

    def __init__(self, server, method):
        self.client = Client(USER, PASSWORD, server.udp, address=STRANGER)
        self.method = method
        self.left = 0  # requests that the nonce is good for

    def __call__(self, message):
        if self.left == 0:
            self.client.take_challenge(self.client.ask(self.method, "sip:user@localhost"))
            self.left = 500
        self.left -= 1
        method = message.partition(b" ")[0].decode("latin-1")
        proof = self.client.credentials(method, "sip:user@localhost").encode("latin-1")
        return message.replace(b"Max-Forwards:", proof + b"Max-Forwards:", 1)


def by_datagrams(server, case):
    with server.datagrams(server.attacker) as source:
        for message in case:
            if len(message) <= DATAGRAM_MAX:
                try:
                    source.send(message)
                except ConnectionRefusedError:
                    pass  # an answer to a port of the case's that is nobody's


def by_connection(server, case):
    """The node reads all of it, or ends the connection before."""
    with Stream(server, server.attacker) as stream:
        for message in case:
            stream.send(message)
        stream.socket.shutdown(1)
        return stream.wait_for_end()


def settled(server):
    """Memory, once no transaction of UDP waits for what might come again (RFC 3261, timer J)."""
    check(server.wait_for(lambda now: now["sip_server_transactions"] == 0, 45),
          "transactions are left")
    return server.resident()


def run(server, name, cases, attack, options):
    unanswered = []

    def once():
        for number, case in enumerate(cases):
            attack(server, [server.prove(case[0]), *case[1:]] if server.prove else case)
            if not server.alive(options.within):
                unanswered.append(number)

    for _ in range(0 if options.sanitized else WARM):
        once()
    resident = settled(server)
    before = server.counters()
    once()
    after = server.counters()
    malformed, lost, taken, proved = difference(
        after, before, "sip_messages_malformed", "sip_connections_malformed", "sip_requests",
        "sip_authentications")
    grown = settled(server) - resident
    figure(name + ": cases", "%d" % len(cases))
    figure(name + ": messages malformed, framing lost", "%d, %d" % (malformed, lost))
    figure(name + ": requests well-formed", "%d" % (taken - len(cases)))
    if options.digest:
        figure(name + ": proved by digest", "%d" % proved)
        # Datagrams overtake each other between shards, and with them their credentials' counts.
        check(proved > len(cases) / 10, name + ": few were let in")
    figure(name + ": memory, difference", "%+.0f KiB" % (grown / 1024))
    check(not unanswered, "%s: OPTIONS late or never after %s" % (name, unanswered[:20]))
    check(grown < GROWTH_MAX or options.sanitized, "%s: memory grew by %d bytes" % (name, grown))
    check(malformed > 0, name + ": nothing was malformed")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default=os.environ.get("ROLLCALL_TORTURE"),
                        type=pathlib.Path)
    parser.add_argument("--within", type=float, default=0.1,
                        help="seconds that an OPTIONS may take (default: %(default)s)")
    parser.add_argument("--method", default="INVITE", help="(default: %(default)s)")
    parser.add_argument("--digest", action="store_true", help="with MESSAGE or PUBLISH only")
    parser.add_argument("--cases", type=int, help="only so many, evenly spread")
    parser.add_argument("--sanitized", action="store_true",
                        help="the node keeps what it has freed: memory is not judged")
    options = parser.parse_args()
    if options.folder is None:
        print("skipped: no folder, and no ROLLCALL_TORTURE", file=sys.stderr)
        return SKIPPED
    cases = read_pack(options.folder)
    if options.cases:
        cases = cases[::max(1, len(cases) // options.cases)]
    if options.method != "INVITE":
        cases = [[as_method(message, options.method.encode()) for message in case]
                 for case in cases]
    server = SipServer(users=[USER], sip_settings=DIGEST if options.digest else "")
    server.attacker = STRANGER if options.digest else TRUNK
    server.prove = Prover(server, options.method) if options.digest else None
    idle = server.resident()
    touch_buffers(server)
    figure("receive buffers, when all of them have been used",
           "%+.1f MiB" % ((server.resident() - idle) / (1 << 20)))
    server.slowest = 0.0
    run(server, "UDP", cases, by_datagrams, options)
    run(server, "TCP", cases, by_connection, options)
    figure("OPTIONS after a case, the slowest", "%.1f ms" % (server.slowest * 1e3))
    check(server.ask(server.datagrams(), request()).status == 200, "it is gone")
    server.stop()
    finish()


if __name__ == "__main__":
    sys.exit(main())
