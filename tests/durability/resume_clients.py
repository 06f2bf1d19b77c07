#!/usr/bin/python3
"""Clients as people have them, slixmpp and aioxmpp: each resumes its session across a kill and a
restart of the node, with nothing lost and nothing twice, and pages through an archive of 10,000
messages that was filled before and after the kill. The other side is the plain client of this
folder. What is not installed is skipped, and said."""
import argparse
import asyncio
import importlib.util
import os
import pathlib
import sys
import time

import servers
from session import Session, message

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
RESUME_SECONDS = 60
PATIENCE = 20
PAGE = 250
STRIDE = 200


class Node:
    """A server as the clients of tests/interop want to see it."""

    def __init__(self, server):
        self.server = server
        self.domain = "localhost"
        self.port = server.tls_port
        self.authority = pathlib.Path(server.data) / "certificates" / "localhost.crt"

    def user(self, name):
        import harness
        self.server.add_users(name)
        return harness.User(name + "@localhost", servers.PASSWORD)


class Friend:
    """The other side: counts acknowledgements, comes back by itself."""

    def __init__(self, server, name, to):
        server.add_users(name)
        self.server, self.to, self.said = server, to, 0
        self.session = Session(server.port, name, servers.PASSWORD, "friend").login()

    def say(self, count):
        """Says `count` more; returns their bodies when all are acknowledged."""
        bodies = ["%s-%d." % (self.session.user, self.said + number) for number in range(count)]
        self.said += count
        for at in range(0, count, 50):
            self.session.say_all([(message(self.to, body), body) for body in bodies[at:at + 50]],
                                 request=True)
            self.session.until(lambda: len(self.session.unacknowledged) < 200, "acknowledgements")
        self.session.until(lambda: not self.session.unacknowledged, "acknowledgements")
        return bodies

    def come_back(self):
        self.session.drain()
        return self.session.resume(self.server.port)


class Slixmpp:
    """A client of slixmpp, driven as tests/interop drives it."""
    name = "slixmpp"

    def __init__(self, node, user):
        import peer
        self.client = peer.Peer(node, user, "desk", ("xep_0198", "xep_0199", "xep_0313"))
        self.client.loop = asyncio.get_running_loop()

    async def arrive(self):
        await self.client.arrive()
        await self.client.hear("sm_enabled")

    def heard(self):
        """Bodies received since the last time, in order."""
        bodies = [one["body"] for name, one in self.client._heard if name == "message"]
        self.client._heard = [one for one in self.client._heard if one[0] != "message"]
        return bodies

    async def resume(self):
        await self.client.hear("disconnected")
        self.client.dial()
        await self.client.hear("session_resumed")

    async def archive(self):
        found = []
        async for one in self.client.plugin["xep_0313"].iterate(rsm={"max": PAGE}):
            result = one["mam_result"]
            found.append((result["id"], result["forwarded"]["stanza"]["body"]))
        return found

    async def leave(self):
        await self.client.leave()


class Aioxmpp:
    """A client of aioxmpp; it reconnects and resumes by itself."""
    name = "aioxmpp"

    def __init__(self, node, user):
        os.environ["SSL_CERT_FILE"] = str(node.authority)
        import archive_aioxmpp
        import aioxmpp_test
        self.pages = archive_aioxmpp.pages
        self.client = aioxmpp_test.Client(node, user, "desk")
        self.client.client.on_stream_destroyed.connect(
            lambda *_: self.client._record("destroyed", None))

    async def arrive(self):
        await self.client.arrive()

    def heard(self):
        bodies = [what.body.any() for name, what in self.client._heard
                  if name == "message" and what.body]
        self.client._heard = [one for one in self.client._heard if one[0] != "message"]
        return bodies

    async def resume(self):
        await self.client.hear("suspended")
        await self.client.hear("resumed")  # it says so of a new session, too, which is destroyed
        if self.client.has_heard("destroyed"):
            raise AssertionError("the session was not resumed, but begun anew")

    async def archive(self):
        return await self.pages(self.client, PAGE)

    async def leave(self):
        await asyncio.wait_for(self.client.leave(), PATIENCE)


