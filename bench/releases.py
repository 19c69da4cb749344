"""Releases of a Debian package as commits of one repository, which the benchmarks share."""

import re
import shutil

import measure


def commit(repository, files, name):
    """A commit of a folder, and a tag for it."""
    measure.git(repository, "--work-tree", files, "-c", "core.compression=1", "add", "-A", "-f", ".")
    made = measure.git(repository, "commit-tree", "-m", name, measure.git(repository, "write-tree"))
    measure.git(repository, "update-ref", f"refs/tags/{name}", made)


def newest(package, count):
    """The last `count` versions of a package in Debian's archive, the oldest first."""
    listed = measure.run("apt-cache", "madison", package)
    return list(dict.fromkeys(re.findall(r"\| *(\S+) \|", listed)))[:count][::-1]


def commit_releases(package, versions, work):
    """Commits versions of a package to work/versions.git, each with a tag of its name: /usr/share/doc of the package, or for a
    source of Linux what its archive holds."""
    for version in versions:
        folder = work / version
        if not folder.exists():
            measure.run("apt-get", "download", "-qq", f"{package}={version}", cwd=work)
            measure.run("dpkg-deb", "-x", next(work.glob(f"{package}_{version.replace(':', '%3a')}_*.deb")), folder)
        files = folder / "usr/share/doc"
        if (archive := folder / f"usr/src/{package}.tar.xz").exists():
            files = work / "files"
            shutil.rmtree(files, ignore_errors=True)
            files.mkdir()
            measure.run("tar", "-C", files, "--strip-components=1", "-xJf", archive)
        commit(work / "versions.git", files, version)
