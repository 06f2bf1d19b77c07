#!/usr/bin/env python3
"""Backups of a node under load, and what a node has that is restored from one. Messages to
recipients who are offline; online and silent; online and acknowledging; coming and going; a backup
again and again meanwhile. Whatever the sender had acknowledged before the command began must be
there in the restored node: come to the recipient who had not had it, and be in both archives. Then:
the databases of a quiet node, of a stopped one and of what is restored from their backups are equal
in every row; and files that are cut off, damaged or too new are refused, and nothing is touched."""
import argparse
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import servers
from session import Session, message

STATES = ("offline", "silent", "acknowledging", "coming")
RESUME_SECONDS = 6
QUIET = 0.7  # after the last message: what has not come by then does not
DATABASES = ("rollcall.sqlite", "archive.db")
SETTINGS = "unacked_stanzas_max = 10000\nunacked_bytes_max = 100000000\n[im]\noffline_messages_max = 10000\n"
ROLLCALL = os.path.abspath(servers.BUILD + "/appliance/rollcall")

problems = []


def missed(what):
    problems.append(what)
    print("MISSED: " + what, flush=True)


def rollcall(*arguments, limit=None):
    """Status and all that is said. `limit`: bytes a file may have."""
    command = [ROLLCALL, *arguments]
    if limit is not None:
        command = ["prlimit", "--fsize=%d" % limit, *command]
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
    return done.returncode, (done.stdout + done.stderr).decode()


class Talk(threading.Thread):
    """One sends, and the other is as its state says. A thread each."""

    def __init__(self, server, state, number, rate):
        super().__init__(daemon=True)
        self.server, self.state, self.rate = server, state, rate
        self.names = ("%s-%d-a" % (state, number), "%s-%d-b" % (state, number))
        self.over = False
        self.failure = None
        self.had = set()  # the recipient has said that it has these
        self.count = 0

    def prepare(self):
        self.sender = self.session(self.names[0]).login()
        self.recipient = None
        if self.state != "offline":
            self.come()

    def session(self, name):
        return Session(self.server.port, name, servers.PASSWORD, "desk")

    def come(self):
        self.recipient = self.session(self.names[1])
        self.recipient.answering = self.state != "silent"
        self.recipient.login()

    def run(self):
        try:
            turn = 0
            while not self.over:
                self.step(turn)
                turn += 1
        except Exception as error:  # told at the end: a dead thread must not look like silence
            self.failure = error
            raise

    def step(self, turn):
        body = "%s.%d" % (self.names[0], self.count)
        self.count += 1
        self.sender.say_all([(message(self.names[1] + "@localhost", body), body)], request=True)
        until = time.monotonic() + 1.0 / self.rate
        while time.monotonic() < until:
            self.sender.pump(until - time.monotonic())
        if self.state == "coming" and turn % 20 == 19:
            if self.recipient is None:
                self.come()
            else:
                self.leave()
        if self.recipient is None:
            return
        while self.recipient.pump(0):
            pass
        if self.state == "acknowledging":
            self.recipient.acknowledge()
        if self.recipient.answering:  # it says so whenever it is asked
            self.had = self.had | {one.body for one in self.recipient.messages}

    def leave(self):
        """Says what it has, and that nothing is left to be resumed."""
        self.recipient.acknowledge()
        had = {one.body for one in self.recipient.messages}
        self.recipient.close()
        self.had = self.had | had  # what came after that was not acknowledged: it comes again
        self.recipient = None

    def end(self):
        self.over = True
        self.join()
        for session in (self.sender, self.recipient):
            if session is not None:
                session.socket.close()


class Backup:
    """A file, and what had been acknowledged when the command began."""

    def __init__(self, server, folder, number, talks):
        self.file = os.path.join(folder, "backup-%d" % number)
        self.acknowledged = {talk: set(talk.sender.confirmed) for talk in talks}
        begin = time.monotonic()
        status, said = rollcall("--data", server.data, "backup", self.file)
        self.seconds = time.monotonic() - begin
        # What a recipient has had by now need not come to it again.
        self.had = {talk: set(talk.had) for talk in talks}
        if status != 0:
            missed("backup %d failed: %s" % (number, said))
        self.previous = {talk: talk.recipient.previous for talk in talks
                         if talk.state == "silent"}


