#!/usr/bin/env python3
"""No acknowledgement leaves before the fdatasync that covers it, as strace sees it on the epoll
backend (io_uring's operations are invisible to strace). For every <a h/> and <resumed h/>, each
message it covers must be in a write to a file below the data directory, followed by an fdatasync
or fsync of that file that had come back before it was sent."""
import argparse
import bisect
import collections
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import servers
from session import Session, message

SYSCALLS = "pwrite64,pwritev,pwritev2,write,writev,fdatasync,fsync,sendmsg,sendto,sendmmsg"
WRITES = ("pwrite64", "pwritev", "pwritev2", "write", "writev")
SYNCS = ("fdatasync", "fsync")
LINE = re.compile(r"^(\d+) +(.*)$")
CALL = re.compile(r"^(\w+)\((\d+)<([^>]*)>(.*)$", re.S)
BODY = re.compile(r"order-\d+-\d+\.")
ACKNOWLEDGEMENT = re.compile(r"<(?:a|resumed) xmlns='urn:xmpp:sm:3'[^>]*? h='(\d+)'")
STATES = ("offline", "silent", "acknowledging")  # of the recipient
UNASKED = 5
SKIPPED = 77


class Call:
    """One system call: numbers of the trace's lines where it began and came back."""

    def __init__(self, name, path, text, begin):
        self.name, self.path, self.text, self.begin = name, path, text, begin
        self.end = begin
        self.result = ""


def read_trace(lines):
    """Calls in the order they began. A call that another thread's line interrupts is in two lines:
    '... <unfinished ...>' and '<... NAME resumed>...'."""
    calls, open_calls = [], {}
    for number, line in enumerate(lines):
        found = LINE.match(line.rstrip("\n"))
        if not found:
            continue
        thread, rest = found.groups()
        if rest.startswith("<... "):
            call = open_calls.pop(thread, None)
            if call is None:
                continue
            call.text += rest.split("resumed>", 1)[1]
        else:
            parsed = CALL.match(rest)
            if not parsed:
                continue
            name, _, path, text = parsed.groups()
            call = Call(name, path, text.replace(" <unfinished ...>", ""), number)
            calls.append(call)
            if rest.endswith("<unfinished ...>"):
                open_calls[thread] = call
                call.end = None
                continue
        call.end = number
        call.result = call.text.rsplit(" = ", 1)[-1].split()[0] if " = " in call.text else ""
    return calls


def durable_at(calls, data):
    """body -> (line of the trace at which a sync that covers it had come back, file). Of several
    files the first counts."""
    written = collections.defaultdict(list)  # path -> [(end of the write, body)]
    durable = {}
    events = []
    for call in calls:
        if call.end is None or not call.path.startswith(data):
            continue
        if call.name in WRITES:
            written[call.path] += [(call.end, body) for body in set(BODY.findall(call.text))]
        elif call.name in SYNCS and call.result == "0":
            events.append(call)
    for call in sorted(events, key=lambda one: one.end):
        waiting = written[call.path]
        waiting.sort()
        cut = bisect.bisect_left(waiting, (call.begin, ""))  # written before the sync began
        for _, body in waiting[:cut]:
            durable.setdefault(body, (call.end, call.path))
        del waiting[:cut]
    return durable


def judge(calls, data, bodies_by_h):
    """Problems found, and counts. `bodies_by_h(h)`: what the sender had sent up to h."""
    durable = durable_at(calls, data)
    problems, covered, acknowledgements, files = [], set(), 0, collections.Counter()
    for call in calls:
        if not call.name.startswith("send"):
            continue
        for found in ACKNOWLEDGEMENT.finditer(call.text):
            acknowledgements += 1
            for body in bodies_by_h(int(found.group(1))):
                if body in covered:
                    continue
                covered.add(body)
                when, path = durable.get(body, (None, ""))
                files[os.path.relpath(path, data) if path else "never written and synced"] += 1
                if when is None or when >= call.begin:
                    problems.append("<a h='%s'/> in line %d of the trace left %s %s was on disk%s"
                                    % (found.group(1), call.begin + 1, "before", body,
                                       "" if when is None else " (line %d)" % (when + 1)))
    return problems, acknowledgements, covered, files


