#!/usr/bin/env python3
"""The judges themselves: that they acquit what is right and convict what is wrong."""
import unittest

import ack_order
import pairs

DATA = "/data"
WRITE = '10 pwrite64(7</data/journal/0>, "%s", 4096, 0) = 4096'
SYNC = "10 fdatasync(7</data/journal/0>) = 0"
ANSWER = """11 sendmsg(9<socket:[1]>, [{iov_base="<a xmlns='urn:xmpp:sm:3' h='1'/>"}]) = 30"""


def problems(*lines):
    calls = ack_order.read_trace(lines)
    found, acknowledgements, covered, _ = ack_order.judge(
        calls, DATA, lambda count: ["order-0-0.", "order-0-1."][:count])
    return len(found), acknowledgements, len(covered)


class Order(unittest.TestCase):
    def test_written_synced_sent_is_right(self):
        self.assertEqual(problems(WRITE % "xx order-0-0. xx", SYNC, ANSWER), (0, 1, 1))

    def test_a_resumption_acknowledges_too(self):
        self.assertEqual(problems(
            ANSWER.replace("<a xmlns='urn:xmpp:sm:3'", "<resumed xmlns='urn:xmpp:sm:3' previd='x'"),
            WRITE % "order-0-0.", SYNC), (1, 1, 1))

    def test_what_was_never_written_is_wrong(self):
        self.assertEqual(problems(WRITE % "order-0-1.", SYNC, ANSWER), (1, 1, 1))

    def test_sent_before_the_sync_is_wrong(self):
        self.assertEqual(problems(WRITE % "order-0-0.", ANSWER, SYNC), (1, 1, 1))

    def test_sent_while_the_sync_runs_is_wrong(self):
        self.assertEqual(problems(
            WRITE % "order-0-0.", "10 fdatasync(7</data/journal/0> <unfinished ...>", ANSWER,
            "10 <... fdatasync resumed>) = 0"), (1, 1, 1))

    def test_a_sync_that_was_over_before_counts_when_it_came_back(self):
        self.assertEqual(problems(
            WRITE % "order-0-0.", "10 fdatasync(7</data/journal/0> <unfinished ...>",
            "10 <... fdatasync resumed>) = 0", ANSWER), (0, 1, 1))

    def test_written_while_the_sync_ran_is_wrong(self):
        self.assertEqual(problems(
            "10 fdatasync(7</data/journal/0> <unfinished ...>",
            (WRITE % "order-0-0.").replace("10 ", "12 ", 1),
            "10 <... fdatasync resumed>) = 0", ANSWER), (1, 1, 1))

    def test_a_sync_that_failed_is_wrong(self):
        self.assertEqual(problems(WRITE % "order-0-0.",
                                  "10 fdatasync(7</data/journal/0>) = -1 EIO (error)", ANSWER),
                         (1, 1, 1))

    def test_a_sync_of_another_file_is_wrong(self):
        self.assertEqual(problems(WRITE % "order-0-0.", SYNC.replace("/0>", "/1>"), ANSWER),
                         (1, 1, 1))

    def test_a_file_elsewhere_is_wrong(self):
        self.assertEqual(problems(*(line.replace("/data/", "/tmp/") for line in (
            WRITE % "order-0-0.", SYNC, ANSWER))), (1, 1, 1))


class Account(unittest.TestCase):
    def pair(self, acknowledged, *delivered):
        pair = pairs.Pair(None, 0, 1)
        pair.sent_at = dict.fromkeys(range(10), 1.0)
        pair.acknowledged = dict.fromkeys(acknowledged, 2.0)
        for number, stanza_id in delivered:
            pair.arrive(number, stanza_id)
        return pair

    def test_acknowledged_and_not_delivered_is_lost(self):
        self.assertEqual(self.pair([0, 1, 2], (0, "a"), (2, "c")).outstanding(), {1})

    def test_what_was_not_acknowledged_may_come_or_not(self):
        self.assertEqual(self.pair([0], (0, "a"), (1, "b")).outstanding(), set())

    def test_what_came_back_as_an_error_is_not_lost(self):
        pair = self.pair([0, 1], (0, "a"))
        pair.returned.add(1)
        self.assertEqual(pair.outstanding(), set())

    def test_copies_are_marked_unmarked_or_our_own(self):
        pair = self.pair([], (0, "a"), (0, "a"), (1, "b"), (1, "c"), (2, "d"), (2, "e"),
                         (3, None), (3, None))
        pair.resent.add(2)
        self.assertEqual(pair.copies(), (1, 2, 1))

    def test_only_first_copies_have_an_order(self):
        pair = self.pair([], (0, "a"), (2, "c"), (0, "a"), (3, "d"), (1, "b"))
        self.assertEqual(pair.out_of_order, [(1, 3)])

    def test_progress_is_acknowledged_and_delivered(self):
        pair = self.pair([0], (0, "a"), (1, "b"))
        self.assertEqual(pair.completed, 1.0)
        self.assertEqual(self.pair([0], (1, "b")).completed, 0.0)


if __name__ == "__main__":
    unittest.main()
