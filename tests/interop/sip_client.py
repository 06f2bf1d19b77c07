"""A small SIP client for tests: one flow (UDP or TCP) of one user, with digest authentication
(RFC 7616) by hashlib. It says what it is told to say and keeps what it hears."""

import hashlib
import itertools
import re
import secrets
import socket

HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


def parse(data):
    """(first line, {lower-case name: [values]}, body) of a whole message."""
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        fields.setdefault(name.strip().lower(), []).append(value.strip())
    return lines[0], fields, body.decode()


def status(message):
    return int(message[0].split()[1])


class Challenge:
    def __init__(self, text):
        self.values = dict(re.findall(r'(\w+)="?([^",]*)"?', text))
        self.algorithm = self.values.get("algorithm", "MD5")
        self.nonce = self.values["nonce"]
        self.stale = self.values.get("stale", "") == "true"


class Client:
    def __init__(self, user, password, port, transport="udp", address="127.0.0.1",
                 target="127.0.0.1"):
        self.user, self.password, self.transport = user, password, transport
        self.domain = "localhost"
        self.kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self.socket = socket.socket(socket.AF_INET, self.kind)
        self.socket.bind((address, 0))
        self.socket.connect((target, port))
        self.socket.settimeout(20)
        self.address, self.port = self.socket.getsockname()
        self.buffer = b""
        self.call_id = secrets.token_hex(8)
        self.cseq = itertools.count(1)
        self.challenge = None
        self.count = 0
        self.heard = []  # requests that came while an answer was waited for

    def close(self):
        self.socket.close()

    def send(self, text):
        self.socket.sendall(text.encode())

    def receive(self):
        """The next message, whole."""
        if self.transport == "udp":
            return parse(self.socket.recv(65536))
        while True:
            self.buffer = self.buffer.lstrip(b"\r\n")
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if found:
                length = re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d+)", head)
                size = int(length[1]) if length else 0
                if len(rest) >= size:
                    self.buffer = rest[size:]
                    return parse(head + found + rest[:size])
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("closed")
            self.buffer += data

    def credentials(self, method, uri, count=None, password=None, user=None):
        challenge = self.challenge
        if count is None:
            self.count += 1
            count = self.count
        made = HASHES[challenge.algorithm]

        def digest(*parts):
            return made(":".join(parts).encode()).hexdigest()

        user, cnonce, counted = user or self.user, secrets.token_hex(8), f"{count:08x}"
        secret = digest(user, self.domain, password or self.password)
        response = digest(secret, challenge.nonce, counted, cnonce, "auth", digest(method, uri))
        return (f'Authorization: Digest username="{user}", realm="{self.domain}", '
                f'nonce="{challenge.nonce}", uri="{uri}", response="{response}", '
                f'algorithm={challenge.algorithm}, qop=auth, nc={counted}, cnonce="{cnonce}"\r\n')

    def request(self, method, uri, to=None, more="", body="", sender=None):
        sender = sender or self.user
        return (f"{method} {uri} SIP/2.0\r\n"
                f"Via: SIP/2.0/{self.transport.upper()} {self.address}:{self.port};rport;"
                f"branch=z9hG4bK{secrets.token_hex(8)}\r\n"
                f"From: <sip:{sender}@{self.domain}>;tag={secrets.token_hex(4)}\r\n"
                f"To: <{to or uri}>\r\nCall-ID: {self.call_id}\r\n"
                f"CSeq: {next(self.cseq)} {method}\r\nMax-Forwards: 70\r\n{more}"
                f"Content-Length: {len(body.encode())}\r\n\r\n{body}")

    def ask(self, method, uri, to=None, more="", body="", sender=None):
        """Sends a request as it is; its final answer."""
        self.send(self.request(method, uri, to, more, body, sender))
        return self.answer()

    def answer(self):
        while True:
            message = self.receive()
            if not message[0].startswith("SIP/2.0 "):
                self.heard.append(message)
            elif status(message) >= 200:
                return message

    def take_challenge(self, answer, algorithm=None):
        challenges = [Challenge(text) for text in answer[1]["www-authenticate"]]
        self.challenge = next(c for c in challenges if algorithm in (None, c.algorithm))
        self.count = 0
        return challenges

    def proved(self, method, uri, to=None, more="", body=""):
        """Asks with credentials, after a challenge if there has been none or it was stale."""
        for _ in range(3):
            proof = self.credentials(method, uri) if self.challenge else ""
            answer = self.ask(method, uri, to, more + proof, body)
            if status(answer) != 401:
                return answer
            if proof and not Challenge(answer[1]["www-authenticate"][0]).stale:
                return answer
            self.take_challenge(answer)
        return answer

    def register(self, expires=600, contact=None, more=""):
        contact = contact or f"<sip:{self.user}@{self.address}:{self.port}" + (
            ">" if self.transport == "udp" else ";transport=tcp>")
        return self.proved("REGISTER", f"sip:{self.domain}", f"sip:{self.user}@{self.domain}",
                           f"Contact: {contact}\r\nExpires: {expires}\r\n{more}")

    def message(self, to, text):
        return self.proved("MESSAGE", f"sip:{to}", None, "Content-Type: text/plain\r\n", text)

    def hear(self, method):
        """The next request of this method, answered 200."""
        request = self.heard.pop(0) if self.heard else self.receive()
        if not request[0].startswith(method + " "):
            raise AssertionError(f"{request[0]} instead of {method}")
        self.reply(request, 200)
        return request

    def reply(self, request, code):
        copied = "".join(f"{name.title()}: {value}\r\n" for name in
                         ("via", "from", "to", "call-id", "cseq") for value in request[1][name])
        self.send(f"SIP/2.0 {code} So\r\n{copied}Content-Length: 0\r\n\r\n")
