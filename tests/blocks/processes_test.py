#!/usr/bin/env python3
"""Usage: processes_test.py READ_THROUGH DOCTEUR_BLOCKS   One cache, many processes: each block is fetched once, whatever is killed,
and a full or read-only disk costs nothing but the keeping."""
import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from programs import OWN_MOUNTS

READ, BLOCKS = map(os.path.abspath, sys.argv[1:3])
BLOCK = 65536
work = pathlib.Path(tempfile.mkdtemp(prefix="docteur-blocks-"))
image = work / "image"
log = work / "log"
size = 100 * BLOCK + 777
image.write_bytes(random.Random(1).randbytes(size))


def start(folder, seed=0, piece=150000, delay=0, bound=None, file=image, prefix=()):
    words = [*prefix, READ, folder, file, log, seed, piece, delay] + ([bound] if bound is not None else [])
    return subprocess.Popen([str(w) for w in words], stdout=subprocess.PIPE, text=True)


def end(process, status=0):
    out, _ = process.communicate(timeout=120)
    assert process.returncode == status, (process.returncode, out)
    return json.loads(out)


def fetches():
    """How often each block was fetched since the last call."""
    count = collections.Counter()
    for line in log.read_text().splitlines() if log.exists() else []:
        at, n = map(int, line.split())
        count.update(range(at // BLOCK, (at + n + BLOCK - 1) // BLOCK))
    log.unlink(missing_ok=True)
    return count


def once(count):
    wrong = {b: n for b, n in count.items() if n != 1}
    assert not wrong and len(count) == 101, (len(count), wrong)


def listed(folder):
    return json.loads(subprocess.run([BLOCKS, "list", "--json", "--cache", folder], check=True, capture_output=True).stdout)


def many_at_once():
    for processes in (2, 8):
        folder = work / f"many{processes}"
        running = [start(folder, seed=i, piece=[150000, 4096, 300000, 65536][i % 4], delay=3000) for i in range(processes)]
        for process in running:
            end(process)
        once(fetches())
        (one,) = listed(folder)
        assert one["kept"] == one["blocks"] == 101 and not one["in_use"], one
        end(start(folder, file=f"offline:{image}"))
        assert not fetches()


def killed():
    """Readers are killed at random while others go on. Blocks in flight at a kill may be fetched again; none else."""
    rng = random.Random(2)
    again = kills = attempt = 0
    while kills < 20:
        attempt += 1
        assert attempt < 100
        folder = work / f"killed{attempt}"
        steady = start(folder, seed=99, delay=1500)
        for seed in range(1, 7):
            victim = start(folder, seed=seed, delay=1500)
            time.sleep(rng.random() * 0.06)
            victim.send_signal(signal.SIGKILL)
            victim.communicate()
            kills += victim.returncode == -signal.SIGKILL
        end(steady)
        count = fetches()
        assert len(count) == 101
        again += sum(count.values()) - 101
        end(start(folder, file=f"offline:{image}"))
    # A victim has at most the blocks of one piece of 150,000 bytes in flight.
    assert again <= kills * 4, (again, kills)


def stopped():
    """A process that is stopped while it holds a block's lock is not waited for in vain once it goes on or dies."""
    folder = work / "stopped"
    victim = start(folder, seed=0, delay=200000)
    while not folder.exists() or not list(folder.iterdir()):
        time.sleep(0.01)
    time.sleep(0.05)
    victim.send_signal(signal.SIGSTOP)
    other = start(folder, seed=0)
    time.sleep(0.3)
    victim.kill()
    victim.communicate()
    end(other)
    fetches()


def limited():
    """A limit on the length of files ends no process."""
    limit = ("sh", "-c", 'ulimit -f 1000; exec "$@"', "sh")
    none = end(start(work / "limited", prefix=limit))
    assert "File too large" in none["trouble"] and none["dropped"] == none["served"] == 0, none
    end(start(work / "limited"))
    fetches()
    end(start(work / "limited", prefix=limit, file=f"offline:{image}"))


def full_disk():
    """A file system of 4 MiB, in a mount namespace of our own."""
    script = '''mount -t tmpfs -o size=4m none "$1" && "$2" "$1/c" "$3" "$4" 0 150000 0 && "$2" "$1/c" "$3" "$4" 5 4096 0 &&
      mount -o remount,size=40m "$1" && "$2" "$1/c" "$3" "$4" 0 150000 0 && "$2" "$1/c" "offline:$3" "$4" 3 4096 0 &&
      mount -o remount,ro "$1" && "$2" "$1/c" "offline:$3" "$4" 3 4096 0 && "$2" "$1/other" "$3" "$4" 3 4096 0'''
    done = subprocess.run([OWN_MOUNTS, "sh", "-c", script, "sh", work / "full", READ, image, log],
                          capture_output=True, text=True, timeout=120)
    first, again, roomy, offline, read_only = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 2 and "Read-only" in done.stderr, done
    assert "No space" in first["trouble"] and first["dropped"] > 30 and first["served"] < 10, first
    assert "No space" in again["trouble"] and again["served"] > 40, again
    assert roomy["trouble"] == "" and roomy["dropped"] == 0 and roomy["fetched"] in (first["dropped"], first["dropped"] - 1), (
        first, roomy)  # the last block is short: it may have fitted later
    assert offline["fetched"] == 0 and offline["served"] >= 101 and read_only["trouble"] == "", (offline, read_only)
    fetches()


def damaged():
    folder = work / "damaged"
    end(start(folder))
    fetches()
    (file,) = folder.iterdir()
    with open(file, "r+b") as f:
        f.seek(file.stat().st_size - size + 50 * BLOCK + 5)
        f.write(b"damage")
    end(start(folder, file=f"offline:{image}"), status=3)
    healed = end(start(folder))
    assert fetches() == {50: 1} and healed["fetched"] == 1, healed
    end(start(folder, file=f"offline:{image}"))


def bounded():
    """A process that fills beyond the bound removes what is not in use, and never what is."""
    folder = work / "bounded"
    others = []
    for i in range(3):
        others.append(work / f"other{i}")
        others[i].write_bytes(random.Random(10 + i).randbytes(2 << 20))
        end(start(folder, file=others[i]))
    user = start(folder, file=others[0], piece=4096, delay=0, prefix=())
    end(user)  # used last
    end(start(folder, bound=9 << 20))
    names = [f["name"].rsplit("/", 1)[1] for f in listed(folder)]
    assert names == ["image", "other0"], names
    assert sum(f["disk"] for f in listed(folder)) <= 9 << 20
    tight = end(start(work / "tight", bound=1 << 20))
    assert tight["dropped"] > 80 and "in use" in tight["trouble"], tight
    fetches()


def main():
    many_at_once()
    killed()
    stopped()
    damaged()
    bounded()
    limited()
    (work / "full").mkdir()
    if os.geteuid() != 0 or subprocess.run([OWN_MOUNTS, "true"], capture_output=True).returncode != 0:
        print("not root, or no mount namespaces: no full disk")
        return 77
    full_disk()
    return 0


try:
    code = main()
finally:
    subprocess.run(["rm", "-rf", work], check=True)
sys.exit(code)
