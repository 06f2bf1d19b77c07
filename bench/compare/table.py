#!/usr/bin/env python3
"""Medians and ratios of a run of bench/compare, beside the goals and the baseline.

    table.py RESULTS [--version NAME=VERSION]... [--baseline update] [--baselines DIRECTORY]

RESULTS has ROUND.GROUP.SERVER.json of bench_load; compare.json is written there. Figures that the
generator refused, or of a phase in which something failed, do not count."""
import argparse
import glob
import json
import os
import re
import statistics
import sys

SERVERS = ["rollcall", "relay", "ejabberd", "prosody", "kamailio"]
PEERS = ["ejabberd", "prosody", "kamailio"]
HERE = os.path.dirname(os.path.abspath(__file__))


class Measure:
    """What is taken out of a group's results: the figure of one of its phases."""

    def __init__(self, name, unit, group, phase, figure, nth=0, more_is_better=False, **parameters):
        self.name, self.unit, self.group, self.phase = name, unit, group, phase
        self.figure, self.nth, self.more_is_better = figure, nth, more_is_better
        self.parameters = parameters

    def of(self, result):
        """The figure, or None."""
        phases = [phase for phase in result["phases"] if phase["phase"] == self.phase and all(
            phase["parameters"].get(name) == value for name, value in self.parameters.items())]
        if len(phases) <= self.nth:
            return None
        phase = phases[self.nth]
        # Saturated or, where the generator could not, at an equal rate (the relay).
        if phase["refused"] and phases[self.nth + 1:] and phases[-1]["parameters"].get("rate"):
            phase = phases[-1]
        if not phase["valid"] or any(phase["errors"].values()):
            return None
        return self.figure(phase)


def cost(phase):
    return phase["server"]["cpu_seconds_per_million"]


def memory(phase):
    return phase["server"]["rss_per_session_bytes"]


def a_cpu_second(phase):
    each = phase["server"]["cpu_us_per_unit"]
    return 1e6 / each if each else None


def percentile(name):
    return lambda phase: phase["latency_us"] and phase["latency_us"][name]


MEASURES = [
    Measure("message", "CPU-s a million", "plain", "messages", cost, window=1),
    Measure("message, TLS", "CPU-s a million", "tls", "messages", cost, window=1),
    Measure("message, 16 in flight a pair", "CPU-s a million", "plain", "messages", cost, window=16),
    Measure("message, durable, archived, managed", "CPU-s a million", "durable", "messages", cost),
    Measure("presence to 20 contacts", "CPU-s a million", "plain", "presence", cost),
    Measure("presence to 100 contacts", "CPU-s a million", "hundred", "presence", cost, people=1),
    Measure("presence to 100, 20 people at once", "CPU-s a million", "hundred", "presence", cost,
            people=20),
    Measure("memory of a session", "bytes", "plain", "memory", memory),
    Measure("memory of a session, TLS", "bytes", "tls", "memory", memory),
    Measure("logins, plain", "a CPU-second", "plain", "login", a_cpu_second, more_is_better=True),
    Measure("logins, TLS, full handshake", "a CPU-second", "tls", "login", a_cpu_second,
            more_is_better=True),
    Measure("logins, TLS, by ticket", "a CPU-second", "tls", "login", a_cpu_second, nth=1,
            more_is_better=True),
    Measure("message at a fixed rate", "CPU-s a million", "latency", "messages", cost),
    Measure("latency at a fixed rate, p50", "us", "latency", "messages", percentile("p50")),
    Measure("latency at a fixed rate, p99", "us", "latency", "messages", percentile("p99")),
]


# Of SIP: what, the phase, and how many times less than Kamailio it shall cost.
SIP = [
    ("SIP OPTIONS", "sip_options", 2),
    ("SIP MESSAGE", "sip_message", 3),
    ("SIP PUBLISH", "sip_publish", 4),
    ("SIP SUBSCRIBE and NOTIFY", "sip_subscribe", 4),
    ("SIP NOTIFY to 50 watchers", "sip_notify", 5),
]
OVER = ["udp", "tcp"]
MEASURES += [Measure("%s, %s" % (name, over.upper()), "CPU-s a million", "%s_%s" % (phase, over), phase,
                     cost, over=over)
             for name, phase, _ in SIP for over in OVER]


class Goal:
    """Rollcall's figure is held against a number of its own unit, or against `times` another
    server's figure (of another measure, where `base` says so)."""

    def __init__(self, measure, limit=None, times=None, server=None, base=None):
        self.measure, self.limit, self.times, self.server = measure, limit, times, server
        self.base = base or measure

    def judge(self, figures):
        """(words, met), or None where something was not measured."""
        measure = next(one for one in MEASURES if one.name == self.measure)
        ours = figures[self.measure].get("rollcall")
        if ours is None:
            return None
        if self.limit is not None:
            met = ours >= self.limit if measure.more_is_better else ours <= self.limit
            return "%s %s" % (">=" if measure.more_is_better else "<=", number(self.limit)), met
        theirs = self.theirs(figures)
        if theirs is None:
            return None
        name = {"peers": "better peer"}.get(self.server, self.server)
        if self.base != self.measure:
            name += ", one at a time"
        factor = "1/%d" % round(1 / self.times) if self.times <= 0.5 else "%g" % self.times
        return "<= %s x %s" % (factor, name), ours <= self.times * theirs

    def theirs(self, figures):
        names = PEERS if self.server == "peers" else [self.server]
        found = [figures[self.base][name] for name in names if name in figures[self.base]]
        return min(found) if found else None


