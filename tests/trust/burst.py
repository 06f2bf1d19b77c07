"""20 MiB of messages from one client, as fast as the server takes them."""
import threading
import time

from client import Client

MESSAGES = 2560
BODY = "x" * 8000  # with its envelope 8 KiB on the wire


def send_all(sender, to):
    for number in range(MESSAGES):
        sender.send("<message to='%s' type='chat' id='m%d'><body>%s</body></message>"
                    % (to, number, BODY))
    sender.send("<iq type='get' id='settle' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")


def burst_to_reader(server, sender, user, password):
    """To somebody who takes it. Fills what is filled once: SQLite's caches, the journals' buffers."""
    reader = Client(server.plain, timeout=30).login(user, password, "reader")
    ended = threading.Event()

    def read():
        try:
            while reader.socket.recv(1 << 20):
                pass
        except OSError:
            pass
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    send_all(sender, reader.jid)
    sender.expect("id='settle'")
    time.sleep(1)
    reader.socket.shutdown(2)
    ended.wait(10)
