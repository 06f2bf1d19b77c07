"""The node runs out of file descriptors: who is there notices nothing, newcomers are refused or wait,
counted, and all goes on when there is room again. Twice: a node that knows its limit from the
start, and one whose limit falls while it runs, so that accept() itself fails."""
import resource
import socket
import time

from client import Client, Closed
from latency import Chat, compare
from server import IO, Server, check, difference, figure, finish

LIMIT = 200


def operator_asks(server):
    """Somebody waits at the operator's port, too: that must not make the node spin."""
    return socket.create_connection(("127.0.0.1", server.http), 5)


def login_when_there_is_room(server):
    """The node sees the crowd leave in turns of its own: who comes at once may still be refused."""
    end = time.monotonic() + 10
    while True:
        try:
            return Client(server.plain, timeout=20).login("alice", server.passwords["alice"])
        except (Closed, ConnectionError):
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def run(server, name, counter):
    chat = Chat(server)
    baseline = chat.percentile(2)
    if counter == "accept_pauses":
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
    before = server.counters()
    crowd = [socket.create_connection(("127.0.0.1", server.plain), 5) for _ in range(2 * LIMIT)]
    watched = operator_asks(server)
    busy = server.processor_seconds()
    time.sleep(2)
    busy = server.processor_seconds() - busy
    loaded = chat.percentile()
    # The operator's port needs a descriptor, too; so look when there are some again.
    for raw in crowd:
        raw.close()
    watched.close()
    begin = time.monotonic()
    client = login_when_there_is_room(server)
    seconds = time.monotonic() - begin
    counted, = difference(server.counters(), before, counter)
    figure(name + ": of %d connections, %s" % (2 * LIMIT, counter), "%d" % counted)
    figure(name + ": processor time in 2 s", "%.2f s" % busy)
    check(busy < 1, name + ": the processor is busy with failing")
    figure(name + ": a login after the crowd has gone takes", "%.2f s" % seconds)
    check(counted > 0, name + ": nothing was counted")
    check(seconds < 5, name + ": the node did not recover in time")
    compare(check, figure, name, baseline, loaded)
    client.settle()
    client.close()
    check(chat.stop(), "the pair was thrown out")
    server.stop()


def main():
    run(Server(prefix=("prlimit", "--nofile=%d" % LIMIT)), "limit known",
        "connections_refused_shard")
    if IO != "uring":  # whose accept keeps the limit it was armed with
        run(Server(io="epoll"), "limit met", "accept_pauses")
    finish()


if __name__ == "__main__":
    main()