GOALS = [
    Goal("message", times=1.25, server="relay"),
    Goal("message", times=1 / 9, server="peers"),
    Goal("message, TLS", times=1 / 9, server="peers"),
    Goal("message, 16 in flight a pair", times=2, server="relay"),
    Goal("presence to 100 contacts", times=1.15, server="relay"),
    Goal("presence to 100, 20 people at once", times=0.7, server="relay",
         base="presence to 100 contacts"),
    Goal("memory of a session", limit=4096),
    Goal("memory of a session, TLS", limit=8192),
    Goal("logins, TLS, full handshake", limit=1500),
    Goal("logins, TLS, by ticket", limit=2500),
    Goal("latency at a fixed rate, p99", limit=1000),
    Goal("latency at a fixed rate, p99", times=1, server="peers"),
]

GOALS += [Goal("%s, %s" % (name, over.upper()), times=1 / times, server="kamailio")
          for name, _, times in SIP for over in OVER]


def number(value):
    if value is None:
        return "-"
    return "%.0f" % value if value >= 100 else "%.1f" % value


def read(folder):
    """{measure: {server: [figure of each round]}} and what the results say of their machine."""
    values = {measure.name: {} for measure in MEASURES}
    machine, rounds = {}, set()
    for path in sorted(glob.glob(os.path.join(folder, "[0-9]*.json"))):
        round_, group, server = os.path.basename(path)[:-len(".json")].split(".")
        with open(path, encoding="utf-8") as file:
            result = json.load(file)
        machine = result["machine"]
        rounds.add(round_)
        for measure in MEASURES:
            figure = measure.of(result) if measure.group == group else None
            if figure is not None:
                values[measure.name].setdefault(server, []).append(figure)
    return values, machine, len(rounds)


def better_peer(measure, figures):
    found = [figures[name] for name in PEERS if name in figures]
    if not found:
        return None
    return max(found) if measure.more_is_better else min(found)


def advantage(measure, figures):
    """How many times better Rollcall is than the better peer."""
    ours, theirs = figures.get("rollcall"), better_peer(measure, figures)
    if not ours or not theirs:
        return None
    return ours / theirs if measure.more_is_better else theirs / ours


def ratio(figures, server):
    ours, theirs = figures.get("rollcall"), figures.get(server)
    return ours / theirs if ours and theirs else None


def baseline_path(folder, machine):
    name = "%s %s cores" % (machine.get("cpu", "unknown"), machine.get("cores", "?"))
    return os.path.join(folder, re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") + ".json")


def judge(figures):
    verdicts = []
    for goal in GOALS:
        verdict = goal.judge(figures)
        verdicts.append({"measure": goal.measure, "goal": verdict[0] if verdict else None,
                         "met": verdict[1] if verdict else None})
    return verdicts


def make_report(values, machine, rounds, versions):
    figures = {name: {server: statistics.median(found) for server, found in servers.items()}
               for name, servers in values.items()}
    measures = []
    for measure in MEASURES:
        medians = figures[measure.name]
        measures.append({
            "measure": measure.name, "unit": measure.unit,
            "servers": {server: {"median": medians[server], "min": min(found), "max": max(found),
                                 "rounds": len(found)}
                        for server, found in sorted(values[measure.name].items())},
            "to_relay": ratio(medians, "relay"), "times_better_than_peers":
            advantage(measure, medians)})
    return {"format": "rollcall-compare-1", "machine": machine, "rounds": rounds,
            "versions": versions, "measures": measures, "goals": judge(figures)}


def verdict_of(report, name):
    words = ["%s %s" % (goal["goal"], "ok" if goal["met"] else "MISSED")
             for goal in report["goals"] if goal["measure"] == name and goal["goal"]]
    return "; ".join(words)


def lines_of(report, baseline):
    before = {row["measure"]: row for row in baseline["measures"]} if baseline else {}
    rows = [["", "unit"] + SERVERS + ["to relay", "x better", "baseline", "goal"]]
    for row in report["measures"]:
        medians = {server: found["median"] for server, found in row["servers"].items()}
        if not medians:
            continue
        old = before.get(row["measure"], {}).get("servers", {}).get("rollcall")
        rows.append([row["measure"], row["unit"]] + [number(medians.get(name)) for name in SERVERS] +
                    ["%.2f" % row["to_relay"] if row["to_relay"] else "-",
                     number(row["times_better_than_peers"]), number(old and old["median"]),
                     verdict_of(report, row["measure"])])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [cell.ljust(width) if i < 2 or i == len(row) - 1 else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        yield "  ".join(cells).rstrip()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("results")
    parser.add_argument("--version", action="append", default=[])
    parser.add_argument("--baseline", choices=["compare", "update"], default="compare")
    parser.add_argument("--baselines", default=os.path.join(HERE, "..", "baseline"))
    options = parser.parse_args()
    values, machine, rounds = read(options.results)
    if not rounds:
        sys.exit("table.py: no results in " + options.results)
    versions = dict(version.split("=", 1) for version in options.version)
    report = make_report(values, machine, rounds, versions)
    path = baseline_path(options.baselines, machine)
    baseline = None
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            baseline = json.load(file)
    print("%s, %s cores, Linux %s; medians of %d rounds; %s" % (
        machine["cpu"], machine["cores"], machine["kernel"], rounds,
        ", ".join("%s %s" % pair for pair in versions.items()) or "no peers"))
    print("\n".join(lines_of(report, baseline)))
    text = json.dumps(report, indent=1) + "\n"
    written = [os.path.join(options.results, "compare.json")]
    written += [path] if options.baseline == "update" else []
    for name in written:
        with open(name, "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
