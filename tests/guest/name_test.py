#!/usr/bin/env python3
"""The name of docteur-cache.elf: what the DHCP server learns (dnsmasq), and Multicast DNS, asked by Avahi and by hand.

Usage: name_test.py ELF DOCTEUR_MAKE CHECK    (each function below whose name CHECK is)
Runs in a network namespace of its own. Exit status 77 if this machine has none.
"""

import pathlib
import socket
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import programs
import router
import servers
import waiting
import wire

ELF, MAKE, CHECK = sys.argv[1:4]
FILES = {"page": b"a page\n" * 300}


def name(image, folder):
    """The DHCP server learns the guest's name, which the guest's own pages answer to."""
    with wire.Guest(ELF, image, ["name=Site-7"], addresses=()) as guest, \
            router.Dnsmasq(folder, f"--dhcp-range={wire.FAR},{wire.FAR},255.255.0.0") as server:
        assert guest.get("/page") == (200, FILES["page"])
        lease = server.leases.read_text().split()
        assert lease[2:4] == [wire.FAR, "Site-7"], lease
        for host, status in (("site-7", 200), ("SITE-7.local", 200), ("site-7.example", 421)):
            assert servers.fetch(80, "/.docteur/status", {"Host": host}, host=wire.FAR)[0] == status, host
    with wire.Guest(ELF, image, ["name=-x"]) as guest:
        guest.ends_with(servers.FAILED, rb"failure: name=-x: not a name of ")


GROUPS = {socket.AF_INET: "224.0.0.251", socket.AF_INET6: "ff02::fb"}


def dns_name(dotted):
    return b"".join(bytes([len(label)]) + label.encode() for label in dotted.split(".")) + b"\0"


def join(s, family):
    """Lets the socket hear the group of Multicast DNS, and send to it."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUPS[family]) + socket.inet_aton(wire.NEAR))
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(wire.NEAR))
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        return
    device = socket.if_nametoindex("docteur0")
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(family, GROUPS[family]) + struct.pack("@I", device))
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, device)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)


def is_told(family, name, kind, port, *wanted):
    """The answers to a question to the group, from `port`, hold all of `wanted`. It is asked each second until then: a
    record is left out of an answer if the group had it within the last second (RFC 6762, section 6)."""
    wanted = set(wanted)
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        join(s, family)
        s.bind(("", port))
        s.settimeout(1)
        for i in range(servers.PATIENCE):
            s.sendto(struct.pack("!6H", i, 0, 1, 0, 0, 0) + dns_name(name) + struct.pack("!HH", kind, 1), (GROUPS[family], 5353))
            try:
                while True:
                    got, where = s.recvfrom(2048)
                    if got[2] & 0x80 and where[0].split("%")[0] in (wire.FAR, wire.LINK_LOCAL):
                        wanted -= {part for part in wanted if part in got}
                        if not wanted:
                            return
            except TimeoutError:
                pass
    raise AssertionError(f"the answers about {name} lack {wanted}")


def avahi(folder, command):
    """What Avahi's daemon says to a command of its simple protocol. It has a /run of its own, and no D-Bus."""
    (folder / "avahi.conf").write_text("[server]\nenable-dbus=no\nhost-name=near\nallow-interfaces=docteur0\n[publish]\n"
                                       "disable-publishing=yes\n[rlimits]\n")
    return subprocess.run([programs.OWN_MOUNTS, sys.executable, "-c", ASK_AVAHI, str(folder / "avahi.conf"), command],
                          stdout=subprocess.PIPE, check=True, text=True, timeout=100).stdout


