"""Images drawn at random, odd in all that objects, PACK and IDX may be: docteur-verify, the reader and git are of one
mind. What verification passes the reader reads, whole; what it passes without a remark git takes. Usage: one_mind_test.py
BIN [DRAWS [SEED]]"""

import json

from interop import *

DRAWS = int(sys.argv[2]) if len(sys.argv) > 2 else 120
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 20261127
# Remarks on what git takes.
HARMLESS = ("64-bit offsets where 32 bits would do", "are not a multiple of 512")

ENTRY_TYPE = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}
GOOD_PERSON = b"A U Thor <author@example.org> 1600000000 +0200"
ODD_PEOPLE = [b"A U Thor <author@example.org>\n 1600000000 +0200", b"<author@example.org> 1 +0000", b"A <a@b> -1 +0000",
              b"A <a@b> 01 +0000", b"A <a@b> 1 +00000", b"A <a@b> 99999999999999999999 +0000", b"A a@b 1 +0000", b"",
              b"A <a@b>1 +0000", b"A <a<b> 1 +0000", b"A> <b> 1 +0000", b"A <a@b>  1 +0000", b"A <> 0 -1200",
              b"A <a@b> 9223372036854775807 +9999", b"A\0 <a@b> 1 +0000", b"A <a@b> 1 0000", b"A <a@b>"]
NAMES = [b"a", b"b", b"c.txt", b"README", b"x y", b"sub", b"lib", b"\xff\xfe", b"new\nline", b"z" * 200, b".gitignore"]
ODD_NAMES = [b".gitmodules", b".gitattributes", b".GITMODULES", b"gitmod~1", b"GI7EBA~1", b"gi7~1234", b"a\\.gitmodules",
             b".gitmodules:x", b".git\xe2\x80\x8cmodules", b"gitatt~2", b"gi7d29~1", b".git", b"..", b"", b"git~1", b"~1000000",
             b".gitattributes .", b"a\\b", b".mailmap"]
MODES = [b"100644"] * 6 + [b"100755", b"120000"]
ODD_MODES = [b"100664", b"0100644", b"100600", b"160000", b"000000", b"100000", b"120777"]
SPECIAL = [b'[submodule "x"]\n\tpath = sub\n\turl = https://example.org/x.git\n', b'[submodule "../x"]\n\turl = a\n',
           b'[submodule "x"]\n\turl = -u\n', b'[submodule "x"]\n\turl = ../../../:x\n\tpath = -x\n', b"[submodule \"x\n",
           b'[submodule "x"]\n\tupdate = !rm\n', b"[submodule.a..b]\nurl = x", b'[submodule "x"]\nurl = https:///x\n',
           b'[submodule "a\\\\..\\\\b"]\npath = x ; y\n', b"*.txt text\n", b"*.txt " + b"x" * 2048 + b"\n",
           b"[submodule \"x\"]\nurl = \"./%0ax\"\n", b"[core]\n\tfsmonitor = ../x\n", b"\0", b"[submodule \"\"]\npath = x\n"]


def identity(kind, content):
    return hashlib.new(KIND, b"%s %d\0" % (kind.encode(), len(content)) + content).digest()


def number(value):
    """The sizes at the front of a delta."""
    out = bytearray()
    while value > 0x7f:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def delta(base, content):
    """Copies what both begin with, spells out the rest."""
    same = len(os.path.commonprefix([base, content])) & 0xffff
    out = number(len(base)) + number(len(content))
    if same:
        out += bytes([0xb0, same & 0xff, same >> 8])
    for at in range(same, len(content), 127):
        part = content[at:at + 127]
        out += bytes([len(part)]) + part
    return out


def entry_head(kind, size, length=0):
    """At least `length` bytes long."""
    out = [kind << 4 | size & 15]
    size >>= 4
    while size or len(out) < length:
        out[-1] |= 0x80
        out.append(size & 0x7f)
        size >>= 7
    return bytes(out)


def distance(value):
    out = [value & 0x7f]
    while value := value >> 7:
        value -= 1
        out.append(value & 0x7f | 0x80)
    return bytes(reversed(out))


