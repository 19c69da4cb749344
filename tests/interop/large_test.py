"""A file of 3 GiB that compresses and one of 1 GiB that does not: made, verified, printed and read in ranges, in bounded
memory. Needs 6 GiB in TMPDIR; skipped (77) if there is less."""

import random

from interop import *

GIB = 1 << 30
MAKE_LIMIT = 400 << 20  # bytes, resident
READ_LIMIT = 64 << 20
READ_RANGES = Path(sys.argv[2])

if shutil.disk_usage(WORK).free < 6 * GIB:
    print(f"skipped: less than 6 GiB are free in {tempfile.gettempdir()}")
    sys.exit(77)


def bounded(limit, *command, stdin=None):
    """Runs a command; returns the SHA-1 and the first bytes of its output. Its peak memory must stay below the limit."""
    process = subprocess.Popen([str(c) for c in command], env=ENVIRONMENT, stdin=stdin, stdout=subprocess.PIPE)
    digest, head = hashlib.sha1(), b""
    while piece := process.stdout.read(1 << 20):
        digest.update(piece)
        head = (head + piece)[:1 << 20] if len(head) < 1 << 20 else head
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    peak = usage.ru_maxrss << 10
    print(f"{Path(command[0]).name}: {peak >> 20} MiB, {usage.ru_utime + usage.ru_stime:.1f} s CPU")
    expect(process.returncode == 0, f"{command}: exit status {process.returncode}")
    expect(peak <= limit, f"{command}: {peak >> 20} MiB, more than {limit >> 20}")
    return digest.hexdigest(), head


folder = WORK / "folder"
folder.mkdir()
sizes = {"random": GIB + 12345, "sparse": 3 * GIB + 54321}
island = text(3000, 1)  # some of the sparse file is text, the rest holes
islands = [n * 97 * (1 << 20) + n * 4321 for n in range(30)]
digests, ids = {}, {}
for name, size in sizes.items():
    content, blob = hashlib.sha1(), hashlib.sha1(b"blob %d\0" % size)
    with open(folder / name, "wb") as out:
        for at in range(0, size, 1 << 24):
            n = min(1 << 24, size - at)
            if name == "random":
                piece = os.urandom(n)
                out.write(piece)
            else:
                piece = bytearray(n)
                for start in islands:
                    low, high = max(start, at), min(start + len(island), at + n)
                    if low < high:
                        piece[low - at:high - at] = island[low - start:high - start]
                        out.seek(low)
                        out.write(piece[low - at:high - at])
            content.update(piece)
            blob.update(piece)
        out.truncate(size)
    digests[name], ids[name] = content.hexdigest(), blob.hexdigest()

image = WORK / "large.img"
bounded(MAKE_LIMIT, BIN / "docteur-make", "-q", folder, image)
expect(image.stat().st_size < 1.1 * GIB, f"an image of {image.stat().st_size} bytes")
listed = run(BIN / "docteur-ls", "-l", image).split()
for name, size in sizes.items():
    at = listed.index(name.encode())
    expect(listed[at - 1] == b"%d" % size and listed[at - 2] == ids[name].encode(), f"{name}: not as it was listed")
bounded(MAKE_LIMIT, BIN / "docteur-verify", "-q", image)

for name, size in sizes.items():
    printed, _ = bounded(READ_LIMIT, BIN / "docteur-cat", image, name)
    expect(printed == digests[name], f"{name}: docteur-cat prints something else")

    r = random.Random(1)
    ranges = [(0, 100), (size - 1, 1), (size - 70000, 70000), (GIB - 5, 10)]
    ranges += [(start - 10, 100) for start in islands[1:]]
    ranges += [(r.randrange(size - 3000), r.randrange(3000)) for _ in range(60)]
    ranges = [(at, n) for at, n in ranges if at + n <= size]
    asked = WORK / "ranges"
    asked.write_text("".join(f"{at} {n}\n" for at, n in ranges))
    expected = bytearray()
    with open(folder / name, "rb") as content:
        for at, n in ranges:
            content.seek(at)
            expected += content.read(n)
    with open(asked, "rb") as stdin:
        _, printed = bounded(READ_LIMIT, READ_RANGES, image, name, stdin=stdin)
    expect(printed == expected, f"{name}: ranges differ")
