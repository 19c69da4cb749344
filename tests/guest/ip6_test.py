#!/usr/bin/env python3
"""docteur-cache.elf and IPv6: its addresses, its neighbours, routers both real and hostile, narrow paths.

Usage: ip6_test.py ELF DOCTEUR_MAKE CHECK    (each function below whose name CHECK is)
Runs in a network namespace of its own, with dnsmasq as the router. Exit status 77 if this machine has none.
"""

import concurrent.futures
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import ip6_frames
import router
import servers
import waiting
import wire

ELF, MAKE, CHECK = sys.argv[1:4]
DICE = random.Random(6)
FILES = {"page": b"a page\n" * 300, "photo": DICE.randbytes(3_000_000)}
PREFIX = "2001:db8:18::/64"
AUTOMATIC = "2001:db8:18:0:5054:ff:fe12:3456"  # the guest's, in PREFIX
FIXED = (f"ip={wire.FAR}/{wire.NET}", f"ip6={wire.FAR6}/{wire.NET6}")


def curl(host, path="page", *options):
    """What curl gets from http://HOST/PATH over IPv6. It tries until the guest has confirmed its address."""
    return subprocess.run(["curl", "-sS", "-g", "-6", "--retry", "60", "--retry-connrefused", "--retry-all-errors", "--retry-delay", "1",
                           "--connect-timeout", "5", *options, f"http://[{host}]/{path}"], stdout=subprocess.PIPE, check=True, timeout=300).stdout