def collect(port, name, previous=None):
    """All that comes to `name`, who resumes the session `previous` or signs in."""
    session = Session(port, name, servers.PASSWORD, "desk" if previous else "later")
    resumed = None
    if previous:
        session.socket.close()
        session.previous = previous
        resumed = session.resume(port)
    else:
        session.login()
    heard = len(session.messages)
    quiet = time.monotonic() + QUIET
    while time.monotonic() < quiet:
        session.pump(0.1)
        if len(session.messages) > heard:
            heard = len(session.messages)
            quiet = time.monotonic() + QUIET
    session.acknowledge()
    return session, resumed


def verify(backup, number, talks, folder):
    """Restores it, starts a node on it, and asks everybody."""
    data = os.path.join(folder, "restored-%d" % number)
    status, said = rollcall("--data", data, "restore", backup.file)
    if status != 0:
        return missed("restore %d failed: %s" % (number, said))
    node = servers.Rollcall(RESUME_SECONDS, True, data=data, settings=SETTINGS)
    try:
        node.start()
        begin = time.monotonic()
        silent = [talk for talk in talks if talk.state == "silent"]
        for talk in silent[::2]:
            judge(backup, talk, node, number, backup.previous[talk])
        time.sleep(max(0.0, begin + RESUME_SECONDS + 2.0 - time.monotonic()))
        # Whoever has not come back is neither there nor present any longer.
        left = node.rollcall("--json", "session", "list").count(b"/desk")
        if left:
            missed("backup %d: %d sessions are still there" % (number, left))
        for talk in talks:
            if talk not in silent[::2]:
                judge(backup, talk, node, number, None)
    finally:
        node.stop()
    return None


def judge(backup, talk, node, number, previous):
    """What `talk` had acknowledged before the backup has come, or was had, and is archived."""
    where = "backup %d, %s: " % (number, talk.names[1])
    wanted = backup.acknowledged[talk]
    session, resumed = collect(node.port, talk.names[1], previous)
    if resumed is False:
        missed(where + "the session was not resumed")
    came = {}
    for one in session.messages:
        came.setdefault(one.body, []).append(one.stanza_id)
    lost = wanted - set(came) - backup.had[talk]
    if lost:
        missed(where + "%d of %d are lost, as %s" % (len(lost), len(wanted), min(lost)))
    strange = [body for body, ids in came.items() if len(set(ids)) > 1 or ids[0] is None]
    if strange:
        missed(where + "%d copies have no common stanza-id" % len(strange))
    for name in talk.names:
        asking = session if name == talk.names[1] else collect(node.port, name)[0]
        archived = {body for _, body in asking.archive() or []}
        if wanted - archived:
            missed(where + "%d of %d are not in the archive of %s"
                   % (len(wanted - archived), len(wanted), name))
        asking.close()


def under_load(folder, backups, pairs, rate):
    server = servers.Rollcall(RESUME_SECONDS, True, settings=SETTINGS)
    talks = [Talk(server, state, number, rate) for state in STATES for number in range(pairs)]
    taken = []
    try:
        server.start()
        server.add_users(*[name for talk in talks for name in talk.names])
        for talk in talks:
            talk.prepare()
        for talk in talks:
            talk.start()
        for number in range(backups):
            time.sleep(1.0)
            taken.append(Backup(server, folder, number, talks))
        for talk in talks:
            talk.end()
            if talk.failure is not None:
                missed("%s ended: %s" % (talk.names[0], talk.failure))
    finally:
        server.stop()
    for number, backup in enumerate(taken):
        if min(len(bodies) for bodies in backup.acknowledged.values()) == 0:
            missed("backup %d began before there was anything to lose" % number)
        verify(backup, number, talks, folder)
    print("%d backups under load, %.0f messages/s: %.2f s each; %d acknowledged before the last; "
          "%d KiB" % (backups, rate * len(talks), sum(one.seconds for one in taken) / len(taken),
                      sum(len(bodies) for bodies in taken[-1].acknowledged.values()),
                      os.path.getsize(taken[-1].file) >> 10))
    return taken[-1].file


