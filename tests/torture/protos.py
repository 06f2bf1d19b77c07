#!/usr/bin/env python3
"""The PROTOS c07-sip cases against a real node: each by datagrams, then each on a connection of its
own. After every case an OPTIONS must be answered in time; memory must not grow. The cases are not
ours and not here: a folder with protos/c07-sip.pack, or the same with .gz, is named by the argument
or by ROLLCALL_TORTURE; without one the program is skipped (exit status 77).

They are INVITEs and CANCELs. With --method MESSAGE they become requests that a handler reads."""
import argparse
import gzip
import os
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "trust"))
from server import check, difference, figure, finish  # noqa: E402
from sip import DATAGRAM_MAX, SipServer, Stream, request, touch_buffers  # noqa: E402

SKIPPED = 77
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
    return message.replace(b"INVITE sip:", method + b" sip:").replace(b" INVITE\r\n",
                                                                      b" " + method + b"\r\n")


def by_datagrams(server, case):
    with server.datagrams() as source:
        for message in case:
            if len(message) <= DATAGRAM_MAX:
                try:
                    source.send(message)
                except ConnectionRefusedError:
                    pass  # an answer to a port of the case's that is nobody's


def by_connection(server, case):
    """The node reads all of it, or ends the connection before."""
    with Stream(server) as stream:
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
            attack(server, case)
            if not server.alive(options.within):
                unanswered.append(number)

    for _ in range(WARM):
        once()
    resident = settled(server)
    before = server.counters()
    once()
    after = server.counters()
    malformed, lost, taken = difference(after, before, "sip_messages_malformed",
                                        "sip_connections_malformed", "sip_requests")
    grown = settled(server) - resident
    figure(name + ": cases", "%d" % len(cases))
    figure(name + ": messages malformed, framing lost", "%d, %d" % (malformed, lost))
    figure(name + ": requests well-formed", "%d" % (taken - len(cases)))
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
    server = SipServer()
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