def can_trace():
    """Whether strace is here and may trace; says why not."""
    if shutil.which("strace") is None:
        return "strace is not installed: apt-get install strace"
    tried = subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True,
                           text=True)
    return "" if tried.returncode == 0 else "tracing is not permitted here: " + tried.stderr


def bodies_of(state, numbers):
    return ["order-%d-%d." % (STATES.index(state), number) for number in numbers]


def resume_with_unasked(server, state, sender, first):
    """<resumed h/> acknowledges, too: what nobody had asked about when the connection broke."""
    bodies = bodies_of(state, range(first, first + UNASKED))
    sender.say_all([(message(state + "-2@localhost", body), body) for body in bodies])
    time.sleep(0.05)
    sender.socket.close()
    sender.resume(server.port)
    goal = len(sender.sent)
    sender.send("<r xmlns='urn:xmpp:sm:3'/>")
    sender.until(lambda: sender.acknowledged >= goal, "acknowledgement")
    return UNASKED


def talk(server, state, count):
    """`count` messages in bursts of different sizes; returns what was sent, by h."""
    receiver = None
    if state != "offline":
        receiver = Session(server.port, state + "-2", servers.PASSWORD, "desk", timeout=60)
        receiver.answering = state == "acknowledging"
        receiver.login().ping()
    sender = Session(server.port, state + "-1", servers.PASSWORD, "desk", timeout=60).login()
    sender.ping()
    sent = 0
    while sent < count:
        burst = [1, 2, 10, 25][sent % 4]
        bodies = bodies_of(state, range(sent, min(count, sent + burst)))
        sender.say_all([(message(state + "-2@localhost", body), body) for body in bodies], True)
        sent += len(bodies)
        if sent % 3 == 0:
            goal = len(sender.sent)
            sender.until(lambda: sender.acknowledged >= goal, "acknowledgement")
    goal = len(sender.sent)
    sender.until(lambda: sender.acknowledged >= goal, "acknowledgement")
    count += resume_with_unasked(server, state, sender, count)
    if receiver:
        receiver.until(lambda: len(receiver.messages) >= count, "all messages")
        receiver.close()
    order = list(sender.sent)
    sender.close()
    return order


def run(count, keep):
    """One node and one trace for each state. Returns problems."""
    missed = []
    for state in STATES:
        folder = tempfile.mkdtemp(prefix="rollcall-trace-")
        trace = os.path.join(folder, "trace")
        server = servers.Rollcall(io="epoll", prefix=[
            "strace", "-f", "-y", "-s", "4194304", "-e", "trace=" + SYSCALLS, "-e", "signal=none",
            "-o", trace])
        try:
            server.start()
            server.add_users(state + "-1", state + "-2")
            order = talk(server, state, count)
            time.sleep(0.2)
        finally:
            # strace passes the end on to the node, waits for it and closes the trace.
            os.killpg(server.process.pid, signal.SIGTERM)
            try:
                server.process.wait(20)
            finally:
                server.stop()
        with open(trace, encoding="utf-8", errors="replace") as file:
            calls = read_trace(file)
        problems, acknowledgements, covered, files = judge(
            calls, server.data, lambda h: [body for body in order[:h] if body is not None])
        print("%-14s %d system calls, %d acknowledgements of %d messages; on disk by: %s; "
              "acknowledged too early: %d" % (
                  state, len(calls), acknowledgements, len(covered),
                  ", ".join("%s (%d)" % pair for pair in files.items()), len(problems)))
        for problem in problems[:3]:
            print("  " + problem)
        if len(covered) < count + UNASKED:
            missed.append("%s: the trace shows acknowledgements of %d of %d messages only"
                          % (state, len(covered), count + UNASKED))
        if problems:
            missed.append("%s: %d of %d messages were acknowledged before they were on disk"
                          % (state, len(problems), len(covered)))
        if keep:
            print("  trace: " + trace)
        else:
            shutil.rmtree(folder)
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--keep", action="store_true", help="keep the traces, say where")
    parser.add_argument("--smoke", action="store_true", help="30 messages a state")
    arguments = parser.parse_args()
    servers.end_properly()
    why_not = can_trace()
    if why_not:
        print("skipped: " + why_not, file=sys.stderr)
        sys.exit(SKIPPED)
    missed = run(30 if arguments.smoke else arguments.messages, arguments.keep)
    for what in missed:
        print("MISSED: " + what)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
