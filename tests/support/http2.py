"""HTTP/2 by hand: frames (RFC 9113, section 4.1) with heads of literal fields (RFC 7541, section 6.2.2)."""

import socket
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4


def frame(kind, stream, payload=b"", flags=0):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def number(value, bits):
    most = (1 << bits) - 1
    if value < most:
        return bytes([value])
    out, value = [most], value - most
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    return bytes([*out, value])


def block(*fields):
    """A field block; no field enters the table."""
    return b"".join(b"\0" + b"".join(number(len(part), 7) + part for part in (name.encode(), value.encode("latin-1")))
                    for name, value in fields)


def get(path, method="GET", authority="a", *more):
    return block((":method", method), (":scheme", "http"), (":path", path), (":authority", authority), *more)


class Talk:
    """A connection that sent its preface and the settings {number: value}."""

    def __init__(self, port, settings=None, patience=120):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.settimeout(patience)
        self.rest = b""
        self.send(PREFACE + frame(SETTINGS, 0, b"".join(struct.pack(">HI", *s) for s in (settings or {}).items())))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, what):
        self.socket.sendall(what)

    def frames(self):
        """(kind, flags, stream, payload) of each frame, until the server closes the connection."""
        while True:
            while len(self.rest) >= 9 and len(self.rest) >= 9 + int.from_bytes(self.rest[:3], "big"):
                size = int.from_bytes(self.rest[:3], "big")
                kind, flags = self.rest[3], self.rest[4]
                stream = int.from_bytes(self.rest[5:9], "big")
                payload, self.rest = self.rest[9:9 + size], self.rest[9 + size:]
                yield kind, flags, stream, payload
            try:
                piece = self.socket.recv(65536)
            except ConnectionResetError:
                return
            if not piece:
                return
            self.rest += piece

    def until(self, kind):
        """The next frame of this kind."""
        for got in self.frames():
            if got[0] == kind:
                return got
        raise AssertionError(f"the connection ended before a frame of type {kind}")
