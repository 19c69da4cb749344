"""A small repository with a history, and images of its commits, for tests with clients of Git."""

import os
import subprocess

COMMITS = 6
DATE = 1_700_000_000


class History:
    """`folder`: a repository with the branch main of COMMITS commits, the annotated tags v1, v2, ..., and light1, light2, ..."""

    def __init__(self, folder, kind="sha1"):
        self.folder = folder
        folder.mkdir(parents=True)
        self.run("init", "-q", "-b", "main", f"--object-format={kind}")
        self.commits = []
        for n in range(1, COMMITS + 1):
            (folder / "number.txt").write_text(f"{n}\n")
            (folder / "docs" / f"part{n}").mkdir(parents=True)
            (folder / "docs" / f"part{n}" / "page.html").write_text(f"<h1>page {n}</h1>\n" * 100)
            (folder / "large.txt").write_text("".join(f"line {i} of {n if i % 97 == 0 else 0}\n" for i in range(30_000)))
            os.utime(folder / "number.txt")
            self.run("add", "-A")
            self.run("commit", "-qm", f"commit {n}", date=DATE + n)
            self.run("tag", "-a", "-m", f"tag {n}", f"v{n}", date=DATE + n)
            self.run("tag", f"light{n}")
            self.commits.append(self.id("HEAD"))
        self.run("tag", "-a", "-m", "of a tag", "outer", "v2", date=DATE)

    def run(self, *arguments, date=DATE):
        return git(self.folder, *arguments, date=date)

    def id(self, name):
        return self.run("rev-parse", name).strip()

    def image(self, make, path, *names):
        """An image of the versions `names`, at `path`."""
        options = [word for name in names for word in ("-b", name)]
        subprocess.run([make, "-q", *options, str(self.folder), str(path)], check=True, timeout=120, env=environment())
        return path

    def files(self, commit):
        """{path: content} of a commit."""
        names = self.run("ls-tree", "-r", "--name-only", commit).split()
        return {name: self.run("cat-file", "blob", f"{commit}:{name}") for name in names}


def environment(date=DATE, **more):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    dates = {"GIT_AUTHOR_DATE": f"{date} +0000", "GIT_COMMITTER_DATE": f"{date} +0000"}
    who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "A"), ("EMAIL", "a@example.org"))}
    return {**kept, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **dates,
            **who, **more}


def git(folder, *arguments, date=DATE, check=True, timeout=100, **more):
    """What `git -C folder` prints; without `check` (status, what it prints, what it says)."""
    done = subprocess.run(["git", "-C", str(folder), *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
                          env=environment(date, **more))
    if not check:
        return done.returncode, done.stdout, done.stderr
    assert done.returncode == 0, f"git {' '.join(map(str, arguments))}: {done.stderr}"
    return done.stdout


def check_worktree(folder, files):
    found = {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file() and ".git" not in p.parts}
    assert found == files, sorted(set(found) ^ set(files))
