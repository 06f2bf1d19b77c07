#!/usr/bin/env python3
"""All messages of RFC 4475 and RFC 5118 against a real node, by datagram and by connection, each
held against what a manifest says of it. The messages and their manifest are not ours and not here:
a folder with MANIFEST.tsv, rfc4475/, rfc5118/ and rfc5118-fixed/ is named by the argument or by
ROLLCALL_TORTURE. Without one the program is skipped (exit status 77)."""
import argparse
import csv
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "trust"))
from sip import SipServer, Stream, request  # noqa: E402

SKIPPED = 77
# Refused by whoever handles the method; where nobody does, 405 comes first (RFC 3261 §8.2.1), even
# to somebody whose message is wrong in a field that is the method's own business.
OF_THE_METHOD = {"regbadct", "invut", "regaut01", "unksm2", "sdp01"}
# 4xx and 5xx that say the message was understood: no such method, user or right, not this content.
UNDERSTOOD = {401, 403, 404, 405, 407, 415, 416, 480, 481, 483, 488, 489, 501}


class Case:
    def __init__(self, row, folder):
        self.name = row["name"]
        self.path = row["file"]
        self.expect = row["expect"]
        self.why = row["why"]
        self.data = (folder / self.path).read_bytes()
        self.is_request = row["kind"] == "request"
        head, _, body = self.data.partition(b"\r\n\r\n")
        length = re.search(rb"^(?:content-length|l)[ \t]*:[ \t]*([-\d]+)[ \t]*\r?$", head,
                           re.M | re.I)
        self.length = int(length.group(1)) if length else None
        self.body_bytes = len(body)
        self.method = head.split(b" ", 1)[0].decode("latin-1")
        port = re.search(rb"^(?:via|v)\s*:[^\r;]*:(\d+)\s*[;\r]", head, re.M | re.I)
        self.port = int(port.group(1)) if port else 5060

    def too_long(self):
        """It promises more than there is."""
        return self.length is not None and self.length > self.body_bytes


