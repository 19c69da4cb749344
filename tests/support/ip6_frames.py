"""Frames of IPv6 that no socket would send, for a guest (wire.py). Needs root."""

import socket
import struct
import time

import attacks
import wire


ETHERTYPE = 0x86DD


def frame(source, to, kind, message, place, hops):
    """An Ethernet frame from 02:00:00:00:00:01: an IPv6 packet, with a checksum at `place` of the message."""
    source, to = socket.inet_pton(socket.AF_INET6, source), socket.inet_pton(socket.AF_INET6, to)
    pseudo = source + to + struct.pack("!II", len(message), kind)
    message = message[:place] + struct.pack("!H", attacks.checksum(pseudo + message)) + message[place + 2:]
    mac = b"\x33\x33" + to[12:] if to[0] == 0xFF else bytes.fromhex("525400123456")
    return mac + b"\x02\0\0\0\0\x01" + struct.pack("!HIHBB", ETHERTYPE, 6 << 28, len(message), kind, hops) + source + to + message


def icmp6(source, to, kind, rest, hops=255):
    """`rest`: of the message, behind the checksum."""
    return frame(source, to, 58, struct.pack("!BBH", kind, 0, 0) + rest, 2, hops)


def syn(source):
    """To port 80 of the link-local address, from a neighbour that does not exist."""
    return frame(source, wire.LINK_LOCAL, 6, struct.pack("!HHIIBBHHH", 4711, 80, 1, 0, 5 << 4, 2, 64240, 0, 0), 16, 64)


def advertisement(n, prefix, hops=255):
    """A router's, the n-th: a prefix for addresses, valid for an hour."""
    option = struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 3600, 3600, 0) + socket.inet_pton(socket.AF_INET6, prefix)
    return icmp6(f"fe80::66:{n:x}", "ff02::1", 134, struct.pack("!BBHII", 64, 0, 1800, 0, 0) + option, hops)


def solicitation(source, target=wire.LINK_LOCAL):
    """Asks where `target` is."""
    return icmp6(source, target, 135, bytes(4) + socket.inet_pton(socket.AF_INET6, target) + b"\1\1\2\0\0\0\0\1")


def claim(target):
    """An advertisement to everybody: `target` is here."""
    return icmp6("fe80::66", "ff02::1", 136, b"\x20\0\0\0" + socket.inet_pton(socket.AF_INET6, target) + b"\2\1\2\0\0\0\0\1")


def send_frames(frames):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind(("docteur0", 0))
        for i, each in enumerate(frames):
            s.send(each)
            if i % 50 == 49:
                time.sleep(0.01)  # the device has room for 256 frames
