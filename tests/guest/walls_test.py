#!/usr/bin/env python3
"""The walls inside docteur-cache.elf: code is read-only, data cannot be executed, stacks have guard pages.

Usage: walls_test.py ELF DOCTEUR_MAKE MACHINE
The page tables are read as QEMU's monitor shows them. Then QEMU's debugger makes the running guest do what it must not: each
time it has to end with a page fault of the right kind. The ELF is the one that is shipped.
"""

import contextlib
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import monitor
import servers

ELF, MAKE, MACHINE = sys.argv[1:4]
PAGE = 4096
PRESENT, WRITE, FETCH = 1, 2, 16  # of a page fault's code (Intel SDM 3A 4.7)
RDI, RSP, RIP, FS_BASE = 5, 7, 16, 24  # numbers of registers in GDB's protocol for x86-64


def segments():
    """[(flags, begin, end)] of the program's segments."""
    raw = pathlib.Path(ELF).read_bytes()
    at, size, count = struct.unpack_from("<Q", raw, 32)[0], *struct.unpack_from("<HH", raw, 54)
    found = []
    for i in range(count):
        kind, flags, _, begin, _, _, length, _ = struct.unpack_from("<IIQQQQQQ", raw, at + i * size)
        if kind == 1:
            found.append((flags, begin, begin + length))
    return found


