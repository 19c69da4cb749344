#!/usr/bin/env python3
"""Progress of docteur-make on a terminal, as a person sees it, made narrower and wider on the way; and elsewhere."""

import re

from network import Run, expect, made, repository
from odd_servers import Forwarder
from real_servers import git_daemon
from terminal import DONE, DRAWN, finished, on_terminal

site = repository("site.git", commits=2, files=500)
daemon = git_daemon()
slow, slower = (Forwarder(daemon, pause=pause, piece=1300) for pause in (0.012, 0.035))
expected = made(site)
far, very_far = (f"git://127.0.0.1:{server.port}/site.git" for server in (slow, slower))

# One line, redrawn, on a wide terminal, a narrow one, and one that changes: until it has, what is fetched trickles, so that
# a busy machine does not miss it.
TRICKLE, PAUSE = 0.25, slow.pause
for widths in ([80], [30], [80, 30], [30, 80], [100, 40, 20, 10]):
    slow.pause = TRICKLE if widths[1:] else PAUSE
    run, terminal = on_terminal(widths[0], very_far if widths == [80] else far)
    for width in widths[1:]:
        seen = terminal.wait_for(rb"\x1b\[Jfetching +[0-9]+%", len(terminal.raw))
        terminal.resize(width)
        terminal.wait_for(rb"\x1b\[J[^\r]*\r", len(terminal.raw))
    slow.pause = PAUSE
    finished(run, terminal, expected)
    terminal.expect_no_line_too_long()
    terminal.expect_clean(DONE)
    phases = [d.group(1).split(b" ")[0] for d in DRAWN.finditer(terminal.raw)]
    for phase in (b"fetching", b"reading", b"comparing", b"writing"):
        expect(phase in phases, f"no phase {phase}: {terminal.raw}")
    if widths == [80]:
        fields = rb"fetching [0-9]+% [0-9]+/[0-9]+ [0-9.]+ (KB|MB) [0-9.]+ (KB|MB)/s [0-9:]+( s)? left"
        expect(re.search(fields, terminal.raw), f"no rate, no time left: {terminal.raw}")
        expect(b"\x1b[3" not in terminal.raw, "colours")

# A terminal that cannot move its cursor gets lines, few of them; -q and =none nothing; no terminal nothing.
for environment, arguments in (({"TERM": "dumb"}, ()), ({"TERM": ""}, ()), ({}, ("--progress=plain",))):
    run, terminal = on_terminal(80, str(site), *arguments, environment=environment)
    finished(run, terminal, expected)
    expect(b"\x1b" not in terminal.raw and b"docteur-make: writing: done" in terminal.raw, f"not plain: {terminal.raw}")
    expect(terminal.raw.count(b"\n") < 30, f"too many lines: {terminal.raw}")
for arguments, left in ((("-q",), ()), (("--progress=none",), (DONE,)), (("-q", "--progress"), ())):
    run, terminal = on_terminal(80, str(site), *arguments)
    finished(run, terminal, expected)
    expect(not DRAWN.search(terminal.raw), f"progress with {arguments}: {terminal.raw}")
    terminal.expect_clean(*left)
for arguments in ((), ("--progress=none",), ("-q", "--progress=line")):
    expect("\x1b" not in Run(str(site), *arguments).said, "progress without a terminal")
expect(Run(str(site), "--progress=line").said.count("\r\x1b[J") > 3, "no line though it is asked for")