def dumps(data):
    """Every row of every database, and what the other files hold."""
    found = {}
    for name in DATABASES:
        with sqlite3.connect("file:%s?mode=ro" % os.path.join(data, name), uri=True) as database:
            found[name] = list(database.iterdump())
    for name in ("secret", "certificates/localhost.crt", "certificates/localhost.key"):
        with open(os.path.join(data, name), "rb") as file:
            found[name] = file.read()
    return found


def same_state(folder):
    """TRUST R26: a quiet node that runs, and one that is stopped; backup, restore, equal rows."""
    server = servers.Rollcall(RESUME_SECONDS, True, settings=SETTINGS)
    try:
        server.start()
        server.add_users("one", "two", "three")
        one = Session(server.port, "one", servers.PASSWORD, "desk").login()
        one.ask("set", "<query xmlns='jabber:iq:roster'><item jid='two@localhost' name='Two'/>"
                "</query>")
        one.ask("set", "<vCard xmlns='vcard-temp'><FN>One</FN></vCard>")
        for number in range(50):
            one.say(message("two@localhost", "stored-%d" % number))
        one.ping()
        one.close()
        time.sleep(1.0)  # the archive has looked at its feed
        live, still = os.path.join(folder, "live"), os.path.join(folder, "still")
        status, said = rollcall("--data", server.data, "backup", live)
        if status != 0:
            missed("the backup of a quiet node failed: " + said)
        server.process.terminate()
        server.process.wait(15)
        status, said = rollcall("--data", server.data, "backup", still, "--config", server.config)
        if status != 0:
            missed("the backup of a stopped node failed: " + said)
        original = dumps(server.data)
        if not any("stored-49" in line or "One" in line for line in original[DATABASES[0]]):
            missed("there was nothing to compare")
        for file in (live, still):
            data = os.path.join(folder, "same")
            shutil.rmtree(data, ignore_errors=True)
            status, said = rollcall("--data", data, "restore", file)
            if status != 0:
                missed("restore failed: " + said)
            restored = dumps(data)
            for name, rows in original.items():
                if restored.get(name) != rows:
                    missed("%s: %s is not the same" % (os.path.basename(file), name))
            # Whatever a node keeps from now on has to be in its backups.
            lacking = {name for name in set(os.listdir(server.data)) - set(os.listdir(data))
                       if not name.endswith((".lock", "-wal", "-shm"))}
            if lacking - {"admin.sock", "listening"}:
                missed("%s lacks %s" % (os.path.basename(file), lacking))
            if os.stat(file).st_mode & 0o777 != 0o600:
                missed("%s can be read by others" % file)
        in_place(server, still, original)
    finally:
        server.stop()
    print("a quiet node's and a stopped node's data come back equal in every row")


def in_place(server, file, original):
    """Over data that are there: those are kept, and the node starts on the restored ones."""
    with sqlite3.connect(os.path.join(server.data, DATABASES[0])) as database:
        database.execute("DELETE FROM users WHERE user LIKE 'two%'")
    database.close()
    damaged = dumps(server.data)
    status, said = rollcall("--data", server.data, "restore", file)
    kept = [name for name in os.listdir(server.folder) if ".before-restore-" in name]
    if status != 0 or len(kept) != 1 or kept[0] not in said:
        return missed("restore in place: %d, %s, %s" % (status, said, kept))
    if dumps(os.path.join(server.folder, kept[0])) != damaged:
        missed("what was there before the restore has not been kept as it was")
    if dumps(server.data) != original:
        missed("the restore in place is not as the backup")
    server.start()
    session, _ = collect(server.port, "two")
    if len(session.messages) != 50:
        missed("%d of 50 stored messages came after the restore" % len(session.messages))
    status, said = rollcall("--data", server.data, "restore", file)
    if status == 0 or "in use by a node" not in said:
        missed("restored under a running node: " + said)
    return None


def refused(what, words, *arguments, **limits):
    status, said = rollcall(*arguments, **limits)
    if status == 0 or words not in said:
        missed("%s: status %d, %s" % (what, status, said))


