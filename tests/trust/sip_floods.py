"""Floods of SIP requests (S16, S17): from strangers, each method a node handles, by datagram and by
connection; from a peer, more than there are places for transactions; one request over and over."""
import os
import socket
import threading
import time

from latency import Chat, compare
from server import check, difference, figure, finish
from sip import STRANGER, SipServer, Stream, request, touch_buffers

MIB = 1 << 20
METHODS = ("REGISTER", "SUBSCRIBE", "PUBLISH", "MESSAGE")
ROUNDS = 4
DATAGRAMS = 20_000  # of each method in a round
STREAMS = 50        # connections at once, of each method
PIPELINED = 200     # requests on each
REFUSED = {401, 403, 405}
REPEATS = 20_000
FILL_MAX = 600_000  # requests of a peer until the table must be full
FIELDS = {"REGISTER": "Contact: <sip:x@192.0.2.7>\r\n", "SUBSCRIBE": "Event: presence\r\n"
          "Contact: <sip:x@192.0.2.7>\r\n", "PUBLISH": "Event: presence\r\n"
          "Content-Type: application/pidf+xml\r\n", "MESSAGE": "Content-Type: text/plain\r\n"}


class Counting(threading.Thread):
    """Reads what comes back by datagram, by status."""

    def __init__(self, source):
        super().__init__(daemon=True)
        self.source = source
        self.seen = {}
        self.retry_after = 0
        self.start()

    def run(self):
        self.source.settimeout(0.5)
        try:
            while True:
                try:
                    text = self.source.recv(65536)
                except socket.timeout:
                    continue
                status = int(text[8:11])
                self.seen[status] = self.seen.get(status, 0) + 1
                self.retry_after += b"\r\nRetry-After:" in text
        except (OSError, ValueError):
            pass


def numbered(method, more, body=b"x"):
    """Template of requests that differ in number."""
    text = request(method, "sip:alice@localhost", number="%d", more=more, body=body,
                   sender="mallory@elsewhere.example")
    return text.replace(b"%d", b"%(n)d")


def datagrams(server, template, count, source, first=0):
    for n in range(first, first + count):
        source.send(template % {b"n": n})


def pipelined(server, template, address):
    """Statuses of many requests on each of some connections."""
    seen = {}
    for _ in range(STREAMS):
        with Stream(server, address) as stream:
            stream.send(b"".join(template % {b"n": n} for n in range(PIPELINED)))
            for answer in stream.read(PIPELINED):
                seen[answer.status] = seen.get(answer.status, 0) + 1
    return seen


def strangers(server):
    seen = {}
    for method in METHODS:
        template = numbered(method, FIELDS[method])
        with server.datagrams(STRANGER) as source:
            counting = Counting(source)
            datagrams(server, template, DATAGRAMS, source)
            check(server.alive(), "no OPTIONS answered after a flood of %s" % method)
        streamed = pipelined(server, template, STRANGER)
        check(sum(streamed.values()) == STREAMS * PIPELINED,
              "%s: only %s answered" % (method, streamed))
        for answers in (counting.seen, streamed):
            for status, count in answers.items():
                seen[status] = seen.get(status, 0) + count
    return seen


def from_strangers(server, chat):
    touch_buffers(server)
    for _ in range(ROUNDS):  # warm
        strangers(server)
    baseline = chat.percentile(2)
    before = server.counters()
    resident = server.resident()
    begin = time.monotonic()
    seen = {}
    for _ in range(ROUNDS):
        for status, count in strangers(server).items():
            seen[status] = seen.get(status, 0) + count
    seconds = time.monotonic() - begin
    loaded = chat.percentile()
    grown = server.resident() - resident
    after = server.counters()
    requests, turned_away, taken = difference(after, before, "sip_requests",
                                              "sip_strangers_refused", "gateway_messages_in")
    figure("strangers: requests, answers", "%d in %.1f s, %s" % (requests, seconds, seen))
    figure("strangers: refused for who they are", "%d" % turned_away)
    figure("strangers: memory", "%+.2f MiB" % (grown / MIB))
    check(set(seen) <= REFUSED, "strangers were answered %s" % seen)
    check(taken == 0, "%d messages of strangers were taken" % taken)
    check(turned_away >= STREAMS * PIPELINED, "few were refused")
    check(after["sip_server_transactions"] == 0, "strangers have transactions")
    check(grown <= 2 * MIB, "strangers: memory grew by %d bytes" % grown)
    compare(check, figure, "strangers", baseline, loaded)


def over_and_over(server):
    """One request, by datagram: the same answer, and handled once."""
    data = request("MESSAGE", "sip:alice@localhost", more=FIELDS["MESSAGE"], body=b"again")
    before = server.counters()
    with server.datagrams() as source:
        first = server.ask(source, data)
        resident = server.resident()
        counting = Counting(source)
        for _ in range(REPEATS):
            source.send(data)
        check(server.alive(), "no OPTIONS answered")
        server.quiet()
    grown = server.resident() - resident
    absorbed, taken = difference(server.counters(), before, "sip_retransmissions_absorbed",
                                 "gateway_messages_in")
    figure("one request %d times: absorbed, handled" % (REPEATS + 1), "%d, %d" % (absorbed, taken))
    check(first.status == 202 and set(counting.seen) <= {202}, "answered %s" % counting.seen)
    check(taken == 1, "handled %d times" % taken)
    check(absorbed >= 1000, "%d absorbed" % absorbed)  # the kernel drops what finds no room
    check(grown <= MIB, "memory grew by %d bytes" % grown)


def full_table(server):
    """A peer's requests, each a transaction for 32 s, until there is no place left: answers older
    than 4 s are forgotten, or else it is 503 with Retry-After. Then it is as before. Content nobody
    takes: no user has anything to do with it."""
    template = numbered("MESSAGE", "Content-Type: text/unheard-of\r\n")
    resident = server.resident()
    before = server.counters()

    def beyond(now):
        return difference(now, before, "sip_server_transaction_limit_hit", "sip_answers_forgotten")

    with server.datagrams() as source:
        counting = Counting(source)
        sent = 0
        full = before
        while not any(beyond(full)) and sent < FILL_MAX:
            for _ in range(10):
                datagrams(server, template, 500, source, sent)
                sent += 500
                time.sleep(0.005)  # or the socket's buffer drops what it cannot hold
            full = server.counters()
        highest = server.resident()
        check(server.alive(), "no OPTIONS answered while the table is full")
        limited, forgotten = beyond(full)
        figure("a peer's transactions until the table was full, requests", "%d, %d"
               % (full["sip_server_transactions"], sent))
        figure("… memory of each", "%d B" % ((highest - resident) / full["sip_server_transactions"]))
        figure("… then refused, forgotten early", "%d, %d" % (limited, forgotten))
        check(limited + forgotten > 0, "never full: %s" % counting.seen)
        check(counting.retry_after == counting.seen.get(503, 0), "503 without Retry-After")
        check(server.wait_for(lambda now: now["sip_server_transactions"] == 0, 45),
              "transactions are left")
    with server.datagrams() as source:
        answer = server.ask(source, template % {b"n": sent})
        check(answer is not None and answer.status == 415, "then answered %s" % answer)


def main():
    server = SipServer()
    chat = Chat(server)
    from_strangers(server, chat)
    over_and_over(server)
    full_table(server)
    check(chat.stop(), "the pair was thrown out")
    server.stop()
    finish()


if __name__ == "__main__":
    os.nice(5)
    main()
