"""A SIP user agent of few lines, for what sipp cannot say: it waits for requests in any order and
answers them. By datagram, or by connection."""

import asyncio
import itertools
import re

from node import PATIENCE

_numbers = itertools.count(1)


class Message:
    def __init__(self, text):
        head, _, self.body = text.partition("\r\n\r\n")
        self.start, *lines = head.split("\r\n")
        self.fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]

    def __getitem__(self, name):
        return next((value for key, value in self.fields if key.lower() == name.lower()), None)

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    @property
    def status(self):
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0 ") else None

    @property
    def method(self):
        return self.start.split()[0]

    @property
    def cseq(self):
        return int(self["CSeq"].split()[0])

    def __str__(self):
        return "\n".join([self.start, *(f"{k}: {v}" for k, v in self.fields), "", self.body])


class Agent(asyncio.DatagramProtocol):
    """One user of a SIP system: `uri` is her address. Answers every request it hears with 200 unless
    `answer` says otherwise."""

    def __init__(self, uri, node_port, address="127.0.0.1"):
        self.uri = uri
        self.address = address
        self.target = (address, node_port)
        self.answer = 200
        self.heard = asyncio.Queue()
        self._put_back = []

    async def open(self, port=0, stream=False):
        loop = asyncio.get_running_loop()
        if stream:
            self.transport_name = "TCP"
            reader, self._writer = await asyncio.open_connection(
                *self.target, local_addr=(self.address, 0))
            self.port = self._writer.get_extra_info("sockname")[1]
            self._task = asyncio.create_task(self._read(reader))
        else:
            self.transport_name = "UDP"
            self._writer = None
            self._endpoint, _ = await loop.create_datagram_endpoint(
                lambda: self, local_addr=(self.address, port))
            self.port = self._endpoint.get_extra_info("sockname")[1]
        return self

    def close(self):
        if self._writer:
            self._task.cancel()
            self._writer.close()
        else:
            self._endpoint.close()

    async def _read(self, reader):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.strip():
                continue
            length = re.search(rb"^Content-Length: *(\d+)", head, re.M | re.I)
            self._take((head + await reader.readexactly(int(length[1]))).decode())

    def datagram_received(self, data, _address):
        self._take(data.decode())

    def _take(self, text):
        message = Message(text)
        if message.status is None:
            self.respond(message, self.answer)
        self.heard.put_nowait(message)

    def send(self, text):
        if self._writer:
            self._writer.write(text.encode())
        else:
            self._endpoint.sendto(text.encode(), self.target)

    def respond(self, request, status):
        lines = [f"SIP/2.0 {status} Because"]
        for name in ("Via", "From", "Call-ID", "CSeq"):
            lines += [f"{name}: {value}" for value in request.all(name)]
        lines.append(f"To: {self.local_end(request)}")
        if request.method == "SUBSCRIBE" and status < 300:
            lines += [f"Contact: <sip:{self.address}:{self.port}>", f"Expires: {request['Expires']}"]
        self.send("\r\n".join([*lines, "Content-Length: 0", "", ""]))

    def local_end(self, request):
        """Our side of the dialog that a request begins or is in."""
        to = request["To"]
        return to if ";tag=" in to else f"{to};tag=a{self.port}"

    async def tell(self, subscribe, cseq, state, body="", kind="application/pidf+xml"):
        """A NOTIFY in the dialog of a SUBSCRIBE that was heard; the status that answers it."""
        number = next(_numbers)
        uri = subscribe["Contact"].strip("<>")
        lines = [
            f"NOTIFY {uri} SIP/2.0",
            f"Via: SIP/2.0/{self.transport_name} {self.address}:{self.port};rport;"
            f"branch=z9hG4bK{number}x{self.port}",
            f"From: {self.local_end(subscribe)}", f"To: {subscribe['From']}",
            f"Call-ID: {subscribe['Call-ID']}", f"CSeq: {cseq} NOTIFY", "Max-Forwards: 70",
            f"Contact: <sip:{self.address}:{self.port}>", f"Event: {subscribe['Event']}",
            f"Subscription-State: {state}", *([f"Content-Type: {kind}"] if body else []),
            f"Content-Length: {len(body.encode())}", "", body]
        self.send("\r\n".join(lines))
        answer = await self.hear(
            lambda m: m.status is not None and m["Call-ID"] == subscribe["Call-ID"] and
            m["CSeq"] == f"{cseq} NOTIFY", "the answer to NOTIFY")
        return answer.status

    async def hear(self, wanted, what):
        for message in self._put_back:
            if wanted(message):
                self._put_back.remove(message)
                return message
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while True:
            try:
                left = deadline - asyncio.get_running_loop().time()
                message = await asyncio.wait_for(self.heard.get(), left)
            except asyncio.TimeoutError:
                raise AssertionError(f"{self.uri} did not hear {what}, but\n" +
                                     "\n".join(map(str, self._put_back)))
            if wanted(message):
                return message
            self._put_back.append(message)

    def take(self, wanted):
        """What has come of this and nobody has heard."""
        while not self.heard.empty():
            self._put_back.append(self.heard.get_nowait())
        taken = [message for message in self._put_back if wanted(message)]
        self._put_back = [message for message in self._put_back if not wanted(message)]
        return taken

    async def request(self, method, uri, *, to=None, cseq=None, call_id=None, tag=None, body="",
                      **fields):
        """Sends a request, waits for its final answer."""
        number = next(_numbers)
        call_id = call_id or f"call{number}-{self.port}"
        cseq = cseq or number
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/{self.transport_name} {self.address}:{self.port};rport;"
            f"branch=z9hG4bK{number}x{self.port}",
            f"From: <{self.uri}>;tag={tag or number}",
            f"To: {to or f'<{uri}>'}",
            f"Call-ID: {call_id}", f"CSeq: {cseq} {method}", "Max-Forwards: 70",
            f"Contact: <sip:{self.address}:{self.port}>",
            *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items()),
            f"Content-Length: {len(body.encode())}", "", body]
        self.send("\r\n".join(lines))
        return await self.hear(
            lambda m: m.status is not None and m.status >= 200 and m["Call-ID"] == call_id and
            m.cseq == cseq, f"the answer to {method}")

    async def notify(self, wanted=lambda message: True):
        return await self.hear(lambda m: m.status is None and m.method == "NOTIFY" and wanted(m),
                               "a NOTIFY")


class Subscription:
    """A subscription of an agent's, with its dialog."""

    def __init__(self, agent, uri, event="presence"):
        self.agent, self.uri, self.event = agent, uri, event
        self.tag = f"t{next(_numbers)}"
        self.call_id = f"sub{next(_numbers)}-{agent.port}"
        self.cseq = 0
        self.to = None

    async def subscribe(self, expires=600, **fields):
        self.cseq += 1
        answer = await self.agent.request(
            "SUBSCRIBE", self.uri, to=self.to, cseq=self.cseq, call_id=self.call_id, tag=self.tag,
            Event=self.event, Expires=expires, **fields)
        if answer.status < 300:
            self.to = answer["To"]
        return answer

    async def notify(self):
        return await self.agent.notify(lambda m: m["Call-ID"] == self.call_id)
