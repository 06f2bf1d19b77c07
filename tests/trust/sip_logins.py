"""SIP users who have to prove who they are (S6, S16, S17): floods of requests that prove nothing,
credentials that are nonsense, wrong passwords from one address and from thousands. Strangers leave
nothing behind, neither in memory nor in the log, and she who knows her password gets in."""
import os
import pathlib
import sys
import time

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
from latency import Chat, compare  # noqa: E402
from server import check, difference, figure, finish  # noqa: E402
from sip import STRANGER, SipServer, request, touch_buffers  # noqa: E402
from sip_client import Client, status  # noqa: E402
from sip_floods import Counting, datagrams  # noqa: E402

MIB = 1 << 20
USER, PASSWORD = "carla", "secret"
HER_PLACE = "127.0.0.60"
TO = "sip:bob@localhost"
PLAIN = "Content-Type: text/plain\r\n"
ROUNDS = 4
DATAGRAMS = 20_000
ADDRESSES = 3_000
LINES_MAX = 200  # in the log
SETTINGS = "digest = true\n"
NONSENSE = (
    "Digest", "Digest ", "Digest ,,,", "Digest =", "Digest username", 'Digest username="',
    'Digest username="a', "Digest username=\"a\" realm=\"localhost\"", "Basic YTpi",
    "NoOneKnowsThisScheme opaque=x", "Digest " + "x=y," * 3000, 'Digest username="%s"' % ("u" * 20000),
    'Digest username="carla", realm="localhost", nonce="", uri="", response=""',
    'Digest username="carla", realm="elsewhere", nonce="n", uri="sip:x", response="0"',
    'Digest username="\\", realm="localhost", nonce="n", uri="sip:x", response="0"',
)


def good(server, address=HER_PLACE):
    client = Client(USER, PASSWORD, server.udp, address=address)
    try:
        return status(client.message("bob@localhost", "it is me"))
    finally:
        client.close()


def wrong(client, number, user=USER, nonce=None):
    """Credentials that are in order but for the password."""
    return client.request("MESSAGE", TO, body="x", sender=user, more=PLAIN + client.credentials(
        "MESSAGE", TO, count=number, password="wrong", user=user))


def challenges(server, chat):
    template = request("MESSAGE", TO, number="%d", more=PLAIN, body=b"x",
                       sender=USER + "@localhost").replace(b"%d", b"%(n)d")
    touch_buffers(server)

    def flood():
        with server.datagrams(STRANGER) as source:
            counting = Counting(source)
            datagrams(server, template, DATAGRAMS, source)
            check(server.alive(), "no OPTIONS answered after a flood")
            return counting.seen

    for _ in range(ROUNDS):  # warm
        flood()
    baseline = chat.percentile(2)
    before = server.counters()
    resident = server.resident()
    seen = {}
    for _ in range(ROUNDS):
        for code, count in flood().items():
            seen[code] = seen.get(code, 0) + count
    loaded = chat.percentile()
    server.quiet()
    grown = server.resident() - resident
    after = server.counters()
    asked, = difference(after, before, "sip_challenges")
    figure("requests without credentials: challenged, answers", "%d, %s" % (asked, seen))
    figure("… memory", "%+.2f MiB" % (grown / MIB))
    check(set(seen) == {401}, "answered %s" % seen)
    check(after["sip_server_transactions"] <= 1, "strangers have transactions")  # she has one
    check(grown <= 2 * MIB, "challenges: memory grew by %d bytes" % grown)
    compare(check, figure, "requests without credentials", baseline, loaded)


def nonsense(server):
    with server.datagrams(STRANGER) as source:
        for text in NONSENSE:
            data = request("MESSAGE", TO, more=PLAIN + "Authorization: " + text + "\r\n", body=b"x",
                           sender=USER + "@localhost")
            answer = server.ask(source, data)
            check(answer is not None and answer.status in (400, 401),
                  "%s…: answered %s" % (text[:40], answer))
            check(server.alive(), "no OPTIONS answered after " + text[:40])


def one_address(server):
    """Ten wrong ones, then nobody listens any more; she, elsewhere, gets in."""
    before = server.counters()
    client = Client(USER, PASSWORD, server.udp, address="127.0.0.61")
    client.take_challenge(client.ask("MESSAGE", TO, body="x", more=PLAIN))
    seen = {}
    for number in range(1, 41):
        client.send(wrong(client, number))
        answer = client.answer()
        seen[status(answer)] = seen.get(status(answer), 0) + 1
        if status(answer) == 503:
            check("retry-after" in answer[1], "503 without Retry-After")
    limited, = difference(server.counters(), before, "sip_authentications_limited")
    figure("40 wrong passwords of one address: answered", "%s" % seen)
    check(set(seen) == {401, 503} and seen[401] <= 12 and limited == seen[503],
          "answered %s, %d counted" % (seen, limited))
    client.close()
    check(good(server) == 202, "she does not get in")


def many_addresses(server):
    """Wrong passwords, each from somewhere else, half of them for users who are not there."""
    first = Client(USER, PASSWORD, server.udp, address="127.0.0.62")
    first.take_challenge(first.ask("MESSAGE", TO, body="x", more=PLAIN))
    first.close()

    def storm(net, users):
        for number in range(ADDRESSES):
            address = "127.%d.%d.%d" % (net, number // 200, number % 200 + 1)
            client = Client(USER, PASSWORD, server.udp, address=address)
            client.challenge = first.challenge
            client.send(wrong(client, number + 1, users[number % len(users)] % number))
            client.close()
            if number % 50 == 0:
                time.sleep(0.02)  # the store is asked about each
        server.quiet()

    storm(2, (USER + "%.0s", "nobody%d"))  # warm
    before = server.counters()
    resident = server.resident()
    storm(3, (USER + "%.0s", "nobody%d"))
    grown = server.resident() - resident
    failed, limited = difference(server.counters(), before, "sip_authentications_failed",
                                 "sip_authentications_limited")
    lines = len(server.log(1 << 20).splitlines())
    figure("%d wrong passwords, each of another address: failed, not listened to" % ADDRESSES,
           "%d, %d" % (failed, limited))
    figure("… memory; lines in the log since the start", "%+.2f MiB; %d" % (grown / MIB, lines))
    check(failed > 0 and failed + limited >= ADDRESSES / 2, "%d, %d" % (failed, limited))
    check(grown <= 2 * MIB, "wrong passwords: memory grew by %d bytes" % grown)
    check(lines <= LINES_MAX, "%d lines in the log" % lines)
    check(good(server) == 202, "she does not get in from where she was before")


def main():
    server = SipServer(sip_settings=SETTINGS, users=(USER,))
    chat = Chat(server)
    check(good(server) == 202, "she does not get in")
    challenges(server, chat)
    nonsense(server)
    one_address(server)
    many_addresses(server)
    check(chat.stop(), "the pair was thrown out")
    server.stop()
    finish()


if __name__ == "__main__":
    os.nice(5)
    main()
