#!/usr/bin/env python3
"""Several images, each for the hosts that are named for it: as nginx serves the same names, and replaced one by one.

Usage: sites_test.py SERVER DOCTEUR_MAKE    (docteur-cache, or docteur-cache.elf: then in QEMU)
"""

import os
import pathlib
import signal
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers
from nginx import Nginx
from ports import free_port
from waiting import wait_until

SERVER, MAKE = sys.argv[1:3]
IS_GUEST = SERVER.endswith(".elf")
# By site: what nginx calls server_name.
NAMES = {"main": [], "docs": ["docs.example.org", "*.docs.example.org"], "shop": ["shop.example.org", "www.docs.example.org"]}
HOSTS = ["example.org", "docs.example.org", "DOCS.example.org", "docs.example.org.", "a.docs.example.org", "a.b.docs.example.org",
         "www.docs.example.org", "shop.example.org", "www.shop.example.org", "xdocs.example.org", "127.0.0.1", "[::1]", "localhost"]
STILL = "; what was mounted before is still served"


def site_of(port, host):
    status, _, body = servers.fetch(port, "/", {"Host": f"{host}:{port}"})
    assert status == 200, (host, status)
    return body.decode()


def check_beside_nginx(port, folder):
    at = free_port()
    named = "".join(f"server {{ listen 127.0.0.1:{at}; server_name {' '.join(names)}; root {folder / site}; }}\n"
                    for site, names in NAMES.items() if names)
    with Nginx(folder / "main", f"access_log off; {named}", listen=f"127.0.0.1:{at} default_server"):
        for host in HOSTS:
            ours, theirs = site_of(port, host), site_of(at, host)
            assert ours == theirs, (host, ours, theirs)


def check_replacing(server, images, work, run):
    def sites():
        return [site_of(server.port, host) for host in ("example.org", "docs.example.org", "shop.example.org")]

    servers.make_image(MAKE, work / "next", {"index.html": b"next"}, work / "next.img")
    os.replace(work / "next.img", images["docs"])
    os.unlink(images["shop"])
    said = run("remount")
    assert "disk 1: " in said and STILL in said, said
    assert sites() == ["main", "next", "shop"], sites()
    # As a supervisor has it done.
    servers.make_image(MAKE, work / "again", {"index.html": b"again"}, work / "again.img")
    os.replace(work / "again.img", images["main"])
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: sites() == ["again", "next", "shop"], sites)
    server.waits_for(b"disk 1: .*" + STILL.encode())


def main():
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        work.chmod(0o755)
        images = {name: servers.make_image(MAKE, work / name, {"index.html": name.encode()}, work / f"{name}.img") for name in NAMES}
        docs, shop = (",".join(NAMES[name]) for name in ("docs", "shop"))
        # A process takes an image by its name as well.
        words = [f"site={docs}=2" if IS_GUEST else f"site={docs}={images['docs']}", f"site={shop}=1"]
        disks = [images["main"], images["shop"], *([images["docs"]] if IS_GUEST else [])]
        with servers.serve(SERVER, disks, words) as server:
            assert server.get("/") == (200, b"main")
            check_beside_nginx(server.port, work)
            status = server.status()
            assert [(s["hosts"], s["image"]["disk"]) for s in status["sites"]] == [(NAMES["docs"], "2"), (NAMES["shop"], "1")], status
            with server.shell() as run:
                said = run("df")
                assert "mounted for docs.example.org, *.docs.example.org: " in said, said
                if not IS_GUEST:
                    check_replacing(server, images, work, run)
                run("umount")
                assert servers.fetch(server.port, "/", {"Host": "docs.example.org"})[0] == 503
            server.type("halt\n")
            server.ends_with(0)


main()
