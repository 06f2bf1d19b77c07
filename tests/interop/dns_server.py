"""A small server of DNS on loopback: says what it was told."""
import socket
import struct
import threading

A, SRV = 1, 33


def wire_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


class DnsServer:
    def __init__(self):
        self._records = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def srv(self, name, priority, port, target, weight=0):
        self._add(name, SRV, struct.pack("!HHH", priority, weight, port) + wire_name(target))

    def host(self, name, address):
        self._add(name, A, socket.inet_aton(address))

    def _add(self, name, kind, data):
        self._records.setdefault(wire_name(name), []).append((kind, data))

    def _serve(self):
        while True:
            request, asker = self._socket.recvfrom(512)
            end = request.index(b"\0", 12) + 1
            name, kind = request[12:end], struct.unpack("!H", request[end:end + 2])[0]
            known = self._records.get(name)
            found = [data for one, data in known or () if one == kind]
            answers = b"".join(struct.pack("!HHHIH", 0xc00c, kind, 1, 60, len(data)) + data
                               for data in found)
            self._socket.sendto(
                request[:2] + struct.pack("!HHHHH", 0x8183 if known is None else 0x8180, 1,
                                          len(found), 0, 0) + request[12:end + 4] + answers, asker)
