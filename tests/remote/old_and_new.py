"""Repositories of two commits, and images of them."""

import random
import struct
import subprocess
from pathlib import Path

from range_server import ENVIRONMENT, WORK, good

work = Path(WORK.name)


def git(repository, *arguments, **how):
    environment = {**ENVIRONMENT, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(work), "GIT_AUTHOR_NAME": "A",
                   "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@b",
                   "GIT_AUTHOR_DATE": "1600000000 +0000", "GIT_COMMITTER_DATE": "1600000000 +0000"}
    return subprocess.run(["git", "-C", repository, *arguments], env=environment, check=True, capture_output=True, **how).stdout


def versions(name, seed, kind="sha1"):
    """A repository with two commits, `old` and `new`: texts that are alike, noise, a large file; some of each change."""
    dice = random.Random(seed)
    folder = work / name
    (folder / "texts").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main", f"--object-format={kind}")
    page = [f"line {n} {dice.getrandbits(64):x}\n" for n in range(150)]
    for i in range(300):
        mine = page[:i % 150] + [f"of {i} {dice.getrandbits(64):x}\n"] + page[i % 150:]
        (folder / "texts" / f"t{i}").write_text("".join(mine))
        (folder / f"noise{i}").write_bytes(dice.randbytes(6_000 + 40 * i))
    (folder / "large").write_bytes(dice.randbytes(9 << 20))
    for version in ("old", "new"):
        if version == "new":
            for i in range(0, 300, 30):
                (folder / f"noise{i}").write_bytes(dice.randbytes(7_000))
                (folder / "texts" / f"t{i}").write_text(f"{dice.getrandbits(64):x}\n" * 30)
            (folder / "texts" / "t1").unlink()
            (folder / "added").write_bytes(dice.randbytes(90_000))
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", version)
        git(folder, "branch", version)
        good("make", "-q", folder, "-b", version, work / f"{name}-{version}.img")
    return folder, work / f"{name}-old.img", work / f"{name}-new.img"


def by_git(folder, version):
    """An image that git alone makes: no sections."""
    objects = git(folder, "rev-list", "--objects", "--no-walk", version)
    made = work / f"{folder.name}-{version}.git"
    made.mkdir()
    ids = b"".join(line.split(b" ")[0] + b"\n" for line in objects.splitlines())
    git(folder, "pack-objects", "-q", "--delta-base-offset", made / "p", input=ids)
    pack, idx = (next(made.glob(f"*.{end}")).read_bytes() for end in ("pack", "idx"))
    commit = bytes.fromhex(git(folder, "rev-parse", version).decode())
    image = made / "by-git.img"
    image.write_bytes(commit + struct.pack("<Q", 28 + len(pack)) + pack + idx)
    good("verify", image)
    return image
