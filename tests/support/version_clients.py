"""Clients that fetch while images are swapped, and see whether each response is of one version."""

import contextlib
import hashlib
import http.client
import random
import threading

import servers


def files(sizes, seed):
    """{name: content}, all content of another seed is different."""
    dice = random.Random(seed)
    return {name: dice.randbytes(size) for name, size in sizes.items()}


def tag(content):
    """The ETag of a file: its blob's id."""
    return '"' + hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest() + '"'


class Client(threading.Thread):
    """Fetches on one connection. `sites`: {name: content} of each version. `weights`: how often each name, in their order."""

    def __init__(self, port, sites, weights, dice):
        super().__init__(daemon=True)
        self.port, self.sites, self.weights, self.dice = port, sites, weights, dice
        self.tags = [{name: tag(content) for name, content in site.items()} for site in sites]
        self.of, self.last, self.wrong, self.over = [0] * len(sites), None, [], threading.Event()

    def run(self):
        try:
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=servers.PATIENCE)) as c:
                while not self.over.is_set():
                    self.fetch(c)
        except (OSError, http.client.HTTPException) as why:
            self.wrong.append(repr(why))

    def fetch(self, c):
        name = self.dice.choices(list(self.sites[0]), weights=self.weights)[0]
        c.request("GET", "/" + name)
        answer = c.getresponse()
        body = answer.read()
        for i, site in enumerate(self.sites):
            if answer.status == 200 and body == site[name] and answer.headers["ETag"] == self.tags[i][name]:
                self.of[i] += 1
                self.last = i
                return
        self.wrong.append(f"{name}: {answer.status}, {len(body)} bytes, {answer.headers['ETag']}")


def end(clients):
    """Ends them; returns how many responses were of each version."""
    for c in clients:
        c.over.set()
    for c in clients:
        c.join(servers.PATIENCE)
        assert not c.is_alive(), "a client hangs"
        assert not c.wrong, c.wrong[:3]
    return [sum(each) for each in zip(*(c.of for c in clients))]