class Draw:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.odd = self.r.choice([0, 0, 0.05, 0.3])  # how likely each part is odd
        self.objects = []  # (kind, content), each once
        self.root = self.tree(0)
        self.commit = self.add("commit", self.commit_text())

    def is_odd(self):
        return self.r.random() < self.odd

    def add(self, kind, content):
        if (kind, content) not in self.objects:
            self.objects.append((kind, content))
        return identity(kind, content)

    def blob(self):
        if self.is_odd():
            return self.add("blob", self.r.choice(SPECIAL))
        lines = b"".join(b"line %d\n" % n for n in range(self.r.choice([0, 1, 5, 400])))
        return self.add("blob", lines + b"%d" % self.r.randrange(8))

    def tree(self, depth):
        entries = {}
        for _ in range(self.r.randrange(1, 6)):
            name = self.r.choice(ODD_NAMES if self.is_odd() else NAMES)
            if self.r.random() < (0.5, 0.3, 0)[depth]:
                entries[name] = (b"40000", self.tree(depth + 1))
            else:
                mode = self.r.choice(ODD_MODES if self.is_odd() else MODES)
                module = bytes(ID_SIZE) if self.is_odd() else b"m" * ID_SIZE
                entries[name] = (mode, module if mode == b"160000" else self.blob())
        order = sorted(entries, key=lambda name: name + (b"/" if entries[name][0] == b"40000" else b""))
        if self.is_odd() and self.is_odd():
            order.reverse()
        return self.add("tree", b"".join(entries[name][0] + b" " + name + b"\0" + entries[name][1] for name in order))

    def person(self):
        return self.r.choice(ODD_PEOPLE) if self.is_odd() else GOOD_PERSON

    def commit_text(self):
        root = self.root.hex().encode()
        lines = [b"tree " + (root.upper() if self.is_odd() else root)]
        lines += [b"parent " + b"1" * 2 * ID_SIZE] * self.r.randrange(2)
        lines += [b"author " + self.person()] * (self.r.choice([0, 2]) if self.is_odd() else 1)
        lines += [b"committer " + self.person()] * (0 if self.is_odd() else 1)
        lines += [b"encoding ISO-8859-1"] * self.r.randrange(2)
        if self.is_odd():
            lines.append(self.r.choice([b"gpgsig x\n y", b"mergetag object x\n type y", b"author " + GOOD_PERSON, b"odd\0"]))
        text = b"\n".join(lines) + (b"" if self.is_odd() else b"\n")
        return text + (b"" if self.is_odd() else b"\nmessage\n" + (b"\0" if self.is_odd() else b""))

    def pack(self):
        """(PACK, rows of IDX)"""
        r = self.r
        listed = list(self.objects)
        if self.is_odd():
            listed.append(("blob", b"that nothing reaches"))
        while self.is_odd():
            listed.append(r.choice(listed))
        if r.random() < 0.7:
            r.shuffle(listed)
        out = bytearray(struct.pack(">4sII", b"PACK", 2, len(listed)))
        before, rows = [], []
        for kind, content in listed:
            at = len(out)
            how = r.choice(["whole", "ofs", "ref"] if self.odd else ["whole", "ofs"])
            ofs = [b for b in before if b[0] == kind]
            ref = [o for o in self.objects if o[0] == kind and (o[1] != content or self.is_odd())]
            length = r.choice([2, 9, 10, 11]) if self.is_odd() else 0
            if how == "ofs" and ofs:
                base = r.choice(ofs)
                what = delta(base[1], content)
                out += entry_head(6, len(what), length) + distance(at - base[2]) + zlib.compress(what)
            elif how == "ref" and ref:
                base = r.choice(ref)
                what = delta(base[1], content)
                out += entry_head(7, len(what), length) + identity(*base) + zlib.compress(what)
            else:
                out += entry_head(ENTRY_TYPE[kind], len(content), length) + zlib.compress(content, r.randrange(10))
            before.append((kind, content, at))
            rows.append((identity(kind, content), zlib.crc32(out[at:]), at))
        return bytes(out) + hashlib.new(KIND, out).digest(), rows

    def idx(self, rows, checksum):
        line = self.r.choice([0, 13, 300]) if self.is_odd() else 1 << 31  # where 64-bit offsets begin
        self.r.shuffle(rows)
        rows = sorted(rows, key=lambda row: row[0]) if self.is_odd() else sorted(rows, key=lambda row: (row[0], row[2]))
        out = struct.pack(">4sI", b"\xfftOc", 2)
        out += b"".join(struct.pack(">I", sum(row[0][0] <= first for row in rows)) for first in range(256))
        out += b"".join(row[0] for row in rows) + b"".join(struct.pack(">I", row[1]) for row in rows)
        wide = [row[2] for row in rows if row[2] >= line]
        out += b"".join(struct.pack(">I", row[2] if row[2] < line else 0x80000000 | wide.index(row[2])) for row in rows)
        out += b"".join(struct.pack(">Q", offset) for offset in wide) + checksum
        return out + hashlib.new(KIND, out).digest()

    def image(self):
        pack, rows = self.pack()
        made = image_by_hand(self.commit.hex().encode(), pack, self.idx(rows, pack[-ID_SIZE:]), self.is_odd(),
                             self.r.choice([1, 512]) if self.is_odd() else 0)
        return made

    def paths(self):
        """(what `git ls-tree -r -t -l -z` prints, [(path, content)] of all files)"""
        known = {identity(kind, content): (kind, content) for kind, content in self.objects}
        listing, files = [], []

        def walk(tree, front):
            text = known[tree][1]
            while text:
                mode, rest = text.split(b" ", 1)
                name, rest = rest.split(b"\0", 1)
                oid, text = rest[:ID_SIZE], rest[ID_SIZE:]
                mode = int(mode, 8)
                shape = mode >> 12
                mode = {8: 0o100755 if mode & 0o100 else 0o100644, 10: 0o120000, 4: 0o40000}.get(shape, 0o160000)
                kind = {4: "tree", 14: "commit"}.get(shape, "blob")
                size = len(known[oid][1]) if kind == "blob" else "-"
                listing.append(f"{mode:06o} {kind} {oid.hex()} {size:>7}\t".encode() + front + name + b"\0")
                if kind == "tree":
                    walk(oid, front + name + b"/")
                elif shape == 8:
                    files.append((front + name, known[oid][1]))

        walk(self.root, b"")
        return b"".join(listing), files


