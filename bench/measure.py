"""Runs a program and reports its cost; other functions that the benchmarks share."""

import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time

TICK = os.sysconf("SC_CLK_TCK")

# The corpora that bench/prepare makes and the other benchmarks measure.
CORPORA = pathlib.Path(os.environ.get("DOCTEUR_CORPORA", "~/.cache/docteur-corpora")).expanduser().absolute()

# Git ignores the user's settings: no configuration, fixed names and dates, no background maintenance.
GIT_ENV = {
    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "docteur", "GIT_AUTHOR_EMAIL": "docteur@localhost", "GIT_AUTHOR_DATE": "1700000000 +0000",
    "GIT_COMMITTER_NAME": "docteur", "GIT_COMMITTER_EMAIL": "docteur@localhost",
    "GIT_COMMITTER_DATE": "1700000000 +0000", "LC_ALL": "C", "TZ": "UTC",
}


def environment():
    return {**{k: v for k, v in os.environ.items() if not k.startswith("GIT_")}, **GIT_ENV}


def run(*args, **options):
    """Runs to success; returns stdout as text."""
    options.setdefault("env", environment())
    done = subprocess.run([str(a) for a in args], check=True, stdout=subprocess.PIPE, text=True, **options)
    return done.stdout.strip()


def git(repository, *args, **options):
    return run("git", "--git-dir", repository, "-c", "gc.auto=0", "-c", "core.fsync=none", *args, **options)


def cost(*args, stdin=None, stdout=subprocess.DEVNULL, pump=None, ok=(0,)):
    """{'cpu': user + system seconds, 'wall': seconds, 'peak': bytes of the largest process, 'out': stdout}.

    GNU time sums the processor time of the program and of all it waited for. `pump(process)` talks to the program
    through its pipes; without it the output is thrown away, or returned if stdout is PIPE.
    """
    with tempfile.NamedTemporaryFile("r") as report:
        command = ["/usr/bin/time", "-o", report.name, "-f", "%U %S %e %M"] + [str(a) for a in args]
        process = subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE if pump is None else None,
                                   env=environment())
        if pump is not None:
            out, err = pump(process), b""
            process.wait()
        else:
            out, err = process.communicate()
        if process.returncode not in ok:
            raise SystemExit(f"failed ({process.returncode}): {' '.join(command[5:])}\n{err.decode(errors='replace')}")
        line = [l for l in report.read().splitlines() if re.fullmatch(r"[\d.]+ [\d.]+ [\d.]+ \d+", l)][-1]
        user, system, wall, kilobytes = line.split()
        return {"cpu": round(float(user) + float(system), 2), "wall": float(wall), "peak": int(kilobytes) * 1024,
                "out": out}


def stolen():
    """(seconds of processors that a hypervisor gave to others, seconds of processors) since boot."""
    fields = [int(f) for f in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return fields[7] / TICK, sum(fields) / TICK


def total(costs):
    """Costs of steps that run one after the other."""
    costs = list(costs)
    return {"cpu": round(sum(c["cpu"] for c in costs), 2), "wall": round(sum(c["wall"] for c in costs), 2),
            "peak": max(c["peak"] for c in costs)}


def processor_seconds(pid):
    """Of all threads that the process has now (proc_pid_schedstat: nanoseconds on a processor)."""
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def wait_for_port(port, what):
    """Returns when something listens on the TCP port of loopback; ends this program if nothing does within 10 seconds."""
    for _ in range(200):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{what} does not answer")


def page():
    """100 KiB of HTML, the same each time: what a server sends as it is or coded."""
    return b"".join(b"line %d of a <b>page</b> %d\n" % (i, i * 7919 % 997) for i in range(5000))[:102_400]


def free_port():
    """A TCP port of loopback that nobody listens on at the moment."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
