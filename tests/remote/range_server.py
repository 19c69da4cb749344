"""A web server on loopback that answers ranges as a good one does, unless it is told to do something else; and what the
tests with it share. Usage of each test: NAME_test.py BIN, the folder of the commands."""

import contextlib
import os
import re
import select
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from waiting import PATIENCE, expect, wait_until  # noqa: E402

BIN = Path(sys.argv[1]).resolve()
ENVIRONMENT = {**os.environ, "LC_ALL": "C", "TZ": "UTC", "no_proxy": "*", "NO_PROXY": "*"}
for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"):
    ENVIRONMENT.pop(name, None)
# No cache of blocks but where a test asks for one.
for name in ("HOME", "XDG_CACHE_HOME"):
    ENVIRONMENT.pop(name, None)


class Request:
    """One request. A fault answers it by send() or reply(), and may close the connection."""

    def __init__(self, server, connection, number, path, fields):
        self.server, self.connection, self.number, self.path, self.fields = server, connection, number, path, fields
        self.sent = 0  # bytes of the image, by answer()
        wanted = fields.get("range", "")
        wanted = wanted[6:].split(",") if re.fullmatch(r"bytes=\d+-\d+(,\d+-\d+)*", wanted) else []
        self.ranges = [tuple(map(int, r.split("-"))) for r in wanted]
        self.first, self.last = (self.ranges[0][0], self.ranges[-1][1]) if wanted else (None, None)

    @property
    def data(self):
        """What is under the path; None: nothing is."""
        return self.server.packs.get(self.path) if self.is_of_pack else self.server.content

    @property
    def is_of_pack(self):
        return self.path.partition("?")[0].endswith(".dpk")

    def send(self, data):
        self.connection.sendall(data)

    def reply(self, status, fields=(), body=b"", length=None):
        lines = [f"HTTP/1.1 {status} -", f"Content-Length: {len(body) if length is None else length}"]
        lines += [f"{name}: {value}" for name, value in fields]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def close(self):
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def part(self):
        """The fields and the body of the right answer, as one range."""
        data = self.data
        last = min(self.last, len(data) - 1)
        fields = [("Content-Range", f"bytes {self.first}-{last}/{len(data)}")]
        return fields + self.server.version, data[self.first:last + 1]

    def parts(self, boundary="edge of parts"):
        """The same for several ranges: multipart/byteranges."""
        data = self.data
        body = b"".join(f"\r\n--{boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes {first}-{last}/"
                        f"{len(data)}\r\n\r\n".encode() + data[first:last + 1] for first, last in self.ranges)
        fields = [("Content-Type", f'multipart/byteranges; boundary="{boundary}"')]
        return fields + self.server.version, body + f"\r\n--{boundary}--\r\n".encode()

    def ranges_asked(self):
        return self.parts() if len(self.ranges) > 1 else self.part()

    def answer(self):
        if self.data is None:
            return self.reply(404)
        fields, body = self.ranges_asked()
        self.sent = sum(min(last + 1, len(self.data)) - first for first, last in self.ranges)
        return self.reply(206, fields, body)


