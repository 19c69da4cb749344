"""A pseudo-terminal with an emulated screen, and docteur-make on it."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

from network import ENVIRONMENT, PATIENCE, WORK, Run, expect

DRAWN = re.compile(rb"\r\x1b\[J([^\r\n\x1b]*)\r(?!\n)")


class Screen:
    """The part of a terminal that is used: text, CR, LF, wrapping, "erase from here to the end of the screen" and "of the
    line". Lines are kept whole: a terminal with `reflow` folds them anew when its width changes, another one cuts them."""

    def __init__(self, width, reflow):
        self.lines, self.line, self.at, self.width, self.reflow = [""], 0, 0, width, reflow

    def resize(self, width):
        if not self.reflow:
            rows = [line[i:i + self.width] for line in self.lines for i in range(0, max(len(line), 1), self.width)]
            before = sum(max(-(-len(line) // self.width), 1) for line in self.lines[:self.line])
            self.line, self.at = before + self.at // self.width, min(self.at % self.width, width - 1)
            self.lines = [row[:width] for row in rows]
        self.width = width

    def write(self, data):
        for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|.", data.decode(errors="replace"), re.S):
            row = self.at - self.at % self.width
            text = self.lines[self.line]
            if part == "\r":
                self.at = row
            elif part == "\n":
                self.line, self.at = self.line + 1, self.at - row
                self.lines += [""] * (self.line + 1 - len(self.lines))
            elif part == "\x1b[J":
                self.lines[self.line:] = [text[:self.at]]
            elif part == "\x1b[K":
                self.lines[self.line] = text[:self.at] + " " * (min(row + self.width, len(text)) - self.at)
            elif part.startswith("\x1b") and part[-1] in "hlmn":
                pass  # modes and colours, of a shell
            else:
                expect(part >= " " or part in "\x07\x08", f"not known to this screen: {part!r}")
                self.lines[self.line] = text[:self.at].ljust(self.at) + part + text[self.at + 1:]
                self.at += 1

    def text(self):
        return [line.rstrip() for line in self.lines if line.strip()]


class Terminal:
    """A program on a terminal of `width` columns, started as the terminal's only job."""

    def __init__(self, command, width, environment=None, reflow=True):
        self.screens = [Screen(width, True), Screen(width, False)]
        self.width, self.raw, self.widths = width, b"", [(0, width)]
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                self.set_size(0, width)
                os.chdir(WORK)
                os.execve(command[0], command, {**ENVIRONMENT, "TERM": "xterm", **(environment or {})})
            finally:
                os._exit(127)

    def set_size(self, fd, width):
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))

    def resize(self, width):
        """As if the program stood still meanwhile: what it writes before and after is not mixed."""
        os.kill(self.pid, signal.SIGSTOP)
        self.read(0.1)
        self.set_size(self.fd, width)
        self.width = width
        self.widths.append((len(self.raw), width))
        for screen in self.screens:
            screen.resize(width)
        os.kill(self.pid, signal.SIGCONT)

    def read(self, seconds):
        """False at the end."""
        while select.select([self.fd], [], [], seconds)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:  # EIO: nobody has the terminal any more
                data = b""
            if not data:
                return False
            self.raw += data
            for screen in self.screens:
                screen.write(data)
            seconds = 0
        return True

    def wait_for(self, pattern, start=0):
        end = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.raw[start:])):
            expect(self.read(0.05) or re.search(pattern, self.raw[start:]),
                   f"it ended without {pattern}: {self.raw[-2000:]}")
            expect(time.monotonic() < end, f"no {pattern}: {self.raw[-2000:]}")
        return start + found.end()

    def type(self, text):
        os.write(self.fd, text)

    def wait(self):
        while self.read(PATIENCE):
            pass
        _, self.status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(self.status)

    def expect_clean(self, *lines):
        """On both screens nothing but these lines (regular expressions), each from the first column."""
        for screen in self.screens:
            text = screen.text()
            good = len(text) == len(lines) and all(re.fullmatch(p, t) for p, t in zip(lines, text))
            expect(good, f"reflow {screen.reflow}: the screen is\n" + "\n".join(text) + f"\nafter {self.raw}")
            expect(screen.at == 0, f"the cursor is in column {screen.at}")

    def expect_no_line_too_long(self):
        for drawn in DRAWN.finditer(self.raw):
            width = [w for at, w in self.widths if at <= drawn.start()][-1]
            expect(len(drawn.group(1)) < width, f"{len(drawn.group(1))} columns on {width}: {drawn.group(1)}")


def make(*arguments):
    """A Run that was not started, for its folders and what it leaves behind."""
    run = Run.__new__(Run)
    run.prepare(*arguments)
    return run, run.command


def on_terminal(width, source, *arguments, environment=None):
    run, command = make(source, *arguments)
    return run, Terminal(command, width, {"TMPDIR": str(run.temporary), **(environment or {})})


def finished(run, terminal, expected, status=0):
    """It ended with `status`, made the image `expected`, and left nothing else."""
    got = terminal.wait()
    run.shown = f"{run.command}: status {got}\n{terminal.raw}"
    expect(got == status, f"not status {status}: {run.shown}")
    run.expect_nothing_left()
    expect(status != 0 or run.image.read_bytes() == expected, "another image")


DONE = ("docteur-make: .*the.img: commit ([0-9a-f]{40}|[0-9a-f]{64}), [0-9]+ objects, [0-9]+ bytes, "
        "digest sha256:[0-9a-f]{64}")  # its last line
