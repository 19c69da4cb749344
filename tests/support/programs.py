"""Programs that a test needs, without which it is skipped, and what is known of ours."""

import os
import pathlib
import shutil
import sys

# The first word of a command that is to have a mount namespace of its own.
OWN_MOUNTS = str(pathlib.Path(__file__).resolve().with_name("own_mounts"))


def skip(why):
    print(why)
    sys.exit(77)


def program(name, *more):
    """Its path, also of those that lie where only root looks."""
    found = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/usr/local/sbin", *more]))
    if not found:
        skip(f"{name} is not installed")
    return found


def is_sanitized(path):
    """Whether a program of ours has AddressSanitizer, which keeps freed memory for a while and reserves address space."""
    return b"__asan_init" in pathlib.Path(path).read_bytes()