class Server(socketserver.ThreadingTCPServer):
    """Serves `content` under every path but those of update packs, which `packs` has by path. `fault`, if there is one, is called with each request, and returns whether it has
    answered it."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, content, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.content, self.version, self.fault = content, [("ETag", '"one"')], None
        self.packs = {}
        self.requests, self.guard = [], threading.Lock()
        self.waiting = set()  # connections whose next request is awaited
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/the.img"

    @property
    def sent(self):
        """Bytes of the image that the requests since reset() were answered with."""
        with self.guard:
            return sum(r.sent for r in self.requests)

    def reset(self, fault=None, version=None):
        wait_until(self.is_settled, "requests of clients that are gone do not end")
        with self.guard:
            self.requests = []
            self.fault, self.version = fault, version or [("ETag", '"one"')]

    def is_settled(self):
        """Whether no request of a client that is gone is yet to be read: it would count among those of the next client."""
        with self.guard:
            return not select.select([self.socket], [], [], 0)[0] and not any(peer_is_gone(c) for c in self.waiting)

    def get_request(self):
        with self.guard:
            accepted = super().get_request()
            self.waiting.add(accepted[0])
        return accepted

    def handle_error(self, request, client_address):
        pass  # clients go away, as they are told to here


def peer_is_gone(connection):
    """Whether the other side has closed the connection. What it sent before may still be unread."""
    try:
        state = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    except OSError:
        return False
    return state in (7, 8)  # TCP_CLOSE, TCP_CLOSE_WAIT


class Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        try:
            with contextlib.suppress(OSError):
                while self.one():
                    pass
        finally:
            with self.server.guard:
                self.server.waiting.discard(self.connection)

    def one(self):
        head = self.rfile.readline(65536)
        if not head:
            return False
        fields = {}
        while (line := self.rfile.readline(65536)) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            fields[name.lower()] = value.strip()
        server = self.server
        with server.guard:
            request = Request(server, self.connection, len(server.requests), head.split(b" ")[1].decode(), fields)
            server.requests.append(request)
            server.waiting.discard(self.connection)
            fault = server.fault
        if fault is None or not fault(request):
            request.answer()
        with server.guard:
            server.waiting.add(self.connection)
        return True


class Ran:
    def __init__(self, command, timeout=PATIENCE, **how):
        self.command = [str(c) for c in command]
        try:
            done = subprocess.run(self.command, capture_output=True, stdin=subprocess.DEVNULL, timeout=timeout,
                                  env={**ENVIRONMENT, **how.pop("environment", {})}, **how)
        except subprocess.TimeoutExpired:
            sys.exit(f"it hangs: {self.command}")
        self.status, self.out, self.said = done.returncode, done.stdout, done.stderr.decode(errors="replace")
        self.shown = f"{' '.join(self.command)}: status {self.status}\n{self.said}"


def docteur(name, *arguments, **how):
    return Ran([BIN / f"docteur-{name}", *arguments], **how)


def good(name, *arguments, **how):
    done = docteur(name, *arguments, **how)
    expect(done.status == 0, done.shown)
    return done


def refused(status, words, name, *arguments, secrets=(), **how):
    """Ends with `status` and says `words` in one line."""
    done = docteur(name, *arguments, **how)
    expect(done.status == status, f"not status {status}: {done.shown}")
    expect(len(done.said.splitlines()) == 1, f"not one line: {done.shown}")
    expect(words in done.said, f"no word of {words!r}: {done.shown}")
    for secret in secrets:
        expect(secret not in done.said, f"a secret in a message: {done.shown}")
    return done


WORK = tempfile.TemporaryDirectory(prefix="docteur-remote-")


def sample_image(large=3 << 20):
    """An image, and its files by path: small ones that are alike, and one that does not compress."""
    folder = Path(WORK.name)
    store = folder / "store"
    (store / "dir").mkdir(parents=True)
    import random
    noise = random.Random(1)
    for i in range(200):
        text = "".join(f"line {n} of file {i if n % 7 == 0 else 0}\n" for n in range(200 + i % 5))
        (store / "dir" / f"file{i}").write_text(text)
    (store / "large").write_bytes(noise.randbytes(large))
    image = folder / "the.img"
    good("make", "-q", "-d", "2020-10-10T08:00:00+00:00", "--author", "A <a@b>", store, image)
    return image, {str(p.relative_to(store)): p.read_bytes() for p in sorted(store.rglob("*")) if p.is_file()}


def once(*numbers):
    """A fault of the requests with these numbers only."""
    def wrap(function):
        return lambda r: function(r) if r.number in numbers else False
    return wrap


def first_sent_by(send, begun):
    """A fault: `send(request, body)` sends the first answer, of a range, and then the connection ends. `begun` gets the first and
    last byte of each request."""
    lock = threading.Lock()

    def answer(r):
        with lock:
            begun.append((r.first, r.last))
            if len(begun) > 1:
                return False
        fields, body = r.part()
        r.reply(206, fields, length=len(body))
        with contextlib.suppress(OSError):  # the client has what it wants
            send(r, body)
        r.close()
        return True
    return answer


def cut_then(then=None):
    """A fault: the first answer, of a range, breaks off after 3 MB. The others have the status `then`, or are right."""
    def cut(r):
        if r.number == 0:
            fields, body = r.part()
            r.reply(206, fields, body[:3_000_000], length=len(body))
            r.close()
        elif then is not None:
            r.reply(then)
        return r.number == 0 or then is not None
    return cut


def stops_after(point, piece=1_000):
    """An answer() that sends `point` bytes in all, over all requests, and then nothing until the client has gone; and the event
    that is set when it stops. A client that is killed then has been sent exactly that much, however slow the machine is."""
    left, stopped, guard = [point], threading.Event(), threading.Lock()

    def answer(r):
        if r.data is None:
            return False
        fields, body = r.ranges_asked()
        r.reply(206, fields, b"", length=len(body))
        at = 0
        while at < len(body):
            with guard:
                size = min(piece, len(body) - at, left[0])
                left[0] -= size
            if size == 0:
                stopped.set()
                wait_until(lambda: peer_is_gone(r.connection), "a client does not go away")
                break
            r.send(body[at:at + size])
            at += size
        return True
    return answer, stopped


def replies(status, *fields, body=b""):
    def fault(r):
        r.reply(status, fields, body)
        return True
    return fault


checks = []


def check(function):
    checks.append(function)
    return function


def run_checks(*servers, of=checks):
    for one in of:
        for server in servers:
            server.reset()
        began = time.monotonic()
        try:
            one()
        except SystemExit as e:
            raise SystemExit(f"{one.__name__}: {e}") from None
        print(f"{one.__name__}: {time.monotonic() - began:.1f} s", flush=True)
