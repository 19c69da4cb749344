"""Ports that do what no sound server does, and a port in front of one that is sound."""

import contextlib
import socket
import threading
import time

from network import PATIENCE


class Forwarder:
    """A TCP port in front of another that counts what passes, and does to what the server sends as `spoil(data, at)` says:
    bytes to send on instead, None to be silent from there on, or an exception to cut the connection. `at`: how many
    bytes of the connection came before. `pause`: seconds between two pieces."""

    def __init__(self, port, spoil=None, pause=0.0, piece=65536):
        self.target, self.spoil, self.pause, self.piece = port, spoil, pause, piece
        self.received = self.sent = self.connections = 0  # as the client sees it
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.server.accept()
            self.connections += 1
            try:
                upstream = socket.create_connection(("127.0.0.1", self.target))
            except OSError:  # the test has ended, and its servers with it
                client.close()
                continue
            threading.Thread(target=self.forward, args=(client, upstream), daemon=True).start()
            threading.Thread(target=self.back, args=(upstream, client), daemon=True).start()

    def forward(self, client, upstream):
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                self.sent += len(data)
                upstream.sendall(data)
            upstream.shutdown(socket.SHUT_WR)

    def back(self, upstream, client):
        at = 0
        try:
            while data := upstream.recv(self.piece):
                size = len(data)
                if self.spoil:
                    data = self.spoil(data, at)
                    if data is None:
                        time.sleep(PATIENCE)
                        return
                at += size
                self.received += len(data)
                client.sendall(data)
                time.sleep(self.pause)
            client.shutdown(socket.SHUT_WR)
        except (OSError, EOFError):
            for s in (client, upstream):
                with contextlib.suppress(OSError):
                    s.shutdown(socket.SHUT_RDWR)
                s.close()


class Server:
    """A TCP port that hands each connection to `talk(connection)` in a thread."""

    def __init__(self, talk):
        self.talk = talk
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.threads = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.server.accept()
            threading.Thread(target=self.answer, args=(client,), daemon=True).start()

    def answer(self, client):
        with contextlib.suppress(OSError):
            self.talk(client)
            client.shutdown(socket.SHUT_RDWR)
        client.close()
