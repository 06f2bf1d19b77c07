#!/usr/bin/env python3
"""The lines of appliance/profile/costs.def out of the results of bench/compare/costs.

    costs.py RESULTS [--update]

RESULTS has ROUND.CONTACTS.json of bench_load, for 0 and 20 contacts."""
import glob
import json
import os
import statistics
import sys

COSTS = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                     "../../appliance/profile/costs.def")
CONTACTS = 20


def phases(folder, contacts):
    """{phase: its results of all rounds}"""
    found = {}
    for path in sorted(glob.glob(os.path.join(folder, "[0-9]*.%d.json" % contacts))):
        with open(path, encoding="utf-8") as file:
            for phase in json.load(file)["phases"]:
                if phase["valid"]:
                    found.setdefault(phase["phase"], []).append(phase)
    return found


def median(found, phase, *path):
    values = []
    for result in found.get(phase, []):
        for name in path:
            result = result[name]
        values.append(result)
    if not values:
        sys.exit("costs.py: no figure of %s" % phase)
    return statistics.median(values)


def rounded(value):
    """Two digits: more would be noise."""
    digits = len("%d" % value)
    step = 10 ** max(0, digits - 2)
    return max(1, round(value / step) * step)


def lines(folder):
    alone, among = phases(folder, 0), phases(folder, CONTACTS)
    cpu = ("server", "cpu_us_per_unit")
    rss = ("server", "rss_per_session_bytes")
    login, session = median(alone, "login", *cpu), median(alone, "memory", *rss)
    # Everybody signs in: half of the contacts are online on the average.
    contact = (median(among, "login", *cpu) - login) / (CONTACTS / 2)
    costs = [
        ("message", 1000 * median(alone, "messages", *cpu), "ns",
         "a message to one client, 4,000 a second"),
        ("delivery", 1000 * median(among, "presence", *cpu), "ns",
         "a presence or a copy of a message to one client"),
        ("login", 1000 * login, "ns", "a login with no contacts online"),
        ("login_contact", 1000 * contact, "ns", "more for each of them"),
        ("session", session, "bytes", "an idle session with no contacts"),
        ("contact", (median(among, "memory", *rss) - session) / CONTACTS, "bytes",
         "more for each contact in its roster"),
        ("process", median(alone, "memory", "extra", "rss_before_bytes"), "bytes",
         "the process itself"),
    ]
    return ['COST(%s, %d, "%s", "%s")' % (name, rounded(value), unit, what)
            for name, value, unit, what in costs]


def main():
    text = "\n".join(lines(sys.argv[1])) + "\n"
    print(text, end="")
    if "--update" in sys.argv[2:]:
        with open(COSTS, encoding="ascii") as file:
            head = [line for line in file if line.startswith("//")]
        with open(COSTS, "w", encoding="ascii") as file:
            file.write("".join(head) + text)


main()