def cases(folder):
    """What the manifest lists; RFC 5118's once more as corrected. Where that RFC's own lengths are
    wrong, the original is for the length check."""
    with open(folder / "MANIFEST.tsv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for row in rows:
        case = Case(row, folder)
        if row["section"] == "5118":
            if case.too_long():
                case.expect = "400"
            yield case
            yield Case(row | {"file": row["file"].replace("rfc5118/", "rfc5118-fixed/")}, folder)
        else:
            yield case


def codes_of(expect):
    return {int(code) for code in re.findall(r"\d{3}(?!\d)", expect)}


def verdict(case, answers, offered):
    """None if these answers are what the manifest asks for; else what is wrong."""
    statuses = [answer.status for answer in answers if answer.status >= 200]
    if not case.is_request or case.expect == "drop":
        return f"answered {statuses}" if statuses else None
    if len(statuses) != 1:
        return f"{len(statuses)} answers: {statuses}"
    status = statuses[0]
    served = 200 <= status < 300 or status in UNDERSTOOD
    if case.name in OF_THE_METHOD and status == 405 and case.method not in offered:
        return None
    if case.name in OF_THE_METHOD and status == 404:
        return None  # nobody there: RFC 3261 §8.2.2, before anybody looks at what it holds
    if case.name == "bext01" and not (answers[0].field("Unsupported") or ""):
        return "no Unsupported"
    if status in codes_of(case.expect):
        return None
    if case.expect.startswith("accept") or case.expect.endswith(("accept", "answer", "2543")):
        return None if served else f"answered {status}"
    return f"answered {status}, not {case.expect}"


def acknowledge(source, answer):
    """Else a refusal of INVITE comes again and again, also to the next case."""
    if answer.status >= 300 and (answer.field("CSeq") or "").endswith("INVITE"):
        lines = [f"{name}: {answer.field(name)}" for name in ("Via", "From", "To", "Call-ID")]
        number = answer.field("CSeq").split()[0]
        source.send("\r\n".join(["ACK sip:localhost SIP/2.0", *lines, f"CSeq: {number} ACK",
                                 "Max-Forwards: 70", "Content-Length: 0", "", ""]).encode())


def by_datagram(server, case):
    """Answers to it, until the node has answered something that was sent afterwards."""
    answers = []
    named = re.search(rb"(?im)^(?:Call-ID|i)[ \t]*:[ \t]*([^\s]+)\r$", case.data)

    def wanted(answer):
        """Final, and none that was late for the case before."""
        return answer.status >= 200 and (
            named is None or answer.field("Call-ID") in (named[1].decode("latin-1"), None))

    with server.datagrams(port=case.port) as source:
        # What is corrected is no repetition of what was not.
        fixed = "fixed" in str(case.path)
        source.send(case.data.replace(b"z9hG4bK", b"z9hG4bKfixed") if fixed else case.data)
        if case.is_request and case.expect != "drop":
            answers.append(server.receive(source, wanted))
            if answers[0] is not None:
                acknowledge(source, answers[0])
        later = request()
        call = re.search(rb"Call-ID: (\S+)", later).group(1).decode()
        source.send(later.replace(b"192.0.2.7", b"192.0.2.7:%d" % case.port))
        while (answer := server.receive(source)) and answer.field("Call-ID") != call:
            if wanted(answer):
                answers.append(answer)
        if answer is None:
            raise AssertionError(f"{case.path}: what is sent after it is not answered")
    return [answer for answer in answers if answer is not None]


def by_connection(server, case, offered):
    """What is wrong with how a stream takes it, or None. A stream knows where messages end by
    Content-Length alone: what gives none, or none that can be read, ends it; what gives too much
    is waited for; what gives too little is followed by something."""
    with Stream(server) as stream:
        stream.send(case.data)
        if case.too_long():
            stream.socket.shutdown(1)
            ended = stream.wait_for_end()
            return None if ended and not stream.answers else "answered before its end"
        if case.length is None or case.length < 0 or case.name == "mcl01":
            ended = stream.wait_for_end()
            statuses = [answer.status for answer in stream.answers]
            return None if ended and statuses == [400] else f"{statuses}, closed: {ended}"
        wanted = 1 if case.is_request and case.expect != "drop" else 0
        extra = case.body_bytes > case.length
        stream.read_finals(wanted + extra, 5)
        if not extra and not stream.closed and stream.ask(request(transport="TCP")) is None:
            # What is behind a start line that cannot be read, nobody knows.
            return "nothing after it is answered" if not stream.closed else closing(case, stream)
        return verdict(case, stream.finals()[:wanted], offered)


def closing(case, stream):
    """The node ended the connection: right where the head made no sense, and it was said before."""
    if not case.is_request:
        return None if case.expect == "drop" else "closed"
    return verdict(case, stream.finals()[:1], {case.method})


def run(server, every, within, verbose):
    offered = server.offered()
    missed = 0
    for transport in ("UDP", "TCP"):
        good = 0
        for case in every:
            if transport == "UDP":
                answers = by_datagram(server, case)
                wrong = verdict(case, answers, offered)
            else:
                answers = ()
                wrong = by_connection(server, case, offered)
            if wrong is None and not server.alive(within):
                wrong = f"no OPTIONS answered within {within} s afterwards"
            if wrong is None:
                good += 1
            else:
                print(f"MISSED {transport} {case.path}: {wrong} ({case.expect}: {case.why})")
            if verbose and transport == "UDP":
                print(f"  {case.path}: {case.expect}: {answers}")
        print(f"{transport}: {good} of {len(every)} as the manifest says", flush=True)
        missed += len(every) - good
    print(f"OPTIONS after each of them: {server.slowest * 1e3:.1f} ms at most")
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", default=os.environ.get("ROLLCALL_TORTURE"),
                        type=pathlib.Path)
    parser.add_argument("--within", type=float, default=0.1,
                        help="seconds that an OPTIONS may take (default: %(default)s)")
    parser.add_argument("--verbose", action="store_true", help="every answer")
    options = parser.parse_args()
    if options.folder is None:
        print("skipped: no folder, and no ROLLCALL_TORTURE", file=sys.stderr)
        return SKIPPED
    server = SipServer()
    missed = run(server, list(cases(options.folder)), options.within, options.verbose)
    return 0 if server.stop() and missed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
