#!/usr/bin/env python3
"""What mount(8) and fstab(5) do with docteur-mount as their helper, and what a user without root can. Usage:
helper_test.py BIN"""

import json

from mounting import *
from programs import OWN_MOUNTS

FILES = {"file": b"content\n"}
IMAGE, _ = folder_image("small", FILES)
HELPER = WORK / "mount.fuse.docteur"
HELPER.symlink_to(MOUNT)


def options_of(folder):
    return run("findmnt", "-n", "-o", "FSTYPE,OPTIONS", folder).decode()


def as_mount_calls_it():
    """mount(8): "the helper is executed as mount.TYPE SOURCE FOLDER [-sfnv] [-N NAMESPACE] [-o OPTIONS] [-t TYPE]"."""
    folder = WORK / "helped"
    folder.mkdir()
    run(HELPER, IMAGE, folder, "-f", "-o", "rw")
    expect(not is_mounted(folder), "-f of a helper mounts nothing")
    run(HELPER, IMAGE, folder, "-sn", "-o", "ro,noexec,nosuid,nodev,noauto,user,_netdev", "-t", "fuse.docteur")
    expect((folder / "file").read_bytes() == FILES["file"], "reads")
    expect("fuse.docteur" in options_of(folder) and "noexec" in options_of(folder), options_of(folder))
    run("umount", folder)
    expect(run(HELPER, "absent.img", folder, "-o", "rw", status=32) == b"", "status of a helper that fails")
    run(HELPER, IMAGE, folder, "-o", "nonsense", status=1)


def by_mount():
    """mount(8) looks for helpers in /sbin. Where it finds none it calls mount.fuse, which runs the program that the type
    names."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        print("skipped in part: no root")
        return
    folder, sbin, fstab = WORK / "by mount", WORK / "sbin", WORK / "fstab"
    folder.mkdir()
    # In a mount namespace of its own, /sbin has the link that a package installs.
    shutil.copytree("/sbin", sbin, symlinks=True)
    (sbin / "mount.fuse.docteur").symlink_to(MOUNT)
    (sbin / "docteur-mount").symlink_to(MOUNT)
    digest = json.loads(run(MOUNT.parent / "docteur-verify", "--json", IMAGE))["digest"]
    fstab.write_text(f"{IMAGE} {str(folder).replace(' ', chr(92) + '040')} fuse.docteur ro,noauto,nofail,_netdev,allow_other,digest={digest} 0 0\n")
    script = """set -e
mount --bind "$sbin" "$(readlink -f /sbin)"
mount -t fuse.docteur "$image" "$folder" -o noexec
cat "$folder/file"
findmnt -n -o OPTIONS "$folder" | grep -q noexec
umount "$folder"
! mount -t fuse.docteur "$image" "$folder" -o "digest=sha256:$(printf %064d 0)" 2>"$folder.said"
grep -q "sha256:" "$folder.said"
mount -T "$fstab" "$folder"
cat "$folder/file"
findmnt -n -o OPTIONS "$folder" | grep -q allow_other
umount "$folder"
mount -t fuse.docteur-mount "$image" "$folder"
cat "$folder/file"
findmnt -n -o FSTYPE "$folder" | grep -q fuse.docteur
umount "$folder"
"""
    os.environ.update(sbin=str(sbin), image=str(IMAGE), folder=str(folder), fstab=str(fstab))
    expect(run(OWN_MOUNTS, "sh", "-c", script) == 3 * FILES["file"], "mount -t fuse.docteur")


def as_user():
    """Root of a user namespace mounts without the system's root."""
    folder = WORK / "user"
    folder.mkdir()
    done = subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "true"], capture_output=True)
    if done.returncode != 0:
        print("skipped in part: no user namespaces")
        return
    os.environ.update(program=str(MOUNT), image=str(IMAGE), folder=str(folder))
    said = run("unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
               '"$program" "$image" "$folder" && cat "$folder/file" && stat -c %u "$folder/file" && umount "$folder"')
    expect(said == FILES["file"] + b"0\n", f"in a user namespace: {said}")


if __name__ == "__main__":
    as_mount_calls_it()
    by_mount()
    as_user()
