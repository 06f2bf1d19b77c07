"""sipp against the node: it asks what the node can (OPTIONS), as call managers do to see who is
there, over UDP and over TCP. What sipp cannot do, or does only well-behaved, stands beside it with
plain sockets: segments that hold several messages or a part of one, keep-alives, TLS."""

import pathlib
import re
import socket
import ssl
import subprocess
import tempfile
import unittest

import harness

harness.need(command="sipp")

SETTINGS = """
[sip]
enabled = true
address = "127.0.0.1"
udp_port = 0
tcp_port = 0
tls_port = 0
"""
CALLS = 200
SCENARIO = """<?xml version="1.0"?>
<scenario name="options">
  <send retrans="500"><![CDATA[

OPTIONS sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:sipp@[local_ip]>;tag=[pid]x[call_number]
To: <sip:[service]@[remote_ip]>
Call-ID: [call_id]
CSeq: 1 OPTIONS
Max-Forwards: 0
Content-Length: 0

]]></send>
  <recv response="200" timeout="5000">
    <action><ereg regexp="OPTIONS" search_in="hdr" header="Allow:" check_it="true" assign_to="1"/>
    </action>
  </recv>
  <Reference variables="1"/>
</scenario>
"""


def request(method="OPTIONS", branch="1", transport="TCP"):
    return (f"{method} sip:localhost SIP/2.0\r\n"
            f"Via: SIP/2.0/{transport} 127.0.0.1:9;branch=z9hG4bK{branch}\r\n"
            f"From: <sip:peer@localhost>;tag=1\r\nTo: <sip:localhost>\r\nCall-ID: {branch}\r\n"
            f"CSeq: 1 {method}\r\nMax-Forwards: 0\r\nContent-Length: 0\r\n\r\n").encode()


def answers(connection, count):
    """Status codes of the next answers."""
    heard = b""
    while heard.count(b"\r\n\r\n") < count:
        part = connection.recv(65536)
        if not part:
            break
        heard += part
    return re.findall(rb"SIP/2.0 (\d+)", heard)


class Sipp(unittest.TestCase):
    def setUp(self):
        self.node = harness.node(SETTINGS)

    def ask(self, transport, service):
        port = self.node.ports[service, "off"]
        with tempfile.TemporaryDirectory() as folder:
            scenario = pathlib.Path(folder) / "options.xml"
            scenario.write_text(SCENARIO, encoding="utf-8")
            done = subprocess.run(
                ["sipp", "-sf", scenario, "-t", transport, "-i", "127.0.0.1", "-s", "anybody",
                 "-m", str(CALLS), "-r", "100", "-l", "20", "-nostdin", "-timeout", "30",
                 "-timeout_error", f"127.0.0.1:{port}"],
                cwd=folder, capture_output=True, text=True, timeout=harness.PATIENCE * 2,
                stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr)

    def test_options_over_udp(self):
        self.ask("u1", "sip-udp")

    def test_options_over_tcp(self):
        self.ask("t1", "sip-tcp")

    def connect(self, service="sip-tcp", tls="off"):
        connection = socket.create_connection(("127.0.0.1", self.node.ports[service, tls]))
        connection.settimeout(harness.PATIENCE)
        self.addCleanup(connection.close)
        return connection

    def test_several_messages_in_a_segment_and_one_in_many(self):
        connection = self.connect()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        both = request(branch="1") + request("SING", branch="2")
        connection.sendall(both)
        self.assertEqual(answers(connection, 2), [b"200", b"501"])
        for byte in both:
            connection.sendall(bytes([byte]))
        self.assertEqual(answers(connection, 2), [b"200", b"501"])

    def test_a_keep_alive_is_answered(self):
        connection = self.connect()
        connection.sendall(b"\r\n\r\n")
        self.assertEqual(connection.recv(100), b"\r\n")

    def test_lost_framing_is_told_and_ends_the_connection(self):
        connection = self.connect()
        connection.sendall(request().replace(b"Content-Length: 0", b"Content-Length: x"))
        self.assertEqual(answers(connection, 1), [b"400"])
        self.assertEqual(connection.recv(100), b"")

    def test_options_over_tls_with_the_certificate_of_the_domain(self):
        context = ssl.create_default_context(cafile=self.node.authority)
        with context.wrap_socket(self.connect("sips", "direct"),
                                 server_hostname="localhost") as connection:
            connection.sendall(request(transport="TLS"))
            self.assertEqual(answers(connection, 1), [b"200"])


if __name__ == "__main__":
    harness.main()