def negative(folder, file, flips, dice):
    """Nothing that is not whole is taken, and nothing is left behind or touched."""
    with open(file, "rb") as source:
        whole = source.read()
    target = os.path.join(folder, "bad")
    data = os.path.join(folder, "untouched")
    os.mkdir(data)
    places = sorted({0, 1, 5, len(whole) - 1, len(whole) - 40, len(whole) - 48} |
                    {dice.randrange(len(whole)) for _ in range(flips)})
    for place in places:
        bytes_ = bytearray(whole)
        bytes_[place] ^= 1 << dice.randrange(8)
        with open(target, "wb") as out:
            out.write(bytes_)
        refused("bit flipped at %d" % place, target, "--data", data, "restore", target)
    for length in sorted({0, 1, 47, 48, 100, len(whole) - 1, len(whole) - 48} |
                         {dice.randrange(len(whole)) for _ in range(flips // 4)}):
        with open(target, "wb") as out:
            out.write(whole[:length])
        refused("cut off at %d" % length, "seal is missing", "--data", data, "restore", target)
    refused("absent", "cannot be read", "restore", "--check", os.path.join(folder, "absent"))
    if os.listdir(data):
        missed("a refused restore has left %s" % os.listdir(data))
    for command in ("backup", "restore"):
        status, said = rollcall(command, "--check", file)
        if status != 0:
            missed("%s --check refuses what is whole: %s" % (command, said))
    print("%d bits flipped and %d cuts: all refused" % (len(places), 7 + flips // 4))


def no_room(folder, file):
    """A stopped node; the file cannot be written, or exists, or the place is not there."""
    data = os.path.join(folder, "room")
    status, said = rollcall("--data", data, "restore", file)
    if status != 0:
        return missed("restore failed: " + said)
    place = os.path.join(folder, "place")
    os.mkdir(place)
    target = os.path.join(place, "file")
    for limit in (4096, 50 << 10, 1 << 20):
        refused("limit of %d" % limit, "", "--data", data, "backup", target, limit=limit)
        if os.listdir(place):
            missed("a backup without room has left %s" % os.listdir(place))
    refused("no folder", "cannot be made", "--data", data, "backup", target + "/no/where")
    with open(target, "wb") as out:
        out.write(b"mine")
    refused("existing file", "--force", "--data", data, "backup", target)
    if open(target, "rb").read() != b"mine":
        missed("an existing file was touched")
    status, said = rollcall("--data", data, "backup", target, "--force")
    if status != 0 or rollcall("backup", "--check", target)[0] != 0:
        missed("--force: " + said)
    with sqlite3.connect(os.path.join(data, DATABASES[1])) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    refused("newer schema", "newer Rollcall", "--data", data, "backup", target, "--force")
    if rollcall("backup", "--check", target)[0] != 0 or os.listdir(place) != ["file"]:
        missed("a backup that failed has harmed the one that was there")
    full_disk(folder, data, file)
    return None


def full_disk(folder, data, file):
    """A tmpfs of 3 MiB, where that can be mounted."""
    disk = os.path.join(folder, "disk")
    os.mkdir(disk)
    if os.getuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", disk],
                                     capture_output=True).returncode:
        return print("no tmpfs here: the full disk was left out")
    try:
        refused("backup to a full disk", "o", "--data", data, "backup", disk + "/file")
        refused("restore to a full disk", "no room", "--data", disk + "/data", "restore", file)
        refused("restore onto a mount point", "is a mount point", "--data", disk, "restore", file)
        if os.listdir(disk):
            missed("a full disk keeps %s" % os.listdir(disk))
    finally:
        subprocess.run(["umount", disk], check=False)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backups", type=int, default=10)
    parser.add_argument("--pairs", type=int, default=4, help="of each state")
    parser.add_argument("--rate", type=float, default=40.0, help="messages a second, of each pair")
    parser.add_argument("--flips", type=int, default=400)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--smoke", action="store_true", help="2 backups, 100 flips")
    arguments = parser.parse_args()
    servers.end_properly()
    if arguments.smoke:
        arguments.backups, arguments.pairs, arguments.flips = 2, 2, 100
    begin = time.monotonic()
    folder = tempfile.mkdtemp(prefix="rollcall-backup-")
    try:
        same_state(folder)
        file = under_load(folder, arguments.backups, arguments.pairs, arguments.rate)
        negative(folder, file, arguments.flips, random.Random(arguments.seed))
        no_room(folder, file)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("seed %d, %.0f s: %s" % (arguments.seed, time.monotonic() - begin,
                                   "kept" if not problems else "broken"))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
