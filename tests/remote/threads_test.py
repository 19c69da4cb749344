#!/usr/bin/env python3
"""Many threads read one http_device while the server cuts, resets and refuses at random: each byte is right, also in the
end, and what failed works again. Usage: threads_test.py BIN READER"""

import os
import random
import socket
import struct
import sys
from pathlib import Path

from range_server import WORK, Ran, Server, expect

READER = sys.argv[2]
file = Path(WORK.name) / "the.img"
file.write_bytes(random.Random(3).randbytes(3_000_001))
data = file.read_bytes()
server = Server(data)
chance = random.Random(4)


def faulty(r):
    kind = chance.random()
    if r.number == 0 or kind > 0.4:
        return False
    if kind < 0.1:
        r.reply(503)
        return True
    if kind < 0.2:
        r.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(r.connection.detach())
        raise OSError
    fields, body = r.part()
    r.reply(206, fields, body[:chance.randrange(len(body))], length=len(body))
    r.close()
    return True


def read(*more, status=0, threads=8):
    done = Ran([READER, server.url, file, threads, *more])
    expect(done.status == status, done.shown)
    return done


first = read().out.decode().splitlines()
expect(first[0] == f'{len(data)} etag "one"', first)
requests, received, retries = map(int, first[1].split())
expect(requests == len(server.requests) and retries == 0 and first[2] == "", first)
expect(received <= 1.1 * len(data), f"{received} bytes for {len(data)}")
server.reset(faulty)
done = read().out.decode().splitlines()
expect(int(done[1].split()[2]) > 0 and done[2].startswith("http://127.0.0.1:"), done)

# Pinned: the same version is read, another one never.
server.reset()
read(first[0])
expect(all("if-match" in r.fields for r in server.requests), "the version is not named")
read(f'{len(data)} etag "two"', status=1)
for bad in ("", "x", f'{len(data) + 1} etag "one"', f'{len(data)} etag W/"one"'):
    server.reset()
    read(bad, status=2)
    expect(not server.requests, "the server was asked")


def replaced(r):
    if r.number == 20:
        server.version, server.content = [("ETag", '"two"')], bytes(reversed(data))
    return False


server.reset(replaced)
expect("wrong bytes" not in read(status=1).said, "a mixture")
