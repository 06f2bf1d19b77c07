"""Every scenario file over real sockets, against rollcalld: by STARTTLS and by direct TLS."""
import pathlib
import subprocess
import sys
import unittest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "interop"))
import harness  # noqa: E402

SETTINGS = """
[login]
registration = true
[contacts]
admin = ["mailto:admin@example.com"]
"""


class Scenarios(unittest.TestCase):
    def play(self, port, *options):
        node = harness.node(SETTINGS)
        program = node.programs.parent / "tests" / "scenario" / "scenario_run"
        files = sorted([*FOLDER.glob("rfc*.txt"), *FOLDER.glob("xep*.txt")])
        done = subprocess.run(
            [program, "--port", str(getattr(node, port)), "--domain", node.domain, "--on",
             "contacts", "--on", "tls", *options, *files],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=150)
        print(done.stdout)
        self.assertEqual(done.returncode, 0)
        self.assertIn(f"{len(files)} scenarios, 0 failed, 0 skipped", done.stdout)

    def test_after_starttls(self):
        self.play("port")

    def test_under_tls_from_the_first_byte(self):
        self.play("direct_port", "--direct-tls")


if __name__ == "__main__":
    harness.main()
