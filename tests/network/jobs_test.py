#!/usr/bin/env python3
"""git under docteur-make on a terminal: it can ask there, Ctrl-C ends both, Ctrl-Z stops both and fg goes on with both."""

import signal
import time

from network import Run, expect, made, repository
from odd_servers import Forwarder
from real_servers import Web, git_daemon
from terminal import DONE, Terminal, finished, make, on_terminal

site = repository("site.git", commits=2, files=500)
web, daemon = Web(), git_daemon()
slow = Forwarder(daemon, pause=0.035, piece=1300)
far = f"git://127.0.0.1:{slow.port}/site.git"
expected = made(site)

# git asks on the terminal, and what it asks stays readable.
run, terminal = on_terminal(80, f"http://127.0.0.1:{web.port}/private/site.git", "--timeout=4")
terminal.wait_for(rb"Username for [^\n]*: ")
time.sleep(5)  # longer than the timeout: a person thinks
terminal.type(web.user.encode() + b"\n")
terminal.wait_for(rb"Password for [^\n]*: ")
terminal.type(web.password.encode() + b"\n")
finished(run, terminal, expected)
terminal.expect_clean("Username for '.*': jane", "Password for '.*':", DONE)
expect(web.password.encode() not in terminal.raw, "the password is shown")
# With no terminal to ask on, nobody asks.
run = Run(f"http://127.0.0.1:{web.port}/private/site.git")
expect(run.status == 3 and "wants a user name" in run.said, run.shown)

# Ctrl-C while git has the terminal, and later.
run, terminal = on_terminal(80, far)
terminal.wait_for(rb"\x1b\[Jfetching +[0-9]+%")
terminal.type(b"\x03")
finished(run, terminal, expected, -signal.SIGINT)
terminal.expect_clean()

# Ctrl-Z stops both, fg goes on with both.
run, command = make(far, "--progress=line")
terminal = Terminal(["/bin/bash", "--norc", "--noprofile", "-i"], 200,
                    {"TMPDIR": str(run.temporary), "PS1": "ready> ", "TERM": "dumb"})
terminal.wait_for(b"ready> ")
terminal.type(" ".join(f"'{c}'" for c in command).encode() + b"\n")
terminal.wait_for(rb"\x1b\[Jfetching +[0-9]+%")
terminal.type(b"\x1a")
at = terminal.wait_for(rb"Stopped[^\n]*\n(.|\n)*ready> ")
states = [open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] for pid in run.processes()]
expect(states.count("T") >= 2, f"not stopped: {states}")
terminal.type(b"fg\n")
at = terminal.wait_for(rb"objects, [0-9]+ bytes(.|\n)*ready> ", at)
terminal.type(b"exit\n")
finished(run, terminal, expected)
