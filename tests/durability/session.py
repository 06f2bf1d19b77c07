"""An XMPP client that counts: plain TCP, SASL PLAIN, stream management (XEP-0198), resumption,
archive queries (XEP-0313). It believes nothing but what arrived on its socket."""
import base64
import collections
import select
import socket
import time
import xml.etree.ElementTree

DOMAIN = "localhost"
CLIENT = "{jabber:client}"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"
MANAGEMENT = "urn:xmpp:sm:3"
ARCHIVE = "urn:xmpp:mam:2"
PAGE = "http://jabber.org/protocol/rsm"
STANZA_ID = "{urn:xmpp:sid:0}stanza-id"
COUNTED = (CLIENT + "message", CLIENT + "presence", CLIENT + "iq")

Message = collections.namedtuple("Message", "body stanza_id")


class Closed(Exception):
    """The connection or the stream is over; what had arrived before has been handled."""


def message(to, body):
    return "<message to='%s' type='chat' id='%s'><body>%s</body></message>" % (to, body, body)


class Session:
    """One connection, and what XEP-0198 remembers across several of them. Not threaded.
    `answering`: answers requests for acknowledgement; a silent client does not."""

    def __init__(self, port, user, password, resource, timeout=10.0):
        self.user = user
        self.bare = "%s@%s" % (user, DOMAIN)
        self.password = password
        self.resource = resource
        self.timeout = timeout
        self.answering = True
        self.messages = []     # what arrived, in order
        self.answers = {}      # IQ answers by id
        self.archived = {}     # results of archive queries: query id -> messages
        self.returned = []     # ids of messages that came back as errors
        self.sent = []         # bodies of counted stanzas, None for those that are no messages
        self.acknowledged = 0  # of them
        self.unacknowledged = collections.deque()  # (stanza, body) of the rest
        self.confirmed = []    # bodies acknowledged, also in sessions before this one
        self.withdrawn = 0     # times the server said at a resumption that it has less than before
        self.handled = 0       # what we count
        self.previous = ""     # what a resumption asks for
        self.managed = False
        self.left = []
        self.again = []        # bodies sent again at resumptions
        self.numbers = 0
        self.connect(port)

    def connect(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.settimeout(self.timeout)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.news = []  # elements nobody has asked for yet that are no stanzas
        self.managed = False

    # The stream.

    def open(self):
        self.parser = xml.etree.ElementTree.XMLPullParser(("start", "end"))
        self.depth = 0
        self.root = None
        self.send("<?xml version='1.0'?><stream:stream to='%s' version='1.0' "
                  "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>" % DOMAIN)
        return self.expect("{http://etherx.jabber.org/streams}features")

    def send(self, text):
        self.socket.sendall(text.encode())

    def pump(self, patience):
        """Waits at most `patience` seconds for bytes and handles what came. False: nothing came."""
        if not select.select([self.socket], [], [], max(0.0, patience))[0]:
            return False
        try:
            data = self.socket.recv(1 << 18)
        except ConnectionError as error:
            raise Closed(str(error)) from error
        if not data:
            raise Closed("end of stream")
        self.parser.feed(data)
        for kind, element in self.parser.read_events():
            if kind == "start":
                self.depth += 1
                if self.depth == 1:
                    self.root = element
                continue
            self.depth -= 1
            if self.depth == 1:
                self.handle(element)
                self.root.clear()
            elif self.depth == 0:
                raise Closed("stream closed by the server")
        return True

    def drain(self):
        """Everything that has arrived, up to the end of a connection that is over."""
        try:
            while self.pump(0.2):
                pass
        except (Closed, xml.etree.ElementTree.ParseError):
            pass
        self.socket.close()

    def until(self, condition, what, patience=None):
        end = time.monotonic() + (patience or self.timeout)
        while not condition():
            if not self.pump(end - time.monotonic()) and time.monotonic() >= end:
                raise TimeoutError("%s/%s: no %s" % (self.bare, self.resource, what))

    def expect(self, *names):
        """The next element of such a name that is no stanza; others before it are forgotten."""
        self.until(lambda: any(one.tag in names for one in self.news), " or ".join(names))
        while True:
            element = self.news.pop(0)
            if element.tag in names:
                return element

    def handle(self, element):
        name = element.tag
        if name in COUNTED:
            if self.managed:
                self.handled += 1
            if name == CLIENT + "message":
                self.handle_message(element)
            elif name == CLIENT + "iq" and element.get("type") in ("result", "error"):
                self.answers[element.get("id")] = element
            elif name == CLIENT + "iq":  # the server's ping, or a push
                self.say("<iq type='result' id='%s'%s/>" % (
                    element.get("id"), " to='%s'" % element.get("from")
                    if element.get("from") else ""))
        elif name == "{%s}a" % MANAGEMENT:
            self.count_acknowledged(int(element.get("h")))
        elif name == "{%s}r" % MANAGEMENT:
            if self.answering:
                self.acknowledge()
        else:
            self.news.append(element)

    def count_acknowledged(self, count):
        while self.acknowledged < count and self.unacknowledged:
            self.acknowledged += 1
            _, body = self.unacknowledged.popleft()
            if body is not None:
                self.confirmed.append(body)

    def handle_message(self, element):
        result = element.find("{%s}result" % ARCHIVE)
        if result is not None:
            inner = result.find("{urn:xmpp:forward:0}forwarded/" + CLIENT + "message")
            self.archived.setdefault(result.get("queryid"), []).append(
                (result.get("id"), inner.findtext(CLIENT + "body")))
            return
        if element.get("type") == "error":
            self.returned.append(element.get("id"))
            return
        body = element.findtext(CLIENT + "body")
        if body is None:
            return
        ids = [one.get("id") for one in element.findall(STANZA_ID) if one.get("by") == self.bare]
        self.messages.append(Message(body, ids[0] if ids else None))

    # Signing in.

    def authenticate(self):
        self.open()
        token = base64.b64encode(("\0%s\0%s" % (self.user, self.password)).encode()).decode()
        self.send("<auth xmlns='%s' mechanism='PLAIN'>%s</auth>" % (SASL, token))
        answer = self.expect("{%s}success" % SASL, "{%s}failure" % SASL)
        if not answer.tag.endswith("success"):
            raise PermissionError(self.user)
        self.open()

    def login(self, manage=True, presence=True):
        self.authenticate()
        return self.bind(manage, presence)

    def bind(self, manage=True, presence=True):
        answer = self.ask("set", "<bind xmlns='%s'><resource>%s</resource></bind>"
                          % (BIND, self.resource))
        if answer.get("type") != "result":
            raise PermissionError("%s/%s was not bound" % (self.bare, self.resource))
        self.sent, self.acknowledged, self.handled = [], 0, 0
        self.unacknowledged.clear()
        if manage:
            self.send("<enable xmlns='%s' resume='true'/>" % MANAGEMENT)
            enabled = self.expect("{%s}enabled" % MANAGEMENT)
            self.previous = enabled.get("id", "")
            self.managed = True
        if presence:
            self.say("<presence/>")
        return self

    def resume(self, port):
        """A new connection that asks for the session before; the server is told that we have
        counted `handled`. True: resumed, and what it has not counted is sent again. False: refused,
        a new session is bound instead; what was not acknowledged is the return value of
        left_over()."""
        self.connect(port)
        self.authenticate()
        self.send("<resume xmlns='%s' h='%d' previd='%s'/>"
                  % (MANAGEMENT, self.handled, self.previous))
        answer = self.expect("{%s}resumed" % MANAGEMENT, "{%s}failed" % MANAGEMENT)
        count = int(answer.get("h", 0))
        self.withdrawn += count < self.acknowledged and answer.tag.endswith("resumed")
        self.count_acknowledged(count)
        if answer.tag.endswith("failed"):
            self.left = [body for _, body in self.unacknowledged if body is not None]
            self.bind()
            return False
        self.managed = True
        if self.unacknowledged:
            self.again += [body for _, body in self.unacknowledged if body is not None]
            self.send("".join(stanza for stanza, _ in self.unacknowledged)
                      + "<r xmlns='%s'/>" % MANAGEMENT)
        return True

    def left_over(self):
        """Bodies that a refused resumption left without an answer, once."""
        left, self.left = self.left, []
        return left

    def close(self):
        """The stream's proper end: nothing is left behind to be resumed."""
        try:
            self.send("</stream:stream>")
            while self.pump(2.0):
                pass
        except (Closed, OSError, xml.etree.ElementTree.ParseError):
            pass
        self.socket.close()

    # Stanzas.

    def say(self, stanza, body=None):
        """Counts it, as the server does. What is said in a burst belongs into one send: say_all."""
        self.say_all([(stanza, body)])

    def say_all(self, stanzas, request=False):
        if self.managed:
            self.sent += [body for _, body in stanzas]
            self.unacknowledged.extend(stanzas)
        text = "".join(stanza for stanza, _ in stanzas)
        self.send(text + ("<r xmlns='%s'/>" % MANAGEMENT if request else ""))

    def acknowledged_bodies(self):
        return set(self.confirmed)

    def acknowledge(self):
        self.send("<a xmlns='%s' h='%d'/>" % (MANAGEMENT, self.handled))

    def ask(self, kind, payload, to=""):
        self.numbers += 1
        number = "q%d" % self.numbers
        self.say("<iq type='%s' id='%s'%s>%s</iq>"
                 % (kind, number, " to='%s'" % to if to else "", payload))
        self.until(lambda: number in self.answers, "answer to " + payload[:60])
        return self.answers.pop(number)

    def ping(self):
        """Comes back when the server has handled all we said before."""
        return self.ask("get", "<ping xmlns='urn:xmpp:ping'/>", DOMAIN)

    def archive(self, start="", page=100):
        """Pages through one's own archive: (id, body) in order, or None if there is no archive."""
        after, found = "", []
        while True:
            if self.managed:  # who does not take what he is sent is sent no page
                self.acknowledge()
            self.numbers += 1
            query = "a%d" % self.numbers
            fields = ("<field var='FORM_TYPE' type='hidden'><value>%s</value></field>" % ARCHIVE +
                      "<field var='start'><value>%s</value></field>" % start if start else "")
            form = "<x xmlns='jabber:x:data' type='submit'>%s</x>" % fields if fields else ""
            answer = self.ask("set", "<query xmlns='%s' queryid='%s'>%s<set xmlns='%s'>"
                              "<max>%d</max>%s</set></query>"
                              % (ARCHIVE, query, form, PAGE, page,
                                 "<after>%s</after>" % after if after else ""))
            fin = answer.find("{%s}fin" % ARCHIVE)
            if answer.get("type") != "result" or fin is None:
                return None
            results = self.archived.pop(query, [])
            found += results
            if fin.get("complete") == "true" or not results:
                return found
            after = fin.findtext("{%s}set/{%s}last" % (PAGE, PAGE))