async def expect(client, bodies, what, linger=0.5):
    """Exactly these, in order; a moment more for what should not come."""
    heard = []
    end = time.monotonic() + PATIENCE
    while len(heard) < len(bodies) and time.monotonic() < end:
        await asyncio.sleep(0.05)
        heard += client.heard()
    await asyncio.sleep(linger)
    heard += client.heard()
    if heard != bodies:
        raise AssertionError("%s: heard %d messages instead of %d: lost %s, twice or strange %s" % (
            what, len(heard), len(bodies), sorted(set(bodies) - set(heard))[:5],
            sorted(body for body in set(heard)
                   if heard.count(body) > 1 or body not in bodies)[:5]))


async def in_thread(function, *arguments):
    """The friend is not asynchronous; the client under test must be heard meanwhile."""
    return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)


async def resume(node, client, friend):
    bodies = await in_thread(friend.say, 20)
    await expect(client, bodies, "before the kill")
    node.server.kill()
    await in_thread(node.server.start)
    # The friend is back first: what it says now waits for the session that is not yet resumed.
    friend.come_back()
    bodies = await in_thread(friend.say, 20)
    await asyncio.wait_for(client.resume(), PATIENCE)
    await expect(client, bodies, "after the restart")
    bodies = await in_thread(friend.say, 20)
    await expect(client, bodies, "after the resumption")


async def page_through(client, friend, count):
    # No faster than the client reads: one that leaves a thousand unacknowledged is thrown out.
    while friend.said < count:
        bodies = await in_thread(friend.say, min(STRIDE, count - friend.said))
        await expect(client, bodies, "while the archive fills", linger=0)
    begin = time.monotonic()
    found = await client.archive()
    seconds = time.monotonic() - begin
    bodies = ["%s-%d." % (friend.session.user, number) for number in range(count)]
    if [body for _, body in found] != bodies:
        raise AssertionError("the archive's pages had %d messages instead of %d" % (
            len(found), count))
    if len({one for one, _ in found}) != count:
        raise AssertionError("ids of the archive are not unique")
    return seconds


async def trial(kind, server, count, missed):
    """Both questions to one client library."""
    node = Node(server)
    client = kind(node, node.user(kind.name))
    friend = Friend(server, kind.name + "-friend", kind.name + "@localhost")
    try:
        await asyncio.wait_for(client.arrive(), PATIENCE)
        await in_thread(friend.session.ping)
        try:
            await resume(node, client, friend)
            print("%s: resumed across a kill, nothing lost, nothing twice" % kind.name)
        except (AssertionError, asyncio.TimeoutError, TimeoutError) as error:
            missed.append("%s: resumption: %s" % (
                kind.name, str(error).splitlines()[0] if str(error) else "no sign of it"))
        try:
            seconds = await page_through(client, friend, count)
            print("%s: %d archived messages in pages of %d, in order, in %.1f s"
                  % (kind.name, count, PAGE, seconds))
        except Exception as error:  # whatever the library makes of an answer it did not expect
            missed.append("%s: archive: %s: %s" % (kind.name, type(error).__name__, error))
    finally:
        try:
            await asyncio.wait_for(client.leave(), PATIENCE)
        except Exception as error:
            print("%s: did not leave: %r" % (kind.name, error))
        friend.session.socket.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000, help="in the archive")
    parser.add_argument("--smoke", action="store_true", help="600 messages in the archive")
    parser.add_argument("--client", choices=("slixmpp", "aioxmpp"), help="only this one")
    arguments = parser.parse_args()
    servers.end_properly()
    missed = []
    measured = 0
    for kind in (Slixmpp, Aioxmpp):
        if arguments.client not in (None, kind.name):
            continue
        if importlib.util.find_spec(kind.name) is None:
            print("skipped: %s is not installed: apt-get install python3-%s"
                  % (kind.name, kind.name))
            continue
        measured += 1
        server = servers.Rollcall(RESUME_SECONDS)
        try:
            server.start()
            asyncio.run(trial(kind, server, 600 if arguments.smoke else arguments.messages,
                              missed))
        finally:
            server.stop()
    for what in missed:
        print("MISSED: " + what)
    sys.exit(1 if missed else 0 if measured else 77)


if __name__ == "__main__":
    main()