def fetch(path, near=None):
    """The body of one GET on its own connection from the address `near`."""
    with socket.socket(socket.AF_INET6) as s:
        s.settimeout(servers.PATIENCE)
        if near:
            s.bind((near, 0))
        s.connect((wire.FAR6, 80))
        s.sendall(f"GET /{path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
        got = b""
        while piece := s.recv(1 << 16):
            got += piece
    head, body = got.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 200"), head
    return body


def net(guest):
    """What the command net prints, the guest's addresses and counters."""
    asked = len(re.findall(rb"time-outs", guest.said))
    guest.type("net\n")
    guest.waits_for(rb"(?s)" + rb".*time-outs" * (asked + 1))
    return guest.said.decode().rsplit("> net", 1)[1]


def count(guest, name):
    return int(re.search(rf"{name} (\d+)|(\d+) {name}", net(guest)).expand(r"\1\2"))


def ipv6(image, folder):
    """A guest without words has an address of the router's prefix, and its link-local one; all are served, and named."""
    dhcp = f"--dhcp-range={wire.FAR},{wire.FAR},255.255.0.0"
    with wire.Guest(ELF, image, ["shell=23"], addresses=()) as guest, \
            router.Dnsmasq(folder, dhcp, "--enable-ra", "--dhcp-range=2001:db8:18::,ra-only,64"):
        assert curl(AUTOMATIC) == FILES["page"]
        assert curl(wire.LINK_LOCAL + "%25docteur0") == FILES["page"]
        assert guest.get("/page") == (200, FILES["page"])
        for line in (f"network: {wire.LINK_LOCAL}/64", f"network: {AUTOMATIC}/64", f"network: {wire.FAR}/16"):
            guest.waits_for(re.escape(line).encode() + rb"\r?\n|" + re.escape(line).encode() + b" gateway")
        said = net(guest)
        assert f"{wire.FAR}/16" in said and f"{wire.LINK_LOCAL}/64" in said, said
        assert f"{AUTOMATIC}/64 gateway fe80::" in said, said
        # The server's own pages at an address of either family, and on both ports.
        assert b'"commit"' in curl(AUTOMATIC, ".docteur/status")
        guest.host = AUTOMATIC
        with guest.shell() as shell:
            assert wire.LINK_LOCAL in shell("net")
        guest.waits_for(rb"shell: \[2001:db8:18:[0-9a-f:]+\]:\d+ connected")
        guest.type("halt\n")
        guest.ends_with(0)


def ipv6_static(image, _):
    """An address and a gateway that were set; no router is heard. Ports of one family, and of an address."""
    words = [f"gateway6={wire.NEAR6}", f"status=[{wire.FAR6}]:81", f"shell={wire.FAR}:23"]
    with wire.Guest(ELF, image, words, addresses=FIXED, host=wire.FAR6) as guest:
        behind = wire.open_tap("behind")  # an address that is not in the guest's network
        wire.set_up("behind", "2001:db8:99::1/64")
        assert guest.get("/page") == (200, FILES["page"])
        assert curl(wire.FAR6, "page", "--interface", "2001:db8:99::1") == FILES["page"]
        status, _, _ = servers.fetch(81, "/.docteur/status", host=wire.FAR6)
        assert status == 200
        waiting.expect(refused(wire.FAR, 81) and refused(wire.FAR6, 23), "a port of one family is open in the other")
        with ip6_frames.Frames() as frames:
            ip6_frames.send_frames([ip6_frames.advertisement(1, "2001:db8:66::")])
            assert curl(wire.FAR6) == FILES["page"] and frames.seen()
        said = net(guest)
        assert f"{wire.FAR6}/64 gateway {wire.NEAR6}" in said and "2001:db8:66" not in said, said
        os.close(behind)


def refused(host, port):
    try:
        socket.create_connection((host, port), timeout=servers.PATIENCE).close()
    except ConnectionRefusedError:
        return True
    return False


def ipv6_off(image, folder):
    """Not a frame of IPv6 comes from a guest that has none: with ip6=off, and with nothing but ip=ADDRESS."""
    for words in (["ip6=off"], []):
        with wire.Guest(ELF, image, words) as guest, ip6_frames.Frames() as frames, \
                router.Dnsmasq(folder, "--enable-ra", "--dhcp-range=2001:db8:18::,ra-only,64"):
            guest.get("/page")
            ip6_frames.send_frames([ip6_frames.solicitation("fe80::66"), ip6_frames.icmp6("fe80::66", wire.LINK_LOCAL, 128, bytes(8)),
                                    ip6_frames.advertisement(1, "2001:db8:66::")])
            assert guest.get("/page") == (200, FILES["page"])
            assert not frames.seen()
            assert "fe80" not in net(guest)
    with wire.Guest(ELF, image, [f"listen=[{wire.FAR6}]:80"]) as guest:
        guest.ends_with(servers.FAILED, re.escape(f"cannot listen on [{wire.FAR6}]:80: IPv6 is off").encode())


def ipv6_duplicate(image, _):
    """Another machine has the address: one line says so, and IPv4 is served all the time."""
    wire.run("ip", "link", "set", "lo", "up")
    with wire.Guest(ELF, image, addresses=FIXED) as guest:
        wire.set_up("docteur0", f"{wire.FAR6}/64")
        guest.get("/page")
        line = f"network: another machine has {wire.FAR6}, so it is not used"
        guest.waits_for(line.encode())
        assert guest.get("/page") == (200, FILES["page"])
        assert curl(wire.LINK_LOCAL + "%25docteur0") == FILES["page"]
        assert guest.said.count(line.encode()) == 1 and f"{wire.FAR6}/64 (of another machine)" in net(guest)


def ipv6_many_neighbours(image, _):
    """A thousand, each with a request: the guest asks for each one's address once, and then knows it."""
    near = [f"2001:db8:18::1:{i:x}" for i in range(1000)]
    with wire.Guest(ELF, image, addresses=FIXED, host=wire.FAR6) as guest:
        subprocess.run(["ip", "-batch", "-"], input="".join(f"address add {a}/64 dev docteur0 nodad\n" for a in near), text=True,
                       check=True, timeout=60)
        guest.get("/page")
        with ip6_frames.Frames() as frames, concurrent.futures.ThreadPoolExecutor(20) as clients:
            for least, most in ((1, 2 * len(near)), (0, 0)):
                wrong = [a for a, body in zip(near, clients.map(lambda a: fetch("page", a), near)) if body != FILES["page"]]
                seen = sum(f[:3] == b"\x33\x33\xff" and f[54] == 135 for f in frames.seen())
                assert not wrong and least <= seen <= most, f"{seen} solicitations, {wrong[:3]}"


def ipv6_wire_that_loses(image, _):
    """A loss of 1 % in each direction: all bytes arrive, and lwIP's timer is hardly ever needed."""
    for seed, delay in ((1, 0), (2, 5)):
        with wire.Guest(ELF, image, addresses=FIXED, host=wire.FAR6, wire=(1, seed, delay)) as guest, ip6_frames.Frames() as frames:
            guest.get("/page")
            before = {name: count(guest, name) for name in ("sent again", "time-outs")}
            assert fetch("photo") == FILES["photo"]
            again, time_outs = (count(guest, name) - before[name] for name in ("sent again", "time-outs"))
            longest = max(map(len, frames.seen()))
            print(f"seed {seed}, {delay} ms: {again} segments sent again, {time_outs} time-outs; the longest frame has {longest} bytes")
            assert again >= 10, "nothing was lost"
            assert time_outs <= max(1, again // 4), f"{time_outs} time-outs, {again} segments sent again"
            assert longest == 14 + 40 + 20 + 1440, longest


def ipv6_narrow_path(image, _):
    """A client behind a link of 1,300 bytes that does not know of it: the router says so, and segments become smaller."""
    link = None
    inner = subprocess.Popen(["unshare", "-n", "sleep", "infinity"])
    try:
        here = pathlib.Path("/proc/self/ns/net").readlink()
        waiting.wait_until(lambda: pathlib.Path(f"/proc/{inner.pid}/ns/net").readlink() != here, "no second namespace")
        inside = ["nsenter", "-t", str(inner.pid), "-n"]
        link = wire.relay(wire.open_tap("narrow"), wire.open_tap_in(inner.pid, "wide", "2001:db8:19::2/64"), 0, 1)
        wire.set_up("narrow", "2001:db8:19::1/64")
        wire.run("ip", "link", "set", "narrow", "mtu", "1300")
        wire.run(*inside, "ip", "route", "add", "default", "via", "2001:db8:19::1")
        pathlib.Path("/proc/sys/net/ipv6/conf/all/forwarding").write_text("1")
        with wire.Guest(ELF, image, [f"gateway6={wire.NEAR6}"], addresses=FIXED, host=wire.FAR6) as guest:
            guest.get("/page")
            for _ in range(3):
                with ip6_frames.Frames() as frames:
                    got = subprocess.run([*inside, "curl", "-sS", "-g", "-H", "Connection: close", f"http://[{wire.FAR6}]/photo"],
                                         stdout=subprocess.PIPE, check=True, timeout=300).stdout
                    assert got == FILES["photo"]
                    sizes = [len(f) - 14 for f in frames.seen()]
                    print(f"{sum(n > 1300 for n in sizes)} packets did not pass; {count(guest, 'sent again')} segments sent again, "
                          f"{count(guest, 'time-outs')} time-outs")
                    assert max(sizes[-100:]) <= 1300, sizes[-100:]
            assert max(sizes) == 1300, "a later connection forgot the path"
    finally:
        wire.end_wire(link)
        inner.kill()
        inner.wait()


def ipv6_hostile_neighbours(image, _):
    """Routers from elsewhere, thousands of routers, prefixes and neighbours, claims to the guest's address: it goes on."""
    with wire.Guest(ELF, image, addresses=(f"ip={wire.FAR}/16", "ip6=auto")) as guest:
        far = wire.LINK_LOCAL + "%25docteur0"
        assert curl(far) == FILES["page"]
        ip6_frames.send_frames([ip6_frames.advertisement(1, "2001:db8:64::", 64)] * 3)
        ip6_frames.send_frames([ip6_frames.solicitation(f"fe80::77:{i:x}") for i in range(3000)])
        assert curl(far) == FILES["page"] and "2001:db8:64" not in net(guest), "it believed a router that is not on the link"
        ip6_frames.send_frames([ip6_frames.syn(f"fe80::99:{i:x}") for i in range(3000)])
        assert curl(far) == FILES["page"], "neighbours that do not exist took all the room"
        ip6_frames.send_frames([ip6_frames.claim(wire.LINK_LOCAL)] * 3)
        assert curl(far) == FILES["page"], "it gave its address up"
        ip6_frames.send_frames([ip6_frames.advertisement(i, f"2001:db8:{i:x}::") for i in range(1, 1000)])
        assert curl(far) == FILES["page"] and guest.get("/page") == (200, FILES["page"])
        addresses = re.findall(r"2001:db8:\w+:\S+", net(guest).split("mac")[0])
        assert 1 <= len(addresses) <= 3, addresses
        memory = guest.status()["memory"]["used_bytes"]
        ip6_frames.send_frames([ip6_frames.solicitation(f"fe80::88:{i:x}") for i in range(3000)])
        ip6_frames.send_frames([ip6_frames.advertisement(i, f"2001:db9:{i:x}::") for i in range(1, 1000)])
        assert curl(far) == FILES["page"]
        assert guest.status()["memory"]["used_bytes"] < memory + (64 << 10)
        guest.type("halt\n")
        guest.ends_with(0)


def main():
    wire.enter()
    for program in ("curl", "dnsmasq", "nsenter", "unshare"):
        if not shutil.which(program):
            print(f"no {program} here")
            sys.exit(wire.SKIPPED)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        image = servers.make_image(MAKE, folder / "site", FILES, folder / "disk.img")
        globals()[CHECK](image, folder)


main()
