#!/usr/bin/env python3
"""Programs that people fetch files with, against docteur-cache: each takes the whole site, resumes, and asks again.

Usage: clients_test.py DOCTEUR_CACHE DOCTEUR_MAKE CLIENT    (each function below whose name CLIENT is)
Exit status 77 if the client is not installed.
"""

import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers
from programs import program
from waiting import expect, wait_until

CACHE, MAKE, CLIENT = sys.argv[1:4]
PORT = []  # of the server
DICE = random.Random(22)
LINES = [b"line %d of a text, %06x\n" % (i, DICE.getrandbits(24)) for i in range(30_000)]
FILES = {
    "index.html": b'<!doctype html><a href="page.html">page</a> <a href="docs/">docs</a> <a href="large.bin">large</a>',
    "page.html": b"<!doctype html><title>p</title>" + b"<p>a paragraph\n" * 400,
    "docs/index.html": b'<!doctype html><a href="../page.html">up</a> <a href="a%20name.txt">a name</a> <a href="deep/n%C3%A4me.txt">n</a>',
    "docs/a name.txt": b"a name with a space\n", "docs/deep/n\u00e4me.txt": b"a name of UTF-8\n", "empty": b"",
    "large.bin": DICE.randbytes(3_000_000), "text.txt": b"".join(LINES),
}


def run(work, *command, ok=(0,)):
    """Its output, of both kinds; the client has a home of its own and no proxy."""
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")} | {"HOME": str(work), "LC_ALL": "C.UTF-8"}
    done = subprocess.run([str(word) for word in command], cwd=work, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=150)
    out = done.stdout.decode(errors="replace")
    expect(done.returncode in ok, f"{command}: {done.returncode}: {out[-3000:]}")
    return out


