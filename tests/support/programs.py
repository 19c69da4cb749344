"""Programs that a test needs; without them it is skipped."""

import os
import shutil
import sys


def skip(why):
    print(why)
    sys.exit(77)


def program(name, *more):
    """Its path, also of those that lie where only root looks."""
    found = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/usr/local/sbin", *more]))
    if not found:
        skip(f"{name} is not installed")
    return found
