"""A small XMPP client for the tests of this folder: sockets, STARTTLS, SASL, bind. It does what it
is told and nothing by itself, so that a test can misbehave at any point."""
import base64
import hashlib
import hmac
import os
import re
import socket
import ssl

DOMAIN = "localhost"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"


def header(to=DOMAIN):
    return ("<?xml version='1.0'?><stream:stream to='%s' version='1.0' xmlns='jabber:client' "
            "xmlns:stream='http://etherx.jabber.org/streams'>" % to)


def tls_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def plain_token(user, password, authzid=""):
    return base64.b64encode(("%s\0%s\0%s" % (authzid, user, password)).encode()).decode()


class Closed(Exception):
    """The server closed the connection; what it had said before is in Client.seen."""


class Client:
    """One connection. `seen` is what was received and not yet consumed by expect()."""

    def __init__(self, port, timeout=10.0, receive_buffer=0, address="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect((address, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.seen = b""
        self.jid = ""

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise Closed(self.seen[-300:].decode(errors="replace"))
        self.seen += data
        return data

    def expect(self, pattern):
        """Reads until the pattern is there; consumes up to its end; returns the match."""
        expression = re.compile(pattern.encode() if isinstance(pattern, str) else pattern, re.S)
        while True:
            found = expression.search(self.seen)
            if found:
                self.seen = self.seen[found.end():]
                return found
            try:
                self.receive()
            except ConnectionError as error:
                raise Closed(self.seen[-300:].decode(errors="replace")) from error
            except TimeoutError as error:
                raise TimeoutError("no %s in %r" % (pattern, self.seen[-300:])) from error

    def until_closed(self, limit=1 << 24):
        """Everything until the server closes."""
        try:
            while len(self.seen) < limit:
                self.receive()
        except (Closed, ConnectionError, ssl.SSLError):
            pass
        return self.seen

    def open(self, to=DOMAIN):
        self.send(header(to))
        return self.expect("</stream:features>|<stream:features/>")

    def start_tls(self):
        self.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self.expect("<proceed[^>]*>")
        self.secure()

    def secure(self):
        self.socket = tls_context().wrap_socket(self.socket, server_hostname=DOMAIN)
        self.seen = b""

    def auth(self, mechanism, token):
        self.send("<auth xmlns='%s' mechanism='%s'>%s</auth>" % (SASL, mechanism, token))

    def authenticate(self, user, password, mechanism="PLAIN"):
        if mechanism == "PLAIN":
            self.auth("PLAIN", plain_token(user, password))
        else:
            self.scram(user, password, mechanism)
        answer = self.expect("<(success|failure)[^>]*>.*?</(success|failure)>|<success[^>]*/>")
        return answer.group(0).startswith(b"<success")

    def scram(self, user, password, mechanism):
        """Without a password (None) the proof is random: a guess that costs nothing here."""
        name = {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-256": "sha256"}[mechanism]
        bare = "n=%s,r=%s" % (user, base64.b64encode(os.urandom(18)).decode())
        self.auth(mechanism, base64.b64encode(b"n,," + bare.encode()).decode())
        found = self.expect("<challenge[^>]*>([^<]*)</challenge>")
        first = base64.b64decode(found.group(1)).decode()
        facts = dict(part.split("=", 1) for part in first.split(","))
        final = "c=biws,r=%s" % facts["r"]
        proof = os.urandom(hashlib.new(name).digest_size)
        if password is not None:
            salted = hashlib.pbkdf2_hmac(name, password.encode(), base64.b64decode(facts["s"]),
                                         int(facts["i"]))
            client_key = hmac.new(salted, b"Client Key", name).digest()
            signed = ",".join((bare, first, final)).encode()
            signature = hmac.new(hashlib.new(name, client_key).digest(), signed, name).digest()
            proof = bytes(a ^ b for a, b in zip(client_key, signature))
        token = base64.b64encode((final + ",p=" + base64.b64encode(proof).decode()).encode())
        self.send("<response xmlns='%s'>%s</response>" % (SASL, token.decode()))

    def bind(self, resource=""):
        wish = "<resource>%s</resource>" % resource if resource else ""
        self.send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>%s"
                  "</bind></iq>" % wish)
        answer = self.expect("<iq [^>]*id='bind'[^>]*>.*?</iq>").group(0).decode()
        found = re.search("<jid>(.*?)</jid>", answer)
        self.jid = found.group(1) if found else ""
        return answer

    def login(self, user, password, resource="", mechanism="PLAIN", presence=True, manage=False):
        self.open()
        if not self.authenticate(user, password, mechanism):
            raise PermissionError(user)
        self.open()
        self.bind(resource)
        if manage:
            self.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
            self.expect("<enabled[^>]*>")
        if presence:
            self.send("<presence/>")
            self.expect("<presence [^>]*>")  # to oneself, too (RFC 6121 4.2.2)
        return self

    def settle(self):
        """Comes back when the server has handled everything that was sent before."""
        self.send("<iq type='get' id='settle' to='%s'><ping xmlns='urn:xmpp:ping'/></iq>" % DOMAIN)
        self.expect("<iq [^>]*id='settle'[^>]*>")

    def close(self):
        self.socket.close()
