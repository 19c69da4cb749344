#!/usr/bin/env python3
"""Where docteur-cache listens, and what it tells who started it: sockets in the file system, those of systemd, free ports,
names of hosts; and clients behind proxies, beside nginx.

Usage: sockets_test.py DOCTEUR_CACHE DOCTEUR_MAKE   Exit status 77 when a program is absent.
"""

import os
import pathlib
import re
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers
from nginx import Nginx
from ports import free_port
from programs import program
from waiting import expect, listens, wait_until

CACHE, MAKE = sys.argv[1:3]
CURL, ACTIVATE = program("curl"), program("systemd-socket-activate")
V2 = b"\r\n\r\n\0\r\nQUIT\n"


class Cache(servers.Server):
    """docteur-cache with these options only."""

    def __init__(self, image, *options, before=(), environment=None):
        with_environment = ["env", *[f"{k}={v}" for k, v in (environment or {}).items()]]
        super().__init__([*with_environment, *before, CACHE, str(image), *map(str, options)], [0], 0)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.ends_with(0)


def fails(image, *options, status=3):
    run = subprocess.run([CACHE, str(image), *map(str, options)], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    expect(run.returncode == status, (options, run))
    return run.stderr.decode()


def curl(*options):
    return subprocess.run([CURL, "-s", "--max-time", "60", *map(str, options)], stdout=subprocess.PIPE, check=False).stdout


def ask(address, request):
    """The answer; b"" when the connection is closed without one."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as s:
        s.settimeout(servers.PATIENCE)
        s.connect(address)
        got = b""
        try:
            for piece in request if isinstance(request, list) else [request]:
                s.sendall(piece)
            s.shutdown(socket.SHUT_WR)
            while piece := s.recv(65536):
                got += piece
        except TimeoutError:
            raise
        except OSError:  # reset
            pass
        return got


def sockets_of_files(work, image):
    path = work / "s"
    with Cache(image, "--listen", f"unix:{path}", "--socket-mode", "0620", "--access-log", "stderr") as cache:
        wait_until(lambda: listens(path), "nobody listens")
        expect(stat.S_IMODE(path.stat().st_mode) == 0o620, oct(path.stat().st_mode))
        cache.waits_for(f"HTTP on unix:{path} ".encode())
        expect(curl("--unix-socket", path, "http://a/page.html") == b"a page\n" * 3000, "the page differs")
        cache.waits_for(rb"unix: - - \[.*\] \"GET /page.html HTTP/1.1\" 200 21000 ")
        # Somebody listens there; and what is no socket stays.
        expect("in use by another program" in fails(image, "--listen", f"unix:{path}"), "the socket was taken away")
        expect(curl("--unix-socket", path, "http://a/") == b"<h1>top", "it no longer listens")
        cache.stop()
    expect(not path.exists(), "the socket stays")
    path.write_text("precious")
    fails(image, "--listen", f"unix:{path}")
    expect(path.read_text() == "precious", "a file was replaced")
    path.unlink()
    # A process that was killed leaves its socket behind.
    with Cache(image, "--listen", f"unix:{path}") as cache:
        wait_until(lambda: listens(path), "nobody listens")
        cache.process.kill()
        cache.process.wait()
    expect(path.exists(), "there is no stale socket")
    with Cache(image, "--listen", f"unix:{path}") as cache:
        cache.waits_for(rb"HTTP on unix:")
        expect(curl("--unix-socket", path, "http://a/") == b"<h1>top", "a stale socket was not replaced")
        # Another server's name is not removed.
        path.unlink()
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(path))
            cache.stop()
            expect(path.exists(), "another server's socket was removed")
    path.unlink()
    fails(image, "--listen", f"unix:{work}/no/such/folder")
    fails(image, "--listen", "unix:/" + "x" * 200)
    for mode in ("8", "1777", "", "0x1"):
        fails(image, "--socket-mode", mode, status=2)


def names_and_ports(image):
    for at, shown in (("127.0.0.1:0", rb"127\.0\.0\.1"), ("[::1]:0", rb"\[::1\]"), ("localhost:0", rb"(?:127\.0\.0\.1|\[::1\])"), ("0", rb"")):
        if at.startswith("[") and not pathlib.Path("/proc/net/if_inet6").exists():
            continue
        with Cache(image, "--listen", at) as cache:
            cache.waits_for(rb"HTTP on " + shown + rb":(\d+) ")
            port = int(re.search(rb"HTTP on .*?:(\d+) ", cache.said)[1])
            host = "[::1]" if at.startswith("[") else "localhost"
            expect(curl(f"http://{host}:{port}/") == b"<h1>top", (at, port))
            cache.stop()
    expect("no address or name of a host" in fails(image, "--listen", "no.such.host.invalid:80"), "a name that is none")
    fails(image, "--listen", "127.0.0.1:99999", status=2)
    expect("no sockets were handed over" in fails(image, "--listen", "systemd"), "no sockets")


def service_manager(work, image):
    """A real socket activation; and a socket that takes the notices."""
    port = free_port()
    with subprocess.Popen([ACTIVATE, "-l", f"127.0.0.1:{port}", CACHE, str(image), "--listen", "systemd"], stdin=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as started:
        try:
            wait_until(lambda: curl(f"http://127.0.0.1:{port}/") == b"<h1>top", "not activated")
        finally:
            started.terminate()
    for name in (str(work / "notify"), "\0docteur-" + str(os.getpid())):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(name)
            manager.settimeout(servers.PATIENCE)
            with Cache(image, "--listen", "127.0.0.1:0", environment={"NOTIFY_SOCKET": name.replace("\0", "@")}) as cache:
                expect(manager.recv(4096) == b"READY=1", "not ready")
                expect(b"HTTP on" in cache.said or not cache.waits_for(rb"HTTP on"), "ready before it listens")
                cache.process.send_signal(signal.SIGHUP)
                got = manager.recv(4096)
                expect(re.fullmatch(rb"RELOADING=1\nMONOTONIC_USEC=\d+", got), got)
                expect(manager.recv(4096) == b"READY=1", "not ready again")
                cache.stop()
                expect(manager.recv(4096) == b"STOPPING=1", "it does not tell that it stops")


def v2(command, family, addresses, more=b""):
    return V2 + bytes([command, family]) + struct.pack("!H", len(addresses) + len(more)) + addresses + more


def proxies(work, image):
    log = work / "proxied.log"
    request = b"GET /page.html HTTP/1.0\r\n\r\n"
    four = socket.inet_aton("192.0.2.7") + socket.inet_aton("192.0.2.1") + struct.pack("!HH", 4711, 80)
    six = socket.inet_pton(socket.AF_INET6, "2001:db8::7") * 2 + struct.pack("!HH", 4711, 80)
    heads = [(b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n", "192.0.2.7"), (b"PROXY TCP6 2001:db8::7 ::1 4711 80\r\n", "2001:db8::7"),
             (b"PROXY UNKNOWN\r\n", "127.0.0.1"), (b"PROXY UNKNOWN ffff::1 x y\r\n", "127.0.0.1"),
             (v2(0x21, 0x11, four), "192.0.2.7"), (v2(0x21, 0x21, six, b"\x04\0\x01x"), "2001:db8::7"), (v2(0x20, 0, b""), "127.0.0.1"),
             (v2(0x21, 0, b""), "127.0.0.1")]
    bad = [b"PROXY TCP4 192.0.2.7 192.0.2.1 4711\r\n", b"PROXY TCP4 2001:db8::7 ::1 1 2\r\n", b"PROXY TCP4 1.2.3.4 1.2.3.4 1 99999\r\n",
           b"PROXY " + b"x" * 200 + b"\r\n", v2(0x31, 0x11, four), v2(0x21, 0x11, four[:8]), b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n", b"", b"GET"]
    port, path = free_port(), work / "p"
    with Cache(image, "--listen", f"127.0.0.1:{port}", "--access-log", log, "--access-log-format", "common", "--proxy-from",
               "10.0.0.0/8,127.0.0.0/25,unix") as cache:
        cache.waits_for(rb"HTTP on ")
        theirs = work / "theirs.log"
        with Nginx(work / "tree", f"log_format common '$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent'; "
                   f"access_log {theirs} common;", "set_real_ip_from 127.0.0.1; real_ip_header proxy_protocol;",
                   listen=f"127.0.0.1:{(other := free_port())} proxy_protocol") as _:
            for head, client in heads:
                for at in (port, other):
                    answer = ask(("127.0.0.1", at), head + request)
                    expect(answer.startswith(b"HTTP/1.") and b" 200 OK" in answer and answer.endswith(b"a page\n"), (head, answer[:200]))
                # In single bytes.
                answer = ask(("127.0.0.1", port), [bytes([b]) for b in head + request])
                expect(answer.endswith(b"a page\n"), (head, answer[:200]))
            wait_until(lambda: len(log.read_text().splitlines()) == 2 * len(heads), "lines are missing")
            wait_until(lambda: len(theirs.read_text().splitlines()) == len(heads), "lines of nginx are missing")
            lines = [re.sub(r"\[.*\]", "", line) for line in log.read_text().splitlines()]
            expect([line.split()[0] for line in lines[::2]] == [client for _, client in heads], lines)
            expect(lines[::2] == [re.sub(r"\[.*\]", "", line) for line in theirs.read_text().splitlines()],
                   (lines, theirs.read_text()))
        for head in bad:
            answer = ask(("127.0.0.1", port), head + request)
            expect(answer == b"", (head, answer))
        # Who is not named is believed nothing.
        with socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.200", 0)) as s:
            s.sendall(heads[0][0] + request)
            expect(s.recv(4096).startswith(b"HTTP/1.1 400 "), "a stranger's head was taken")
        with socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.200", 0)) as s:
            s.sendall(request)
            expect(s.recv(4096).startswith(b"HTTP/1.1 200 "), "a client without a proxy was refused")
        expect(curl("--haproxy-protocol", f"http://127.0.0.1:{port}/") == b"<h1>top", "curl's head was refused")
        cache.stop()
    with Cache(image, "--listen", f"unix:{path}", "--access-log", log, "--proxy-from", "unix") as cache:
        cache.waits_for(rb"HTTP on ")
        expect(ask(str(path), heads[0][0] + request).endswith(b"a page\n"), "a proxy by a socket of the file system")
        cache.stop()
    for wrong in ("1.2.3.4/33", "1.2.3", "::1/129", "a", "1.2.3.4/", ",1.2.3.4"):
        fails(image, f"--proxy-from={wrong}", status=2)


def ends_of_connections(image):
    """A client that says close sends no more: its connection is over with the last byte. Of others the server awaits the end, since
    a reset could overtake the response."""
    with servers.Process(CACHE, [image], ["requests=1"]) as server:
        server.get("/")
        for field, owner in (("Connection: close\r\n", False), ("", True)):
            with socket.create_connection(("127.0.0.1", server.port)) as s:
                s.sendall(f"GET / HTTP/1.1\r\nHost: a\r\n{field}\r\n".encode())
                got = b""
                while piece := s.recv(4096):
                    got += piece
                expect(got.startswith(b"HTTP/1.1 200") and b"Connection: close" in got, got)
                # Its end has arrived. The kernel keeps the server's half, for nobody or for the process.
                ports = [f":{server.port:04X}", f":{s.getsockname()[1]:04X}"]
                wait_until(lambda: [inode != 0 for inode in inodes_of(ports)] == [owner], f"kept {'not ' * owner}by the process: {field}")


def silent_clients(image):
    """A connection is accepted with its first bytes, or a moment later without any; that of the shell, which speaks first, at once."""
    with servers.Process(CACHE, [image]) as server:
        server.get("/")

        def waits_in_the_kernel():
            """The kernel keeps this connection for itself while another one is served. After a second it may be the process's."""
            s.connect(("127.0.0.1", server.port))
            server.get("/")
            return inodes_of([f":{server.port:04X}", f":{s.getsockname()[1]:04X}"]) in ([0], [])
        for _ in range(10):
            with socket.socket() as s:
                if not waits_in_the_kernel():
                    continue
                ports = [f":{server.port:04X}", f":{s.getsockname()[1]:04X}"]
                wait_until(lambda: any(inodes_of(ports)), "it is never accepted")
                s.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                expect(s.recv(4096).startswith(b"HTTP/1.1 200"), "it is not served")
                break
        else:
            expect(False, "silent clients are accepted at once")
        for _ in range(10):
            with socket.create_connection(("127.0.0.1", server.shell_port)) as s:
                began = time.monotonic()
                expect(s.recv(100) != b"", "the shell does not speak first")
                if time.monotonic() - began < 0.9:
                    break
        else:
            expect(False, "the shell waits for its client")


def inodes_of(ports):
    lines = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [int(line[9]) for line in lines if [line[1][-5:], line[2][-5:]] == ports]


def main():
    # The paths of sockets are short.
    with tempfile.TemporaryDirectory(prefix="dc-") as work:
        work = pathlib.Path(work)
        work.chmod(0o755)
        image = servers.make_image(MAKE, work / "tree", {"index.html": b"<h1>top", "page.html": b"a page\n" * 3000}, work / "disk.img")
        sockets_of_files(work, image)
        names_and_ports(image)
        service_manager(work, image)
        proxies(work, image)
        ends_of_connections(image)
        silent_clients(image)


main()
