"""The node as an init system keeps it: started again when it ends (the unit says on-failure, after
two seconds; here after `delay`). Its data lie on a small tmpfs of their own where mounting is
permitted, so that the disk can be full; its wall clock can be stepped (clock_step.cc); it lives in
a memory cgroup where that is writable."""
import os
import signal
import struct
import subprocess
import tempfile
import threading
import time

import servers

MIB = 1 << 20
DISK = 512 * MIB
CGROUPS = "/sys/fs/cgroup/memory"  # v1; of v2 the unified hierarchy
UNIFIED = "/sys/fs/cgroup"


def mount_disk():
    """A tmpfs; or None and why not."""
    folder = tempfile.mkdtemp(prefix="rollcall-disk-")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d" % DISK, "tmpfs", folder],
                          capture_output=True, text=True)
    if done.returncode == 0:
        return folder, ""
    os.rmdir(folder)
    return None, "mounting a tmpfs is not permitted here: " + done.stderr.strip()


class MemoryGroup:
    """A cgroup of ours, of either version. `why_not` says why there is none."""

    def __init__(self):
        self.unified = os.path.exists(UNIFIED + "/cgroup.controllers")
        root = UNIFIED if self.unified else CGROUPS
        self.folder = "%s/rollcall-chaos-%d" % (root, os.getpid())
        self.why_not = ""
        self.limit = "memory.max" if self.unified else "memory.limit_in_bytes"
        self.used = "memory.current" if self.unified else "memory.usage_in_bytes"
        try:
            os.mkdir(self.folder)
            self.write(self.limit, "max" if self.unified else "-1")
        except OSError as error:
            self.why_not = "no memory cgroup can be made here: %s" % error
            self.remove()

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="ascii") as file:
            file.write(text)

    def usage(self):
        with open(os.path.join(self.folder, self.used), encoding="ascii") as file:
            return int(file.read())

    def add(self, pid):
        if not self.why_not:
            self.write("cgroup.procs", str(pid))

    def set_limit(self, limit):
        self.write(self.limit, str(limit) if limit else "max" if self.unified else "-1")

    def remove(self):
        try:
            os.rmdir(self.folder)
        except OSError:
            pass


class Clock:
    """The node's wall clock: true, plus an offset that clock_step.cc reads at each call."""

    def __init__(self, folder):
        self.file = os.path.join(folder, "clock")
        self.library = os.path.join(folder, "clock_step.so")
        with open(self.file, "wb") as file:
            file.write(bytes(8))
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "clock_step.cc")
        self.why_not = ""
        try:
            subprocess.run(["c++", "-std=c++20", "-O2", "-shared", "-fPIC", "-o", self.library,
                            source], check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            self.why_not = "clock_step.cc cannot be compiled here: %s" % error

    def step(self, seconds):
        with open(self.file, "r+b") as file:
            file.write(struct.pack("q", seconds))

    def environment(self):
        return {} if self.why_not else {"LD_PRELOAD": self.library, "CLOCK_STEP_FILE": self.file}


class Supervised(servers.Rollcall):
    """start() once; afterwards a thread looks after the process until stop()."""

    def __init__(self, delay=0.5, **options):
        self.delay = delay
        self.disk, self.no_disk = mount_disk()
        self.clock = None
        self.group = MemoryGroup()
        self.ending = False
        self.expected_end = False  # we have killed it
        self.ended_by_itself = []  # (when, status, last words)
        self.guard = None
        self.lock = threading.Lock()
        super().__init__(data=os.path.join(self.disk, "data") if self.disk else None, **options)
        self.clock = Clock(self.folder)

    def environment(self):
        return dict(os.environ, **self.clock.environment())

    def spawn(self):
        super().spawn()
        self.group.add(self.process.pid)

    def start(self):
        seconds = super().start()
        self.guard = threading.Thread(target=self.look_after, daemon=True)
        self.guard.start()
        return seconds

    def look_after(self):
        while not self.ending:
            status = self.process.poll()
            if status is None:
                time.sleep(0.02)
                continue
            with self.lock:
                if not self.expected_end:
                    self.ended_by_itself.append((time.monotonic(), status, self.output(300)))
                self.expected_end = False
            time.sleep(self.delay)
            if not self.ending:
                self.spawn()

    def shoot(self):
        """SIGKILL; comes back at once. One that is down already is on its way."""
        with self.lock:
            if self.process.poll() is None:
                self.expected_end = True
                self.process.kill()

    def excuse(self, since):
        """Ends after `since` were the fault's doing (the kernel's OOM killer). Returns how many."""
        with self.lock:
            kept = [one for one in self.ended_by_itself if one[0] < since or one[1] != -9]
            excused = len(self.ended_by_itself) - len(kept)
            self.ended_by_itself = kept
            return excused

    def resident(self):
        with open("/proc/%d/status" % self.process.pid, encoding="ascii") as file:
            rows = dict(line.split(":", 1) for line in file)
        return sum(int(rows[name].split()[0]) for name in ("RssAnon", "RssShmem")) * 1024

    def stop(self):
        self.ending = True
        if self.guard is not None:
            self.guard.join()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
        super().stop()
        self.group.remove()
        if self.disk:
            subprocess.run(["umount", self.disk], check=True)
            os.rmdir(self.disk)
