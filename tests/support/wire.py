"""A private network: a namespace, a wire into it, and at the wire's far end a guest or a Linux process.

enter() gives this process, and all that it starts, a network namespace, which ends with the last of them: nothing is left
behind, and no address is anybody else's. Needs root and /dev/net/tun.
"""

import ctypes
import fcntl
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

import servers
from programs import skip

NEAR, FAR, NET = "198.18.0.1", "198.18.0.2", 16  # of the client and of the server (RFC 2544: for tests of networks)
NEAR6, FAR6, NET6 = "2001:db8:18::1", "2001:db8:18::2", 64  # RFC 3849: for examples
LINK_LOCAL = "fe80::5054:ff:fe12:3456"  # of a guest, from the address of QEMU's card
CLONE_NEWNET = 0x40000000
RELAY = pathlib.Path(__file__).with_name("lossy_wire.py")


def run(*command):
    subprocess.run(command, check=True, timeout=60)


def own_network():
    """Moves this process into a new namespace without a route out. Its loopback works."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    run("ip", "link", "set", "lo", "up")


def enter():
    """own_network(); where namespaces are not available, the test is skipped."""
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
        own_network()
    except (OSError, subprocess.SubprocessError) as why:
        skip(f"no network of one's own here (root and /dev/net/tun are needed): {why}")


def run_with_image(make, files, check, programs=()):
    """Calls check(image, folder) in a namespace of its own, with an image of `files` in a folder that is then removed.

    The test is skipped where one of `programs` is missing.
    """
    enter()
    for program in programs:
        if not shutil.which(program):
            skip(f"no {program} here")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        check(servers.make_image(make, folder / "site", files, folder / "disk.img"), folder)


def open_tap(name):
    """A descriptor of the tap device `name`, which exists as long as the descriptor."""
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, 0x400454CA, struct.pack("16sH22x", name.encode(), 0x1002))  # TUNSETIFF: IFF_TAP, IFF_NO_PI
    return tap


def open_tap_in(pid, name, *addresses):
    """The same in the namespace of the process `pid`, set up."""
    here, there = (os.open(f"/proc/{who}/ns/net", os.O_RDONLY) for who in ("self", pid))
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        if libc.setns(there, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        tap = open_tap(name)
        set_up(name, *addresses)
    finally:
        libc.setns(here, CLONE_NEWNET)
        os.close(here)
        os.close(there)
    return tap


def set_up(name, *addresses):
    for address in addresses:
        run("ip", "address", "add", address, "dev", name, *(["nodad"] if ":" in address else []))
    run("ip", "link", "set", name, "up")


def fetch(path, near=None, host=FAR, after=None):
    """The body of one GET on its own connection from the address `near`. Calls after(socket) before the connection is closed."""
    with socket.create_connection((host, 80), servers.PATIENCE, (near, 0) if near else None) as s:
        s.sendall(f"GET /{path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
        got = b""
        while piece := s.recv(1 << 16):
            got += piece
        if after:
            after(s)
    head, body = got.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 200"), head
    return body


class Frames:
    """The frames of one EtherType that the far end has sent since the beginning of the `with`."""

    def __init__(self, ethertype):
        self.ethertype = ethertype

    def __enter__(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(self.ethertype))
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE
        self.socket.bind(("docteur0", 0))
        self.socket.setblocking(False)
        return self

    def __exit__(self, *_):
        self.socket.close()

    def seen(self):
        """Those since the last call."""
        frames = []
        while True:
            try:
                got, where = self.socket.recvfrom(2048)
            except BlockingIOError:
                return frames
            if where[2] != socket.PACKET_OUTGOING:
                frames.append(got)


class Guest(servers.Server):
    """docteur-cache.elf at FAR, on a wire to this process's namespace at NEAR, and NEAR6.

    `addresses`: the words for the guest's addresses, instead of FAR; `host`: where to reach it.

    `wire`: None for a tap device, else (loss in percent, seed, milliseconds of each frame's way): then frames pass a relay
    that loses some.
    """

    def __init__(self, elf, image, words=(), memory=64, wire=None, machine="microvm", qemu=(),
                 addresses=(f"ip={FAR}/{NET}", f"gateway={NEAR}"), host=FAR):
        self.relay, self.far_end, descriptors = None, None, []
        if wire is None:
            run("ip", "tuntap", "add", "docteur0", "mode", "tap")
            netdev = "tap,id=n0,ifname=docteur0,script=no,downscript=no"
        else:
            near_end, far_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            netdev, descriptors = f"socket,id=n0,fd={far_end.fileno()}", [far_end]
            self.relay = relay(open_tap("docteur0"), near_end.detach(), *wire)
        set_up("docteur0", f"{NEAR}/{NET}", f"{NEAR6}/{NET6}")
        options, bus = servers.MACHINES[machine]
        command = ["qemu-system-x86_64", "-accel", "tcg", "-m", str(memory), "-nodefaults", "-no-user-config", "-display", "none",
                   "-serial", "stdio", "-no-reboot", "-device", "isa-debug-exit", *options, "-kernel", elf, "-append",
                   " ".join((*addresses, *words)), "-drive",
                   f"if=none,id=d0,file={image},format=raw,readonly=on", "-device", f"virtio-blk-{bus},drive=d0", "-netdev", netdev,
                   "-device", f"virtio-net-{bus},netdev=n0", *qemu]
        super().__init__(command, [80], 23, host=host, pass_fds=[d.fileno() for d in descriptors])
        for d in descriptors:
            d.close()

    def net(self):
        """What the command net of its shell prints: addresses and counters."""
        asked = len(re.findall(rb"time-outs", self.said))
        self.type("net\n")
        self.waits_for(rb"(?s)" + rb".*time-outs" * (asked + 1))
        return self.said.decode().rsplit("> net", 1)[1]

    def counters(self):
        """{name: count} of the network counters in net()."""
        names = ("received", "received bytes", "sent", "sent bytes", "lost", "sent again", "time-outs")
        return dict(zip(names, map(int, re.findall(r"\d+", self.net().rsplit("received", 1)[1]))))

    def __exit__(self, *how):
        super().__exit__(*how)
        end_wire(self.relay)
        if self.relay is None:
            run("ip", "link", "delete", "docteur0")


class Process(servers.Server):
    """docteur-cache at FAR in its own namespace; the wire is as for Guest, but always through the relay."""

    def __init__(self, program, image, words=(), wire=(0, 1, 0)):
        super().__init__([sys.executable, "-c", BEHIND_A_TAP, str(program), str(image), "--listen", f"{FAR}:80", *words], [80], 23, host=FAR)
        far_tap = self.tap_of_child()
        self.relay = relay(open_tap("docteur0"), far_tap, *wire)
        set_up("docteur0", f"{NEAR}/{NET}")
        self.type("go\n")

    def tap_of_child(self):
        """The server's process prints "ready" when it has a namespace; the tap device in it is opened here."""
        self.waits_for(rb"ready\n")
        return open_tap_in(self.process.pid, "docteur1", f"{FAR}/{NET}")

    def __exit__(self, *how):
        super().__exit__(*how)
        end_wire(self.relay)


# On both sides segments are no larger than a frame.
BEHIND_A_TAP = """
import ctypes, os, subprocess, sys
assert ctypes.CDLL(None).unshare(0x40000000) == 0
print("ready", flush=True)
sys.stdin.readline()
os.execv(sys.argv[1], sys.argv[1:])
"""


def relay(one, other, loss, seed, delay=0):
    """A process that passes frames between two descriptors, and owns both."""
    process = subprocess.Popen([sys.executable, str(RELAY), *map(str, (one, other, loss, seed, delay))], pass_fds=(one, other),
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    os.close(one)
    os.close(other)
    return process


def end_wire(process):
    if process is not None:
        process.terminate()
        process.communicate()
