"""Servers that can be killed and started again on the same data: rollcalld, and the peers of
Debian where they are installed. Each runs on loopback with a configuration and data of its own
below a temporary directory; nothing of the system's own installation is read or written."""
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

BUILD = os.environ.get("ROLLCALL_BUILD", "build/release")
IO = os.environ.get("ROLLCALL_IO", "auto")
PASSWORD = "secret"
PATIENCE = 60.0


def end_properly():
    """An end by SIGTERM is an end by the finally-blocks, too: no server and no mount is left."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def free_port():
    """A port nobody listens at, outside the range that outgoing connections are given: a client
    that knocks while the server is down must not meet itself."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Server:
    """What all have in common. start() comes back when clients are served."""
    name = ""

    def __init__(self, resume_seconds=5, archive=False, data=None):
        self.resume_seconds = resume_seconds
        self.archive = archive
        self.folder = tempfile.mkdtemp(prefix="rollcall-durability-")
        os.chmod(self.folder, 0o755)
        self.data = data or os.path.join(self.folder, "data")
        os.makedirs(self.data, exist_ok=True)
        self.port = free_port()
        self.process = None
        self.start_seconds = 0.0  # what the last start took
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.configure()

    def configure(self):
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def environment(self):
        return dict(os.environ)

    def spawn(self):
        self.process = subprocess.Popen(
            self.command(), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env=self.environment(), cwd=self.working_directory(), start_new_session=True)

    def working_directory(self):
        return None  # ours

    def start(self):
        begin = time.monotonic()
        self.spawn()
        self.wait_until_served()
        self.start_seconds = time.monotonic() - begin
        return self.start_seconds

    def start_and_kill(self, part):
        """Kills it in the middle of its start: `part` of what the start before took."""
        self.spawn()
        time.sleep(part * self.start_seconds)
        self.kill()

    def wait_until_served(self, patience=PATIENCE):
        end = time.monotonic() + patience
        while not self.serves():
            if self.process.poll() is not None:
                raise RuntimeError("%s did not start (status %s):\n%s"
                                   % (self.name, self.process.returncode, self.output()))
            if time.monotonic() > end:
                raise TimeoutError("%s serves nobody:\n%s" % (self.name, self.output()))
            time.sleep(0.01)

    def serves(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as probe:
                probe.sendall(b"<?xml version='1.0'?><stream:stream to='localhost' version='1.0' "
                              b"xmlns='jabber:client' "
                              b"xmlns:stream='http://etherx.jabber.org/streams'>")
                heard = b""
                while b"features>" not in heard:
                    data = probe.recv(4096)
                    if not data:
                        return False
                    heard += data
                return True
        except OSError:
            return False

    def kill(self):
        """SIGKILL to all that start() began: no goodbye, no flush."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def output(self, characters=3000):
        self.log.flush()
        with open(self.log.name, errors="replace", encoding="utf-8") as file:
            return file.read()[-characters:]

    def add_users(self, *users):
        raise NotImplementedError

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                pass
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Rollcall(Server):
    name = "rollcall"

    def __init__(self, resume_seconds=5, archive=False, data=None, io=IO, settings="", prefix=()):
        self.io = io
        self.settings = settings  # more lines of rollcall.toml; tables of their own only
        self.prefix = list(prefix)
        self.tls_port = free_port()
        super().__init__(resume_seconds, archive, data)

    def configure(self):
        self.config = os.path.join(self.folder, "rollcall.toml")
        with open(self.config, "w", encoding="ascii") as file:
            file.write("[session]\nresume_seconds = %d\n%s\n[[listener]]\naddress = \"127.0.0.1\"\n"
                       "port = %d\ntls = \"off\"\nsasl_without_tls = true\n"
                       "[[listener]]\naddress = \"127.0.0.1\"\nport = %d\n"
                       "[admin]\nmetrics = false\n"
                       % (self.resume_seconds, self.settings, self.port, self.tls_port))

    def command(self):
        return self.prefix + [os.path.abspath(BUILD + "/appliance/rollcalld"), "--config",
                              self.config, "--data", self.data, "--shards", "2", "--io", self.io]

    def rollcall(self, *arguments, text=None):
        return subprocess.run(
            [BUILD + "/appliance/rollcall", "--socket", os.path.join(self.data, "admin.sock"),
             *arguments], check=True, capture_output=True, input=text).stdout

    def add_users(self, *users):
        for user in users:
            self.rollcall("user", "add", user + "@localhost", "--password-stdin",
                          text=PASSWORD.encode() + b"\n")


def as_user(user):
    """The peers refuse to run as root."""
    return ["setpriv", "--reuid", user, "--regid", user, "--init-groups"] if not os.getuid() else []


def give(folder, user):
    if not os.getuid():
        subprocess.run(["chown", "-R", user + ":", folder], check=True)


class Prosody(Server):
    name = "prosody"
    account = "prosody"

    @staticmethod
    def installed():
        return shutil.which("prosody") is not None

    def configure(self):
        modules = ["roster", "saslauth", "disco", "ping", "presence", "message", "iq", "c2s",
                   "offline", "smacks"] + (["mam"] if self.archive else [])
        self.config = os.path.join(self.folder, "prosody.cfg.lua")
        with open(self.config, "w", encoding="ascii") as file:
            file.write("""
daemonize = false
pidfile = "{data}/prosody.pid"
data_path = "{data}"
log = {{ warn = "*console" }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
s2s_ports = {{ }}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_hashed"
storage = "internal"
modules_enabled = {{ {modules} }}
modules_disabled = {{ "s2s", "tls" }}
smacks_hibernation_time = {resume}
default_archive_policy = true
VirtualHost "localhost"
""".format(data=self.data, port=self.port, resume=self.resume_seconds,
           modules=", ".join('"%s"' % module for module in modules)))
        give(self.folder, self.account)

    def command(self):
        return as_user(self.account) + ["prosody", "--config", self.config, "-F"]

    def working_directory(self):
        return self.folder

    def add_users(self, *users):
        for user in users:
            subprocess.run(as_user(self.account) + ["prosodyctl", "--config", self.config,
                           "register", user, "localhost", PASSWORD], check=True,
                           capture_output=True, cwd=self.folder)


class Ejabberd(Server):
    name = "ejabberd"
    account = "ejabberd"

    @staticmethod
    def installed():
        return shutil.which("ejabberdctl") is not None

    def configure(self):
        self.control = os.path.join(self.folder, "control")
        os.mkdir(self.control)
        with open(os.path.join(self.control, "ejabberdctl.cfg"), "w", encoding="ascii") as file:
            file.write("ERLANG_NODE=durability@localhost\nERL_DIST_PORT=%d\n"
                       "INET_DIST_INTERFACE=127.0.0.1\n" % free_port())
        open(os.path.join(self.control, "inetrc"), "w", encoding="ascii").close()
        with open(os.path.join(self.control, "ejabberd.yml"), "w", encoding="ascii") as file:
            file.write("""
hosts: [localhost]
loglevel: warning
listen:
  -
    port: {port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
auth_method: internal
auth_password_format: scram
modules:
  mod_roster: {{}}
  mod_disco: {{}}
  mod_ping: {{}}
  mod_offline: {{}}
  mod_stream_mgmt:
    resend_on_timeout: true
    resume_timeout: {resume}
{archive}
""".format(port=self.port, resume=self.resume_seconds,
           archive="  mod_mam:\n    default: always\n" if self.archive else ""))
        give(self.folder, self.account)

    def control_command(self):
        return as_user(self.account) + ["ejabberdctl", "--config-dir", self.control, "--logs",
                                        self.folder, "--spool", self.data]

    def command(self):
        return self.control_command() + ["foreground"]

    def environment(self):
        return dict(os.environ, HOME=self.folder)

    def working_directory(self):
        return self.folder

    def add_users(self, *users):
        for user in users:
            subprocess.run(self.control_command() + ["register", user, "localhost", PASSWORD],
                           check=True, capture_output=True, env=self.environment(),
                           cwd=self.folder)
