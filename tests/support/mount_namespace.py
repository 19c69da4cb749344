"""A mount namespace of one's own, by the program unshare."""

import pathlib


def unshare():
    """The command's first words. Nothing that is mounted in it is seen outside."""
    # Where the root is no mount point, as after chroot, its propagation cannot be changed, and need not be if it is private.
    private = " shared:" not in pathlib.Path("/proc/self/mountinfo").read_text()
    return ["unshare", "--mount", "--propagation", "unchanged" if private else "private"]
