"""What happens to the node. Each fault is a function of the chaos that holds for some seconds and
returns a word on it; when it returns, the fault is over."""
import errno
import os
import resource
import signal
import socket
import time

MIB = 1 << 20


def press(pairs, stalled=False, bulk=0, burst=1):
    for pair in pairs:
        pair.stalled, pair.bulk, pair.burst = stalled, bulk, burst


def kill(chaos, seconds):
    """In the middle of bursts; half of the receivers never read what was sent to them last."""
    deaf = chaos.pairs[chaos.dice.randrange(2)::2]
    press(chaos.pairs, burst=20)
    press(deaf, stalled=True, burst=20)
    time.sleep(chaos.dice.uniform(0.05, 0.5))
    chaos.server.shoot()
    for pair in chaos.pairs:
        pair.burst = 1
        pair.cut = pair in deaf
    if chaos.dice.random() < 0.7:
        return "in bursts"
    time.sleep(chaos.server.delay + chaos.dice.uniform(0, 0.2))
    chaos.server.shoot()
    return "in bursts, and while it starts"


def stop(chaos, seconds):
    seconds = chaos.dice.uniform(1, min(5, 2 * seconds))
    process = chaos.server.process
    process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    process.send_signal(signal.SIGCONT)
    return "for %.1f s" % seconds


def fill_disk(chaos, seconds):
    """To the last byte; then what the node itself frees is taken, too."""
    path = os.path.join(chaos.server.disk, "filler")
    taken = 0
    end = time.monotonic() + seconds
    with open(path, "wb", buffering=0) as file:
        while time.monotonic() < end:
            for size in (MIB, 4096):
                try:
                    while True:
                        taken += file.write(b"\0" * size)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
            time.sleep(0.1)
    os.unlink(path)
    return "%d MiB taken, for %d s" % (taken // MIB, seconds)


def exhaust_descriptors(chaos, seconds):
    """The limit falls to what is open; a crowd knocks."""
    pid = chaos.server.process.pid
    try:
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        used = len(os.listdir("/proc/%d/fd" % pid))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used, before[1]))
        crowd = knock(chaos.server.port)
        chaos.pairs[0].sender.lose()  # who wants to come back meanwhile
        time.sleep(seconds)
        for one in crowd:
            one.close()
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    except (ProcessLookupError, FileNotFoundError):
        return "the node is gone"
    return "at %d, for %d s" % (used, seconds)


def knock(port):
    crowd = []
    for _ in range(50):
        try:
            crowd.append(socket.create_connection(("127.0.0.1", port), 5))
        except ConnectionError:  # nobody listens: it is being started
            pass
    return crowd


def limit_memory(chaos, seconds):
    """No more than it has now, a MiB aside. The kernel may kill it: then it is started again."""
    group = chaos.server.group
    begin = time.monotonic()
    used = group.usage()
    group.set_limit(used + MIB)
    press(chaos.pairs, bulk=2000, burst=8)
    time.sleep(seconds)
    press(chaos.pairs)
    group.set_limit(0)
    time.sleep(0.1)
    killed = chaos.server.excuse(begin)
    return "to %d MiB, for %d s%s" % ((used + MIB) // MIB, seconds,
                                      ", killed %d times" % killed if killed else "")


def step_clock(chaos, seconds):
    """Forward or back, by minutes or a day; at the end it is right again, a second step."""
    by = chaos.dice.choice((-86400, -300, -7, 7, 300, 86400))
    chaos.server.clock.step(by)
    time.sleep(seconds)
    chaos.server.clock.step(0)
    return "by %+d s and back" % by


def stall_readers(chaos, seconds):
    """Half of the receivers read nothing while their senders say much."""
    half = chaos.pairs[::2]
    press(half, stalled=True, bulk=4000, burst=8)
    time.sleep(seconds)
    press(half)
    return "%d of them, for %d s" % (len(half), seconds)


NAMES = {kill: "SIGKILL", stop: "SIGSTOP", fill_disk: "disk full",
         exhaust_descriptors: "no descriptors", limit_memory: "memory limited",
         step_clock: "clock stepped", stall_readers: "readers stalled"}


def possible(server):
    """Faults this machine permits; and (name, why not) of the others."""
    reasons = {fill_disk: server.no_disk, limit_memory: server.group.why_not,
               step_clock: server.clock.why_not}
    faults = [fault for fault in NAMES if not reasons.get(fault)]
    return faults, [(NAMES[fault], why) for fault, why in reasons.items() if why]
