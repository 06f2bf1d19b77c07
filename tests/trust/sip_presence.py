"""Publications and subscriptions that come and go all day (S21): thousands of lives, a peer that
answers NOTIFYs and then does not any more, more watchers of one user than there may be. Memory
stands still, nothing is left behind."""
import os
import re
import socket
import threading
import time

from server import check, difference, figure, finish
from sip import TRUNK, SipServer, Stream, request

MIB = 1 << 20
USERS = 20
ROUNDS = 150     # of a publication and a subscription of every user
WARM = 600       # … before memory is compared
SILENT = 100     # subscriptions whose NOTIFYs nobody answers
WATCHERS = 3000  # of one user
EVENT = "Event: presence\r\n"
CONTACT = "Contact: <sip:dave@192.0.2.7>\r\n"
PIDF = "Content-Type: application/pidf+xml\r\n"
DOCUMENT = (b"<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:x@localhost'>"
            b"<tuple id='t1'><status><basic>%s</basic></status></tuple></presence>")


class Watching(threading.Thread):
    """The peer's other side: answers NOTIFYs, unless told to be silent."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((TRUNK, 5060))
        self.heard = 0
        self.silent = False
        self.start()

    def run(self):
        while True:
            data, source = self.socket.recvfrom(65536)
            if not data.startswith(b"NOTIFY "):
                continue
            self.heard += 1
            if not self.silent:
                copied = b"".join(re.findall(rb"^(?:Via|From|To|Call-ID|CSeq):.*\r\n", data, re.M))
                self.socket.sendto(b"SIP/2.0 200 OK\r\n" + copied + b"Content-Length: 0\r\n\r\n",
                                   source)


class Peer:
    """One TCP connection; what is asked together is answered together."""

    def __init__(self, server):
        self.stream = Stream(server)
        self.refused = {}

    def ask(self, requests):
        """Answers in the order of the requests."""
        self.stream.send(b"".join(requests))
        self.stream.answers = []
        answers = {answer.field("Call-ID") + answer.field("CSeq"): answer
                   for answer in self.stream.read(len(requests))}
        out = []
        for data in requests:
            call, cseq = (re.search(rb"^%s: (.*?)\r" % name, data, re.M).group(1).decode()
                          for name in (b"Call-ID", b"CSeq"))
            answer = answers.get(call + cseq)
            check(answer is not None, "no answer to " + data[:60].decode())
            if answer.status >= 300:
                self.refused[answer.status] = self.refused.get(answer.status, 0) + 1
            out.append(answer)
        return out

    def publish(self, uris, tags=None, basic=b"open", expires=600):
        body = DOCUMENT % basic if expires else b""
        return [answer.field("SIP-ETag") for answer in self.ask([
            request("PUBLISH", uri, transport="TCP", body=body,
                    more=EVENT + (PIDF if body else "") + f"Expires: {expires}\r\n"
                    + (f"SIP-If-Match: {tags[i]}\r\n" if tags else ""))
            for i, uri in enumerate(uris)])]

    def subscribe(self, uris, expires=600):
        """Pairs of what has been asked and its answer."""
        requests = [request("SUBSCRIBE", uri, transport="TCP", sender="dave@example.com",
                            more=EVENT + CONTACT + f"Expires: {expires}\r\n") for uri in uris]
        return list(zip(requests, self.ask(requests)))

    def unsubscribe(self, pairs):
        requests = []
        for data, answer in pairs:
            text = data.decode().replace("CSeq: 1 ", "CSeq: 2 ").replace("Expires: 600",
                                                                         "Expires: 0")
            text = re.sub(r"branch=\w+", lambda found: found.group() + "end", text)
            requests.append(re.sub(r"^To: .*?\r", lambda _: "To: " + answer.field("To") + "\r", text,
                                   flags=re.M).encode())
        self.ask(requests)


def round_of(peer, uris):
    tags = peer.publish(uris)
    pairs = peer.subscribe(uris)
    for basic in (b"closed", b"open"):
        tags = peer.publish(uris, tags, basic)
    peer.unsubscribe(pairs)
    peer.publish(uris, tags, expires=0)


def nothing_left(server, what):
    check(server.wait_for(lambda now: now["sip_subscriptions"] == 0, 45), what + " are left")


def soak(server, peer, uris, watching):
    for _ in range(WARM):
        round_of(peer, uris)
    nothing_left(server, "subscriptions")
    resident = server.resident()
    before = server.counters()
    notified = watching.heard
    begin = time.monotonic()
    for _ in range(ROUNDS):
        round_of(peer, uris)
    nothing_left(server, "subscriptions")
    seconds = time.monotonic() - begin
    grown = server.resident() - resident
    published, subscribed = difference(server.counters(), before, "sip_publications",
                                       "sip_subscribes")
    figure("publications, subscriptions, NOTIFYs", "%d, %d, %d in %.1f s"
           % (published, subscribed, watching.heard - notified, seconds))
    figure("… memory", "%+.2f MiB" % (grown / MIB))
    check(published == 4 * ROUNDS * USERS and subscribed == 2 * ROUNDS * USERS,
          "%d publications, %d subscriptions" % (published, subscribed))
    check(not peer.refused, "refused: %s" % peer.refused)
    check(grown <= MIB, "memory grew by %d bytes" % grown)


def silence(server, peer, uris, watching):
    """Nobody answers NOTIFYs: the subscriptions end with their transactions (RFC 6665 §4.2.2)."""
    watching.silent = True
    begin = time.monotonic()
    for _ in range(SILENT // USERS):
        peer.subscribe(uris)
    nothing_left(server, "subscriptions nobody listens to")
    figure("%d subscriptions nobody listens to: gone after" % SILENT,
           "%.0f s" % (time.monotonic() - begin))
    watching.silent = False


def crowd(server, peer, uri):
    """More watchers than one user may have: 503, and room again when they have gone."""
    kept = []
    for _ in range(WATCHERS // 100):
        kept += [pair for pair in peer.subscribe([uri] * 100) if pair[1].status == 200]
    figure("%d watchers of one user: kept, refused" % WATCHERS,
           "%d, %s" % (len(kept), peer.refused))
    check(set(peer.refused) <= {503}, "refused: %s" % peer.refused)
    for at in range(0, len(kept), 100):
        peer.unsubscribe(kept[at:at + 100])
    nothing_left(server, "watchers")


def main():
    users = ["phone%d" % number for number in range(USERS)]
    server = SipServer(users=users)
    uris = ["sip:%s@localhost" % user for user in users]
    watching = Watching()
    peer = Peer(server)
    soak(server, peer, uris, watching)
    silence(server, peer, uris, watching)
    crowd(server, peer, uris[0])
    check(server.alive(), "no OPTIONS answered")
    server.stop()
    finish()


if __name__ == "__main__":
    os.nice(5)
    main()