def files_in(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def lines_of(log):
    """(method, target, status) of each request so far. The log is written aside: what was asked last comes last."""
    number = log.read_text().count("/marker-")
    servers.fetch(PORT[0], f"/marker-{number}")
    wait_until(lambda: f"/marker-{number} " in log.read_text(), "the log is not written")
    return [(m[1], m[2], int(m[3])) for m in re.finditer(r'"(\S+) (\S+) \S+" (\d+)', log.read_text())
            if not m[2].startswith("/marker-")]


def statuses(log, target):
    return [status for _, path, status in lines_of(log) if path == target]


def wget(site, work, log):
    """Follows all links; goes on where a file was cut; asks for what it has by date, and gets 304."""
    tool = program("wget")
    run(work, tool, "-q", "-r", "-np", "-nH", "-P", "mirror", site)
    linked = {path: content for path, content in FILES.items() if path not in ("empty", "text.txt")}
    got = files_in(work / "mirror")
    expect(got == linked, sorted(got.keys() ^ linked.keys()))
    (work / "large.bin").write_bytes(FILES["large.bin"][:1_234_567])
    run(work, tool, "-q", "-c", site + "large.bin")
    expect((work / "large.bin").read_bytes() == FILES["large.bin"], "resumed to something else")
    expect(statuses(log, "/large.bin")[-1] == 206, lines_of(log)[-3:])
    for _ in range(2):
        run(work, tool, "-q", "-N", site + "text.txt")
    expect((work / "text.txt").read_bytes() == FILES["text.txt"], "wrong text")
    expect(statuses(log, "/text.txt") == [200, 304], lines_of(log)[-3:])


def aria2(site, work, log):
    """Takes one file by four connections in pieces, and goes on after it was killed."""
    tool = program("aria2c")
    split = [tool, "--no-conf", "-q", "-x4", "-s4", "-k1M", "--file-allocation=none"]
    run(work, *split, site + "large.bin")
    expect((work / "large.bin").read_bytes() == FILES["large.bin"], "wrong bytes")
    expect(statuses(log, "/large.bin").count(206) >= 2, lines_of(log))
    slow = subprocess.Popen([*split, "--max-download-limit=200K", "--auto-save-interval=1", "-o", "again.bin", site + "large.bin"], cwd=work)
    part = work / "again.bin"
    wait_until(lambda: part.exists() and part.stat().st_blocks * 512 > 300_000 and (work / "again.bin.aria2").exists(), "nothing came")
    slow.terminate()
    slow.wait(60)
    expect((work / "again.bin.aria2").exists(), "it was already whole")
    run(work, *split, "-c", "-o", "again.bin", site + "large.bin")
    expect(part.read_bytes() == FILES["large.bin"] and not (work / "again.bin.aria2").exists(), "resumed to something else")
    run(work, tool, "--no-conf", "-q", "--http-accept-gzip=true", site + "text.txt")
    expect((work / "text.txt").read_bytes() == FILES["text.txt"], "wrong text")
    run(work, tool, "--no-conf", "-q", site + "nothing", ok=(3,))  # resource not found


def rclone(site, work, log):
    """Reads listings as a file system, copies all, finds that nothing has changed; a mount's reads are ranges."""
    tool = [program("rclone"), "--config", work / "none", "--http-url", site]
    # A folder with a page shows the page's links.
    expect("a name.txt" in run(work, *tool, "lsf", "--files-only", ":http:docs").splitlines(), "no link of the page")
    run(work, *tool, "copy", ":http:plain", "copied")
    expect(files_in(work / "copied") == {"one.txt": b"one\n", "n\u00e4me two": b"two\n", "in/three": b"three\n" * 1000}, files_in(work / "copied"))
    out = run(work, *tool, "check", "--download", ":http:plain", "copied", "-v")
    expect("0 differences found" in out and "3 matching files" in out, out)
    before = len(lines_of(log))
    run(work, *tool, "copy", ":http:plain", "copied")
    asked = lines_of(log)[before:]
    expect(asked and {method for method, path, _ in asked if not path.endswith("/")} <= {"HEAD"}, asked)
    out = subprocess.run([str(w) for w in (*tool, "cat", "--offset", "1000", "--count", "100", ":http:large.bin")], stdout=subprocess.PIPE, check=True,
                         timeout=60, cwd=work).stdout
    expect(out == FILES["large.bin"][1000:1100] and statuses(log, "/large.bin")[-1] == 206, lines_of(log)[-2:])


def zsync(site, work, log):
    """Fetches only the blocks that its older file does not have, many of them in one request."""
    tool = program("zsync")
    old = LINES.copy()
    for i in range(0, len(old), 997):
        old[i] = b"another line\n"
    (work / "old.txt").write_bytes(b"".join(old))
    run(work, tool, "-i", "old.txt", "-o", "new.txt", site + "text.zsync")
    expect((work / "new.txt").read_bytes() == FILES["text.txt"], "wrong text")
    expect(statuses(log, "/text.txt") and set(statuses(log, "/text.txt")) == {206}, lines_of(log))


def apt(site, work, log):
    """A repository of packages: update, download, update again (304), resume of a package that was cut."""
    tool = program("apt-get")
    state = work / "apt"
    for folder in ("lists/partial", "archives/partial", "etc"):
        (state / folder).mkdir(parents=True)
    (state / "status").touch()
    (state / "sources").write_text(f"deb [trusted=yes] {site}repository ./\n")
    options = [o for pair in {
        "Dir::State::Lists": state / "lists", "Dir::State::status": state / "status", "Dir::Cache": state, "Dir::Cache::archives": state / "archives",
        "Dir::Etc::sourcelist": state / "sources", "Dir::Etc::sourceparts": "-", "Dir::Etc::preferencesparts": "-", "Dir::Etc::parts": "-",
        "APT::Sandbox::User": "root", "Acquire::http::Proxy": "DIRECT", "Acquire::Languages": "none"}.items() for o in ("-o", "=".join(map(str, pair)))]
    for status in (200, 304):
        run(work, tool, *options, "-q", "update")
        expect(statuses(log, "/repository/./Packages")[-1] == status, lines_of(log))
    package = FILES["repository/sample_1.0_all.deb"]
    part = state / "archives/partial/sample_1.0_all.deb"
    part.write_bytes(package[:len(package) // 2])
    os.utime(part, (1704067200, 1704067200))
    out = run(work, tool, *options, "-q", "-y", "--download-only", "install", "sample")
    expect((state / "archives/sample_1.0_all.deb").read_bytes() == package, out)
    got = statuses(log, "/repository/./sample_1.0_all.deb")
    # The date alone is not proof enough to join two parts (RFC 9110, section 13.1.5), so the whole comes.
    expect(got == [200], got)


def firefox(site, work, log):
    """Firefox runs a page: it decodes what comes coded, reads ranges, runs modules and WebAssembly, and reloads from its cache."""
    tool = program("firefox-esr")
    (work / "profile").mkdir()
    (work / "profile/user.js").write_text('user_pref("network.proxy.type", 0);\nuser_pref("browser.shell.checkDefaultBrowser", false);\n'
                                          'user_pref("datareporting.policy.dataSubmissionEnabled", false);\n'
                                          'user_pref("app.update.enabled", false);\nuser_pref("network.captive-portal-service.enabled", false);\n')
    browser = subprocess.Popen([tool, "--headless", "--no-remote", "--profile", str(work / "profile"), site + "browser.html"], cwd=work,
                               env={**os.environ, "HOME": str(work), "MOZ_CRASHREPORTER_DISABLE": "1", "MOZ_DISABLE_CONTENT_SANDBOX": "1"}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        def verdicts():
            return [urllib.parse.unquote(path) for _, path, _ in lines_of(log) if path.startswith("/verdict-")]
        wait_until(lambda: verdicts() or browser.poll() is not None, lambda: str(lines_of(log)))
        expect(verdicts() == ["/verdict-good"], f"{verdicts()} {browser.poll()} {lines_of(log)}")
        expect(304 in statuses(log, "/text.txt"), lines_of(log))
    finally:
        os.killpg(browser.pid, 9)
        browser.wait()


# (module (func (export "f") (result i32) i32.const 42))
WASM = bytes.fromhex("0061736d01000000 01050160 00017f 03020100 07050101660000 0a06010400412a0b")
BROWSER = """<!doctype html><meta charset="utf-8"><title>b</title><script type="module">
const expect = (good, what) => { if (!good) throw new Error(what) };
try {
  const { value } = await import("./module.mjs");
  expect(value === 7, "module");
  const text = await (await fetch("text.txt")).text();
  expect(text.length === SIZE && text.startsWith("line 0 of"), "text " + text.length);
  const again = await (await fetch("text.txt", { cache: "no-cache" })).text();
  expect(again === text, "another text");
  const wasm = await WebAssembly.instantiateStreaming(fetch("f.wasm"));
  expect(wasm.instance.exports.f() === 42, "wasm");
  const part = await fetch("large.bin", { headers: { Range: "bytes=1000-1099" } });
  expect(part.status === 206 && (await part.arrayBuffer()).byteLength === 100, "range");
  const named = await fetch("docs/deep/n\u00e4me.txt");
  expect((await named.text()) === "a name of UTF-8\\n", "name");
  const missing = await fetch("nothing");
  expect(missing.status === 404, "404");
  await fetch("verdict-good");
} catch (e) { await fetch("verdict-" + encodeURIComponent(e.message)) }
</script>""".replace("SIZE", str(len(FILES["text.txt"]))).encode()


def add_repository(work):
    """A package, and what apt reads of it."""
    tool = program("dpkg-deb")
    (work / "package/DEBIAN").mkdir(parents=True)
    (work / "package/DEBIAN/control").write_text("Package: sample\nVersion: 1.0\nArchitecture: all\nMaintainer: A <a@example.org>\n"
                                                 "Description: a sample\n")
    (work / "package/noise").write_bytes(DICE.randbytes(200_000))
    deb = work / "sample_1.0_all.deb"
    run(work, tool, "--root-owner-group", "-b", "package", deb)
    control = run(work, tool, "-f", deb)
    digest = run(work, "sha256sum", deb).split()[0]
    FILES["repository/sample_1.0_all.deb"] = deb.read_bytes()
    FILES["repository/Packages"] = f"{control}Filename: ./{deb.name}\nSize: {deb.stat().st_size}\nSHA256: {digest}\n".encode()


def add_files(work):
    """What only one client reads."""
    if CLIENT == "apt":
        add_repository(work)
    elif CLIENT == "rclone":
        FILES.update({"plain/one.txt": b"one\n", "plain/n\u00e4me two": b"two\n", "plain/in/three": b"three\n" * 1000})
    elif CLIENT == "zsync":
        (work / "text.txt").write_bytes(FILES["text.txt"])
        run(work, program("zsyncmake"), "-u", "text.txt", "text.txt", "-o", "text.zsync")
        FILES["text.zsync"] = (work / "text.zsync").read_bytes()
        (work / "text.txt").unlink()
    elif CLIENT == "firefox":
        FILES.update({"browser.html": BROWSER, "module.mjs": b"export const value = 7;\n", "f.wasm": WASM})


with tempfile.TemporaryDirectory() as folder:
    top = pathlib.Path(folder)
    home = top / "home"
    home.mkdir()
    add_files(home)
    image = servers.make_image(MAKE, top / "site", FILES, top / "disk.img")
    access = top / "access.log"
    with servers.Process(CACHE, [image], ["listing", f"access-log={access}", "access-log-format=combined"]) as server:
        server.get("/empty")
        PORT.append(server.port)
        globals()[CLIENT](f"http://127.0.0.1:{server.port}/", home, access)
        expect(server.status()["faults"] == 0, server.status())
