"""bench/compare/table.py on results made up here: medians, ratios, verdicts, what does not count."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                     "../../../bench/compare/table.py")


def phase(name, cpu=None, rss=None, errors=0, valid=True, **parameters):
    return {"phase": name, "parameters": parameters, "valid": valid,
            "refused": None if valid else "generator busy",
            "server": {"cpu_us_per_unit": cpu, "cpu_seconds_per_million": cpu,
                       "rss_per_session_bytes": rss},
            "latency_us": {"p50": 100.0, "p99": 900.0},
            "errors": {"missing": errors, "duplicate": 0}}


class Table(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def result(self, round_, group, server, *phases):
        path = os.path.join(self.folder.name, "%d.%s.%s.json" % (round_, group, server))
        with open(path, "w", encoding="ascii") as file:
            json.dump({"machine": {"cpu": "Some CPU", "cores": 2, "kernel": "1"},
                       "phases": list(phases)}, file)

    def messages(self, server, *costs, group="plain"):
        for round_, cost in enumerate(costs, 1):
            self.result(round_, group, server, phase("messages", cost, window=1))

    def run_table(self, *arguments):
        run = subprocess.run([sys.executable, TABLE, self.folder.name, "--baselines",
                              self.folder.name, *arguments], capture_output=True, text=True,
                             check=True)
        with open(os.path.join(self.folder.name, "compare.json"), encoding="utf-8") as file:
            return run.stdout, json.load(file)

    def row(self, report, name):
        return next(row for row in report["measures"] if row["measure"] == name)

    def verdicts(self, report, name):
        return [goal["met"] for goal in report["goals"] if goal["measure"] == name]

    def test_sip_is_held_against_kamailio(self):
        for server, cost in (("rollcall", 7), ("kamailio", 28)):
            self.result(1, "sip_publish_tcp", server, phase("sip_publish", cost, over="tcp"))
        for server, cost in (("rollcall", 8), ("kamailio", 28)):
            self.result(1, "sip_publish_udp", server, phase("sip_publish", cost, over="udp"))
        text, report = self.run_table()
        self.assertEqual(self.verdicts(report, "SIP PUBLISH, TCP"), [True])
        self.assertEqual(self.verdicts(report, "SIP PUBLISH, UDP"), [False])
        self.assertIn("<= 1/4 x kamailio ok", text)

    def test_medians_and_ratios(self):
        self.messages("rollcall", 10, 12, 50)
        self.messages("relay", 10, 9, 11)
        self.messages("ejabberd", 125, 120, 126)
        self.messages("prosody", 146, 144, 150)
        text, report = self.run_table()
        row = self.row(report, "message")
        self.assertEqual(row["servers"]["rollcall"],
                         {"median": 12, "min": 10, "max": 50, "rounds": 3})
        self.assertAlmostEqual(row["to_relay"], 1.2)
        self.assertAlmostEqual(row["times_better_than_peers"], 125 / 12)
        self.assertEqual(self.verdicts(report, "message"), [True, True])
        self.assertIn("<= 1/9 x better peer ok", text)

    def test_a_goal_that_is_missed_says_so(self):
        self.messages("rollcall", 14)
        self.messages("relay", 10)
        self.messages("ejabberd", 125)
        self.messages("prosody", 146)
        text, report = self.run_table()
        self.assertEqual(self.verdicts(report, "message"), [False, False])
        self.assertIn("<= 1.25 x relay MISSED; <= 1/9 x better peer MISSED", text)

    def test_without_the_other_server_there_is_no_verdict(self):
        self.messages("rollcall", 1)
        _, report = self.run_table()
        self.assertEqual(self.verdicts(report, "message"), [None, None])

    def test_what_failed_or_was_refused_does_not_count(self):
        self.result(1, "plain", "rollcall", phase("messages", 10, errors=1, window=1))
        self.result(2, "plain", "rollcall", phase("messages", None, valid=False, window=1))
        self.result(3, "plain", "rollcall", phase("messages", 30, window=1))
        _, report = self.run_table()
        self.assertEqual(self.row(report, "message")["servers"]["rollcall"]["rounds"], 1)
        self.assertEqual(self.row(report, "message")["servers"]["rollcall"]["median"], 30)

    def test_a_relay_that_could_not_be_filled_counts_at_a_rate(self):
        self.messages("rollcall", 12)
        for round_, valid in ((1, False), (2, True)):
            self.result(round_, "plain", "relay", phase("messages", 8, valid=valid, window=1),
                        phase("messages", 2, window=16), phase("messages", 10, window=1, rate=80000))
        _, report = self.run_table()
        self.assertEqual(self.row(report, "message")["servers"]["relay"],
                         {"median": 9, "min": 8, "max": 10, "rounds": 2})

    def test_logins_are_the_more_the_better_and_memory_the_less(self):
        self.result(1, "tls", "rollcall", phase("login", 500), phase("memory", rss=9000),
                    phase("login", 200))
        self.result(1, "tls", "prosody", phase("login", 5000), phase("memory", rss=81000))
        _, report = self.run_table()
        full = self.row(report, "logins, TLS, full handshake")
        self.assertEqual(full["servers"]["rollcall"]["median"], 2000)
        self.assertAlmostEqual(full["times_better_than_peers"], 10)
        self.assertEqual(self.verdicts(report, "logins, TLS, full handshake"), [True])
        self.assertEqual(self.verdicts(report, "logins, TLS, by ticket"), [True])
        memory = self.row(report, "memory of a session, TLS")
        self.assertAlmostEqual(memory["times_better_than_peers"], 9)
        self.assertEqual(self.verdicts(report, "memory of a session, TLS"), [False])

    def test_twenty_at_once_are_held_against_one_at_a_time(self):
        for server, one, twenty in (("rollcall", 11, 8), ("relay", 10, 2)):
            self.result(1, "hundred", server, phase("presence", one, people=1),
                        phase("presence", twenty, people=20))
        _, report = self.run_table()
        self.assertEqual(self.verdicts(report, "presence to 100, 20 people at once"), [False])
        self.assertEqual(self.verdicts(report, "presence to 100 contacts"), [True])

    def test_the_baseline_is_written_when_asked_and_shown_ever_after(self):
        self.messages("rollcall", 33)
        text, _ = self.run_table()
        self.assertFalse(os.path.exists(os.path.join(self.folder.name, "some-cpu-2-cores.json")))
        self.run_table("--baseline", "update")
        self.messages("rollcall", 44)
        text, _ = self.run_table()
        line = next(line for line in text.splitlines() if line.startswith("message "))
        self.assertIn("44.0", line)
        self.assertIn("33.0", line)


if __name__ == "__main__":
    unittest.main()
