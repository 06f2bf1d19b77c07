"""SIP over TLS as call managers use it: a listener that shows a certificate, and one that asks for
theirs as well. By Python's ssl and `openssl s_client`, as sipp has no TLS here."""

import atexit
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import unittest

import harness

harness.need(command="openssl")

from authority import Authority  # noqa: E402  (needs openssl)

FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="rollcall-test-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
AUTHORITY = Authority(FOLDER)
STRANGER = Authority(FOLDER, "stranger")
GATE = AUTHORITY.issue("gate", "DNS:gate.example")
DOMAIN = AUTHORITY.issue("domain", "DNS:cucm1.lync.example,URI:sip:Lync.example")
OLD = AUTHORITY.issue("old", "", "/O=Example/CN=old.example")
WRONG = AUTHORITY.issue("wrong", "DNS:elsewhere.example")
UNTRUSTED = STRANGER.issue("gate", "DNS:gate.example")
SETTINGS = f"""
[sip]
enabled = true
address = "127.0.0.1"
transports = ["tcp", "tls", "mutual"]
tcp_port = 0
tls_port = 0
mutual_port = 0
ca_file = "{AUTHORITY.file}"

[[sip.peer]]
address = "127.0.0.1"
domains = ["plain.example"]

[[sip.peer]]
address = "192.0.2.1"
domains = ["gate.example"]
tls_subjects = ["gate.example"]

[[sip.peer]]
address = "192.0.2.1"
domains = ["lync.example"]
tls_subjects = ["lync.example", "old.example"]
"""


def message(domain, number=1):
    return (f"MESSAGE sip:nobody@localhost SIP/2.0\r\n"
            f"Via: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bK{domain}{number};rport\r\n"
            f"From: <sip:carol@{domain}>;tag=1\r\nTo: <sip:nobody@localhost>\r\n"
            f"Call-ID: {domain}{number}\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\n"
            "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello").encode()


class SipTls(unittest.TestCase):
    def setUp(self):
        self.node = harness.node(SETTINGS)

    def port(self, service):
        return self.node.ports[service, "off" if service == "sip-tcp" else "direct"]

    def connect(self, service, certificate=None, newest=ssl.TLSVersion.TLSv1_3):
        plain = socket.create_connection(("127.0.0.1", self.port(service)))
        plain.settimeout(harness.PATIENCE)
        self.addCleanup(plain.close)
        if service == "sip-tcp":
            return plain
        context = ssl.create_default_context(cafile=self.node.authority)
        context.maximum_version = newest
        if certificate:
            context.load_cert_chain(*certificate)
        secured = context.wrap_socket(plain, server_hostname="localhost")
        self.addCleanup(secured.close)
        return secured

    def status(self, connection, domain):
        """What a message to nobody is answered: 404 to those who may ask, 403 to others."""
        connection.sendall(message(domain))
        heard = b""
        while b"\r\n\r\n" not in heard:
            part = connection.recv(65536)
            self.assertTrue(part, "the node has ended the connection")
            heard += part
        return int(re.match(rb"SIP/2.0 (\d+)", heard)[1])

    def refusals(self):
        return self.node.log(100000).count("upstream_not_trusted")

    def refused(self, certificate, newest=ssl.TLSVersion.TLSv1_3):
        with self.assertRaises((ssl.SSLError, ConnectionError, AssertionError)):
            # In TLS 1.3 the client is told of it only when it listens.
            self.status(self.connect("sips-mutual", certificate, newest), "gate.example")

    def test_a_listener_that_asks_for_nothing_trusts_addresses(self):
        connection = self.connect("sips")
        self.assertEqual(self.status(connection, "plain.example"), 404)
        self.assertEqual(self.status(connection, "gate.example"), 403)
        connection = self.connect("sips", GATE)  # which nobody has asked for
        self.assertEqual(self.status(connection, "gate.example"), 403)
        self.assertEqual(self.status(self.connect("sip-tcp"), "lync.example"), 403)

    def test_a_certificate_says_whose_domains_may_be_spoken_for(self):
        for certificate, own, other in ((GATE, "gate.example", "lync.example"),
                                        (DOMAIN, "lync.example", "gate.example"),
                                        (OLD, "lync.example", "gate.example")):
            for newest in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                connection = self.connect("sips-mutual", certificate, newest)
                self.assertEqual(self.status(connection, own), 404)
                self.assertEqual(self.status(connection, other), 403)
                self.assertEqual(self.status(connection, "plain.example"), 403)

    # First, as the log takes only ten lines at once.
    def test_0_who_has_no_good_certificate_is_refused_and_the_log_says_who(self):
        for certificate, subject, why in (
                (None, '""', "PEER_DID_NOT_RETURN_A_CERTIFICATE"),
                (UNTRUSTED, '"CN=gate"', "issuer"),
                (WRONG, '"CN=wrong"', "no peer has this certificate")):
            for newest in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                before = self.refusals()
                self.refused(certificate, newest)
                harness.until(lambda: self.refusals() > before, "a line in the log")
                line = [one for one in self.node.log(100000).splitlines()
                        if "upstream_not_trusted" in one][-1]
                self.assertIn("address=127.0.0.1:", line)
                self.assertIn(f"subject={subject}", line)
                self.assertIn(why, line)

    def s_client(self, *options):
        """The first line that the node says to it, if any."""
        with subprocess.Popen(
                ["openssl", "s_client", "-connect", f"127.0.0.1:{self.port('sips-mutual')}",
                 "-servername", "localhost", "-CAfile", self.node.authority,
                 "-verify_return_error", "-quiet", "-crlf", "-ign_eof", "-alpn", "sip/2",
                 *options],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as talk:
            talk.stdin.write(message("gate.example").replace(b"\r\n", b"\n"))
            talk.stdin.flush()
            line = talk.stdout.readline()
            talk.kill()
        return line

    def test_s_client(self):
        self.assertTrue(self.s_client("-cert", GATE[0], "-key", GATE[1]).startswith(b"SIP/2.0 404"))
        self.assertEqual(self.s_client(), b"")
        self.assertEqual(self.s_client("-cert", UNTRUSTED[0], "-key", UNTRUSTED[1]), b"")

    def test_a_keep_alive_is_answered(self):
        connection = self.connect("sips-mutual", GATE)
        connection.sendall(b"\r\n\r\n")
        self.assertEqual(connection.recv(100), b"\r\n")


if __name__ == "__main__":
    harness.main()
