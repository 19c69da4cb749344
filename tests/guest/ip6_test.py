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
import socket
import subprocess
import sys

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
        said = guest.net()
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
        with wire.Frames(ip6_frames.ETHERTYPE) as frames:
            ip6_frames.send_frames([ip6_frames.advertisement(1, "2001:db8:66::")])
            assert curl(wire.FAR6) == FILES["page"] and frames.seen()
        said = guest.net()
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
        with wire.Guest(ELF, image, words) as guest, wire.Frames(ip6_frames.ETHERTYPE) as frames, \
                router.Dnsmasq(folder, "--enable-ra", "--dhcp-range=2001:db8:18::,ra-only,64"):
            guest.get("/page")
            ip6_frames.send_frames([ip6_frames.solicitation("fe80::66"), ip6_frames.icmp6("fe80::66", wire.LINK_LOCAL, 128, bytes(8)),
                                    ip6_frames.advertisement(1, "2001:db8:66::")])
            assert guest.get("/page") == (200, FILES["page"])
            assert not frames.seen()
            assert "fe80" not in guest.net()
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
        assert guest.said.count(line.encode()) == 1 and f"{wire.FAR6}/64 (of another machine)" in guest.net()


def ipv6_many_neighbours(image, _):
    """A thousand, each with a request: the guest asks for each one's address once, and then knows it."""
    near = [f"2001:db8:18::1:{i:x}" for i in range(1000)]
    with wire.Guest(ELF, image, addresses=FIXED, host=wire.FAR6) as guest:
        subprocess.run(["ip", "-batch", "-"], input="".join(f"address add {a}/64 dev docteur0 nodad\n" for a in near), text=True,
                       check=True, timeout=60)
        guest.get("/page")
        with wire.Frames(ip6_frames.ETHERTYPE) as frames, concurrent.futures.ThreadPoolExecutor(20) as clients:
            for least, most in ((1, 2 * len(near)), (0, 0)):
                wrong = [a for a, body in zip(near, clients.map(lambda a: wire.fetch("page", a, wire.FAR6), near)) if body != FILES["page"]]
                seen = sum(f[:3] == b"\x33\x33\xff" and f[54] == 135 for f in frames.seen())
                assert not wrong and least <= seen <= most, f"{seen} solicitations, {wrong[:3]}"


def ipv6_wire_that_loses(image, _):
    """A loss of 1 % in each direction: all bytes arrive, and lwIP's timer is hardly ever needed."""
    for seed, delay in ((1, 0), (2, 5)):
        with wire.Guest(ELF, image, addresses=FIXED, host=wire.FAR6, wire=(1, seed, delay)) as guest, wire.Frames(ip6_frames.ETHERTYPE) as frames:
            guest.get("/page")
            before = guest.counters()
            assert wire.fetch("photo", host=wire.FAR6) == FILES["photo"]
            after = guest.counters()
            again, time_outs = (after[name] - before[name] for name in ("sent again", "time-outs"))
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
                with wire.Frames(ip6_frames.ETHERTYPE) as frames:
                    got = subprocess.run([*inside, "curl", "-sS", "-g", "-H", "Connection: close", f"http://[{wire.FAR6}]/photo"],
                                         stdout=subprocess.PIPE, check=True, timeout=300).stdout
                    assert got == FILES["photo"]
                    sizes = [len(f) - 14 for f in frames.seen()]
                    counters = guest.counters()
                    print(f"{sum(n > 1300 for n in sizes)} packets did not pass; {counters['sent again']} segments sent again, "
                          f"{counters['time-outs']} time-outs")
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
        assert curl(far) == FILES["page"] and "2001:db8:64" not in guest.net(), "it believed a router that is not on the link"
        ip6_frames.send_frames([ip6_frames.syn(f"fe80::99:{i:x}") for i in range(3000)])
        assert curl(far) == FILES["page"], "neighbours that do not exist took all the room"
        ip6_frames.send_frames([ip6_frames.claim(wire.LINK_LOCAL)] * 3)
        assert curl(far) == FILES["page"], "it gave its address up"
        ip6_frames.send_frames([ip6_frames.advertisement(i, f"2001:db8:{i:x}::") for i in range(1, 1000)])
        assert curl(far) == FILES["page"] and guest.get("/page") == (200, FILES["page"])
        addresses = re.findall(r"2001:db8:\w+:\S+", guest.net().split("mac")[0])
        assert 1 <= len(addresses) <= 3, addresses
        memory = guest.status()["memory"]["used_bytes"]
        ip6_frames.send_frames([ip6_frames.solicitation(f"fe80::88:{i:x}") for i in range(3000)])
        ip6_frames.send_frames([ip6_frames.advertisement(i, f"2001:db9:{i:x}::") for i in range(1, 1000)])
        assert curl(far) == FILES["page"]
        assert guest.status()["memory"]["used_bytes"] < memory + (64 << 10)
        guest.type("halt\n")
        guest.ends_with(0)


wire.run_with_image(MAKE, FILES, globals()[CHECK], ("curl", "dnsmasq", "nsenter", "unshare"))