def symbol(name):
    listed = subprocess.run(["nm", "-C", ELF], stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout
    return int(re.search(rf"^([0-9a-f]+) \w {re.escape(name)}$", listed, re.M)[1], 16)


class Debugger:
    """The needed part of GDB's remote protocol."""

    def __init__(self, path):
        self.socket = monitor.connected(path)
        self.rest = b""
        self.ask("qXfer:features:read:target.xml:0,ffb")  # required to access single registers

    def ask(self, text):
        self.say(text)
        while (said := self.answer()).startswith("T"):  # an unsolicited report that the guest was stopped
            pass
        return said

    def say(self, text):
        self.socket.sendall(f"${text}#{sum(text.encode()) % 256:02x}".encode())

    def answer(self):
        while not (whole := re.search(rb"\$([^#]*)#..", self.rest)):
            piece = self.socket.recv(4096)
            assert piece, f"the debugger's connection ended after {self.rest!r}"
            self.rest += piece
        self.rest = self.rest[whole.end():]
        self.socket.sendall(b"+")
        return whole[1].decode()

    def set(self, register, value):
        said = self.ask(f"P{register:x}={struct.pack('<Q', value).hex()}")
        assert said == "OK", said

    def read(self, address, size):
        return bytes.fromhex(self.ask(f"m{address:x},{size:x}"))

    def write(self, address, content):
        assert self.ask(f"M{address:x},{len(content):x}:{content.hex()}") == "OK"


@contextlib.contextmanager
def running(image, folder):
    """A guest that serves and is then stopped, its debugger, and its monitor's socket."""
    gdb, at_monitor = folder / "gdb", folder / "monitor"
    with servers.Guest(ELF, MACHINE, images=[image], qemu=[
            "-chardev", f"socket,id=gdb,path={gdb},server=on,wait=off", "-gdb", "chardev:gdb",
            *monitor.options(at_monitor)]) as g:
        assert g.get("/page")[0] == 200
        debugger = Debugger(gdb)  # stops it
        yield g, debugger, at_monitor


def page_table(at_monitor):
    """{address: (writable, executable, bytes)} of each mapped page."""
    pages = {}
    for address, flags in re.findall(r"([0-9a-f]{16}): [0-9a-f]{16} (\S{9})", monitor.tell(at_monitor, "info tlb")):
        pages[int(address, 16)] = ("W" in flags, not flags.startswith("X"), 512 * PAGE if "P" in flags else PAGE)
    return pages


def looks_at_page_tables(image, folder):
    with running(image, folder) as (_, _, at_monitor):
        pages = page_table(at_monitor)
    assert len(pages) > 2000, f"{len(pages)} pages"
    both = [hex(at) for at, (writable, executable, _) in pages.items() if writable and executable]
    assert not both, f"can be written to and executed: {both[:9]}"
    for flags, begin, end in segments():
        for at in range(begin & -PAGE, end, PAGE):
            if at not in pages:  # a stack's end
                assert flags & 2, hex(at)
                continue
            writable, executable, size = pages[at]
            assert size == PAGE and executable == bool(flags & 1), f"{at:x}: {pages[at]}, {flags}"
            assert flags & 2 or not writable, f"{at:x}: {pages[at]}, {flags}"
    text = [range(begin & -PAGE, end) for flags, begin, end in segments() if flags & 1]
    stray = [hex(at) for at, (_, executable, _) in pages.items() if executable and not any(at in r for r in text)]
    assert not stray, f"executable, but not the program's: {stray[:9]}"
    stack, fault_stack = symbol("docteur::cache_vm::pvh::(anonymous namespace)::main_stack"), symbol("fault_stack_guard")
    for at in (0, stack, fault_stack):
        assert at not in pages, f"{at:x} is mapped"
    assert stack + PAGE in pages and fault_stack + PAGE in pages


def faults(image, folder, code, address, prepare, told=b""):
    """Continues a stopped guest that `prepare` has changed."""
    with running(image, folder) as (g, debugger, _):
        prepare(debugger)
        debugger.say("c")
        g.ends_with(servers.FAILED, rb"fatal: page fault \(14\), code 0x0*%x, at .*, address 0x0*%x\b.*%s" % (code, address, told))


def instruction(of, code):
    """The address of these bytes in the function `of` or behind it: as an instruction they are valid anywhere."""
    raw = pathlib.Path(ELF).read_bytes()
    flags, begin, end = next(s for s in segments() if s[0] & 1)
    offset = raw.index(code, of - begin + PAGE)  # the second segment of the file, which begins with a whole page
    return begin + offset - PAGE


def refuses_to_write_into_text(image, folder):
    text = symbol("report_exception")

    def prepare(debugger):
        debugger.set(RDI, text)
        debugger.set(RIP, instruction(symbol("pvh_start"), bytes.fromhex("488907")))  # mov %rax,(%rdi)

    faults(image, folder, PRESENT | WRITE, text, prepare)


def refuses_to_execute_data(image, folder):
    data = symbol("global_descriptors")
    faults(image, folder, PRESENT | FETCH, data, lambda debugger: debugger.set(RIP, data))


def ends_with_its_stack(image, folder):
    stack = symbol("docteur::cache_vm::pvh::(anonymous namespace)::main_stack") + PAGE

    def prepare(debugger):
        debugger.set(RSP, stack)
        debugger.set(RIP, instruction(symbol("pvh_start"), b"\x50"))  # push %rax

    faults(image, folder, WRITE, stack - 8, prepare, rb": the stack is used up")


def notices_a_changed_canary(image, folder):
    """Changes the canary, as if each frame's had been overwritten: the first guarded function that returns reports it."""
    with running(image, folder) as (g, debugger, _):
        base = struct.unpack("<Q", bytes.fromhex(debugger.ask(f"p{FS_BASE:x}")))[0]
        assert debugger.read(base + 0x28, 8) != bytes(8)
        debugger.write(base + 0x28, b"\1" * 8)
        debugger.say("c")
        g.type("halt\n")
        g.ends_with(servers.FAILED, rb"stack smashing detected")


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        image = servers.make_image(MAKE, folder / "site", {"page": b"a page\n"}, folder / "disk.img")
        for check in (looks_at_page_tables, refuses_to_write_into_text, refuses_to_execute_data, ends_with_its_stack,
                      notices_a_changed_canary):
            check(image, folder)
            print(f"{MACHINE}: {check.__name__.replace('_', ' ')}", flush=True)


main()
