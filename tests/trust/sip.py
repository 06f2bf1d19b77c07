"""A node that speaks SIP (server.py), and what SIP's programs do to it: send bytes by datagram or by
connection, collect what comes back, ask whether it is still alive. tests/torture does so, too."""
import itertools
import re
import socket
import time

from server import Server

TRUNK = "127.0.0.47"     # a peer the node trusts
STRANGER = "127.0.0.48"  # … and somebody else
PATIENCE = 10.0
T1 = 0.5  # RFC 3261 §17.1.2.2
BIND_ADDRESS_NO_PORT = 24  # linux/in.h; Python has no name for it
DATAGRAM_MAX = 65507
WARM_SOCKETS = 64
WARM_DATAGRAMS = 64
SETTINGS = """
[sip]
enabled = true
address = "127.0.0.1"
transports = ["udp", "tcp"]
udp_port = 0
tcp_port = 0

[[sip.peer]]
address = "%s"
transport = "udp"
domains = ["example.com", "example.net", "example.org"]
publishes = true
""" % TRUNK

_numbers = itertools.count(1)


def request(method="OPTIONS", uri="sip:localhost", number=None, transport="UDP", more="", body=b"",
            via=";rport", sender="trunk@example.com", tag="t"):
    """A request that is in order; `more` are header lines with their ends."""
    number = next(_numbers) if number is None else number
    return (f"{method} {uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/{transport} 192.0.2.7{via};branch=z9hG4bKprobe{number}\r\n"
            f"From: <sip:{sender}>;tag={tag}\r\nTo: <{uri}>\r\nCall-ID: probe{number}\r\n"
            f"CSeq: 1 {method}\r\nMax-Forwards: 70\r\n{more}"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


class Answer:
    """A response as text, and what this folder asks of it."""

    def __init__(self, text):
        self.text = text.decode("latin-1")
        found = re.match(r"SIP/2\.0 (\d{3}) ", self.text)
        if found is None:
            raise AssertionError(f"not a response: {text[:200]!r}")
        self.status = int(found.group(1))

    def field(self, name):
        found = re.search(rf"^{name}:[ \t]*(.*?)\r$", self.text, re.M | re.I)
        return None if found is None else found.group(1)

    def __repr__(self):
        return f"<{self.text.splitlines()[0]}>"


def split_stream(seen):
    """Whole responses at the front of what a stream has brought; the rest."""
    answers = []
    while (end := seen.find(b"\r\n\r\n")) >= 0:
        if not end:  # keep-alives' answers
            seen = seen[2:]
            continue
        length = re.search(rb"^(?:Content-Length|l):\s*(\d+)", seen[:end], re.M | re.I)
        whole = end + 4 + (int(length.group(1)) if length else 0)
        if len(seen) < whole:
            break
        answers.append(Answer(seen[:whole]))
        seen = seen[whole:]
    return answers, seen


class Stream:
    """One TCP connection to the node."""

    def __init__(self, server, address=TRUNK, timeout=PATIENCE):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)  # of thousands
        self.socket.bind((address, 0))
        self.socket.connect(("127.0.0.1", server.tcp))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answers = []  # all of them, in order
        self.closed = False
        self._seen = b""

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            self.closed = True

    def read(self, count=1, seconds=PATIENCE):
        """Reads on until so many answers have come in all, or the end has."""
        deadline = time.monotonic() + seconds
        while len(self.answers) < count and not self.closed:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            self.socket.settimeout(left)
            try:
                part = self.socket.recv(65536)
            except socket.timeout:
                break
            except ConnectionResetError:
                part = b""
            self.closed = not part
            new, self._seen = split_stream(self._seen + part)
            self.answers += new
        return self.answers

    def finals(self):
        return [answer for answer in self.answers if answer.status >= 200]

    def read_finals(self, count, seconds=PATIENCE):
        """Reads on until so many final answers have come in all, or the end has."""
        deadline = time.monotonic() + seconds
        while len(self.finals()) < count and not self.closed and time.monotonic() < deadline:
            self.read(len(self.answers) + 1, deadline - time.monotonic())

    def ask(self, data, seconds=PATIENCE):
        """The answer to this; None: there is none."""
        already = len(self.answers)
        self.send(data)
        self.read(already + 1, seconds)
        return self.answers[already] if len(self.answers) > already else None

    def wait_for_end(self, seconds=PATIENCE):
        self.read(1 << 30, seconds)
        return self.closed

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class SipServer(Server):
    """Runs from construction to stop()."""

    def __init__(self, settings="", users=(), prefix=(), sip_settings=""):
        super().__init__(SETTINGS.replace("[[sip.peer]]", sip_settings + "[[sip.peer]]") + settings,
                         users, prefix)
        self.udp = self.ports["sip-udp", "off"]
        self.tcp = self.ports["sip-tcp", "off"]
        self.slowest = 0.0  # that it ever took to answer alive()
        self._probe = self.datagrams()

    def datagrams(self, address=TRUNK, port=0):
        out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        out.bind((address, port))
        out.connect(("127.0.0.1", self.udp))
        return out

    @staticmethod
    def receive(source, wanted=lambda answer: True, seconds=PATIENCE):
        """The next answer that is wanted; None: there was none in time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            source.settimeout(left)
            try:
                answer = Answer(source.recv(65536))
            except socket.timeout:
                return None
            if wanted(answer):
                return answer
        return None

    def ask(self, source, data, seconds=PATIENCE):
        """By datagram: the answer with the Call-ID of this, which is sent again until it is there,
        as what floods a socket makes the kernel drop others, too."""
        call = re.search(rb"^Call-ID: (\S+)", data, re.M | re.I).group(1).decode()
        deadline = time.monotonic() + seconds
        answer = None
        while answer is None and time.monotonic() < deadline:
            source.send(data)
            answer = self.receive(source, lambda one: one.field("Call-ID") == call, T1)
        return answer

    def alive(self, within=PATIENCE):
        """A valid OPTIONS is answered 200, in time."""
        begin = time.monotonic()
        answer = self.ask(self._probe, request(), PATIENCE)
        took = time.monotonic() - begin
        self.slowest = max(self.slowest, took)
        return answer is not None and answer.status == 200 and took <= within

    def quiet(self):
        """Waits until whatever has been sent has been read, or lost."""
        before = -1
        while (now := self.counters()["datagrams_received"]) != before:
            before = now
            time.sleep(0.3)

    def offered(self):
        """The methods that the node has handlers for."""
        return set(self.ask(self._probe, request()).field("Allow").split(", "))


def touch_buffers(server):
    """Datagrams are received into buffers that are as long as a datagram may be, and whose pages
    cost nothing until one is. They are part of what the node may take; here they are not growth."""
    for _ in range(WARM_SOCKETS):  # which shard hears it goes by its port
        with server.datagrams() as source:
            for _ in range(WARM_DATAGRAMS):
                source.send(b"x" * DATAGRAM_MAX)
            for _ in range(8 * WARM_DATAGRAMS):
                source.send(b"x")  # on epoll the last buffers are for when there are many
            server.alive()