ASK_AVAHI = """
import os, socket, subprocess, sys, time
subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
os.mkdir("/run/avahi-daemon")
daemon = subprocess.Popen(["avahi-daemon", "-f", sys.argv[1], "--no-drop-root", "--no-chroot", "--no-rlimits"], stdout=subprocess.DEVNULL)
try:
    answer = ""
    while not answer.startswith("+"):  # "-": it has no network yet, or heard nothing
        assert daemon.poll() is None
        time.sleep(0.05)
        with socket.socket(socket.AF_UNIX) as s:
            try:
                s.connect("/run/avahi-daemon/socket")
            except OSError:
                continue
            s.sendall(sys.argv[2].encode() + b"\\n")
            answer = s.makefile().readline()
    print(answer)
finally:
    daemon.terminate()
    daemon.wait()
"""


def mdns(image, folder):
    """NAME.local has the guest's addresses, and its site is found, over both families; by Avahi as well."""
    four, six = socket.inet_aton(wire.FAR), socket.inet_pton(socket.AF_INET6, wire.LINK_LOCAL)
    with wire.Guest(ELF, image, ["name=Site-7", "mdns=on", "listen=8080"], addresses=(f"ip={wire.FAR}/16", "ip6=auto")) as guest:
        guest.waits_for(rb"network: this is Site-7.local")
        guest.waits_for(f"network: {wire.LINK_LOCAL}/64".encode())
        for family in GROUPS:
            for port in (0, 5353):
                is_told(family, "site-7.local", 1, port, four)
                is_told(family, "site-7.local", 28, port, six)
                is_told(family, "_http._tcp.local", 12, port, dns_name("site-7._http._tcp.local"), struct.pack("!HHH", 0, 0, 8080), four)
        assert avahi(folder, "RESOLVE-HOSTNAME-IPV4 site-7.local").split()[-1] == wire.FAR
        assert avahi(folder, "RESOLVE-HOSTNAME-IPV6 site-7.local").split()[-1] == wire.LINK_LOCAL
        # One from elsewhere, and one that is not for the group: a query that reaches the guest last is answered alone.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind((wire.NEAR, 0))
            s.settimeout(servers.PATIENCE)
            join(s, socket.AF_INET)
            question = dns_name("site-7.local") + struct.pack("!HH", 1, 1)
            s.sendto(struct.pack("!6H", 1, 0, 1, 0, 0, 0) + question, (wire.FAR, 5353))
            s.sendto(struct.pack("!6H", 2, 0, 1, 0, 0, 0) + question, (GROUPS[socket.AF_INET], 5353))
            assert s.recv(2048)[:2] == b"\0\2"
        guest.port = 8080
        assert guest.get("/page") == (200, FILES["page"])


def mdns_taken(image, _):
    """Another machine answers to the name when it is probed: one line says so, and the guest is silent about it."""
    with wire.Guest(ELF, image, ["name=site", "mdns=on"]) as guest, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        join(s, socket.AF_INET)
        s.bind(("", 5353))
        s.settimeout(servers.PATIENCE)
        claim = (struct.pack("!6H", 0, 0x8400, 0, 1, 0, 0) + dns_name("site.local") + struct.pack("!HHIH", 1, 0x8001, 120, 4)
                 + socket.inet_aton(wire.NEAR))

        def has_lost():  # the claim counts only while the guest probes
            s.sendto(claim, (GROUPS[socket.AF_INET], 5353))
            return b"network: another machine is site.local, so this one does not answer to it" in guest.said

        waiting.wait_until(has_lost, lambda: guest.said.decode())
        assert guest.get("/page") == (200, FILES["page"])
        s.sendto(struct.pack("!6H", 0, 0, 1, 0, 0, 0) + dns_name("site.local") + struct.pack("!HH", 1, 1), (GROUPS[socket.AF_INET], 5353))
        assert guest.get("/page") == (200, FILES["page"])  # it has had the question by now
        s.setblocking(False)
        try:
            while True:
                got, where = s.recvfrom(2048)
                assert where[0] != wire.FAR or not got[2] & 0x80, got
        except BlockingIOError:
            pass


wire.run_with_image(MAKE, FILES, globals()[CHECK], ("avahi-daemon", "dnsmasq", "unshare"))