def attempt(*command, cwd=WORK):
    done = subprocess.run([str(c) for c in command], cwd=cwd, env=ENVIRONMENT, capture_output=True)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def verdict(image):
    done = subprocess.run([str(BIN / "docteur-verify"), "--json", str(image)], env=ENVIRONMENT, capture_output=True)
    expect(done.returncode in (0, 1), f"{image}: docteur-verify ends with {done.returncode}: {done.stderr.decode()}")
    return json.loads(done.stdout)


def expect_whole_read(draw, image, what):
    listing, files = draw.paths()
    expect(run(BIN / "docteur-ls", "-R", "-l", "-z", image) == listing, f"{what}: docteur-ls tells another listing")
    printed = run(BIN / "docteur-cat", image, *[os.fsdecode(path) for path, _ in files]) if files else b""
    expect(printed == b"".join(content for _, content in files), f"{what}: docteur-cat prints other content")


def expect_git_takes(image, what):
    bare = WORK / "bare"
    shutil.rmtree(bare, ignore_errors=True)
    run(BIN / "docteur-extract", "-q", "--bare", image, bare)
    pack, = (bare / "objects/pack").glob("*.pack")
    for command in (("fsck", "--strict"), ("index-pack", "--strict", "--fsck-objects", "-o", WORK / "again.idx", pack),
                    ("verify-pack", pack)):
        status, text = attempt("git", "-C", bare, *command)
        expect(status == 0 and "error" not in text, f"{what}: git {command[0]} ends with {status}: {text}")


counts = {"refused": 0, "remarked": 0, "clean": 0}
for n in range(DRAWS):
    draw = Draw(SEED + n)
    made = WORK / "one.img"
    made.write_bytes(draw.image())
    what = f"draw {SEED + n}"
    said = verdict(made)
    if not said["ok"]:
        counts["refused"] += 1
        continue
    expect_whole_read(draw, made, what)
    if all(any(known in remark for known in HARMLESS) for remark in said["remarks"]):
        counts["clean"] += 1
        expect_git_takes(made, what)
    else:
        counts["remarked"] += 1
print(counts)
# An image of SHA-256 has a section table, with which most of what is odd is a fault.
drawn = counts.values() if KIND == "sha1" else (counts["refused"], counts["clean"])
expect(min(drawn) * 20 > DRAWS, f"too few of a sort: {counts}")
