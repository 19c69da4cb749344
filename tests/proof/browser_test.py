#!/usr/bin/env python3
"""browser/docteur-proof.js in Chromium, or in Node with the word node: good proofs are accepted, hostile ones refused in its
own words. In Chromium the page, the verifier, the cases, a file and its proofs come from docteur-cache, by http on localhost, which
is a secure context. Usage: browser_test.py PROGRAMS TOP chromium|node   Exit status 77 when that is absent.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here.parent / "support"), str(here)]
import cases
import programs
import servers

PROGRAMS, TOP, WHERE = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
VERIFIER = TOP / "browser/docteur-proof.js"
PAGE = """<!DOCTYPE html><title>proofs</title><pre id=out>nothing</pre><script type=module>
import { verifyProof } from './docteur-proof.js';
import { runCases } from './run_cases.js';
const out = document.getElementById('out');
try {
  const read = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
  const lines = await runCases(await (await fetch('cases.json')).json(), verifyProof);
  // The page proves itself: what the server sends of it is in the commit that the tester knows.
  const { commit } = (await (await fetch('/.docteur/status')).json()).image;
  const own = await verifyProof(await read('/.docteur/proof/index.html'), await read('index.html'), { commit });
  lines.push(`own page: ${own.path} ${own.commit === commit}`);
  out.textContent = lines.join('\\n');
} catch (e) { out.textContent = `failed: ${e.stack}`; }
document.title = 'done';
</script>
"""

def in_node(work, all_cases):
    script, data = work / "run.mjs", work / "cases.json"
    data.write_text(json.dumps(all_cases))
    # A module whose name ends in .js is one for Node where a package says so.
    (work / "package.json").write_text('{"type": "module"}')
    for file in (VERIFIER, here / "run_cases.js"):
        shutil.copy(file, work)
    # Node 18, that of Debian 12, has WebCrypto in a module only; later ones in `crypto`, too.
    script.write_text("if (process.argv[2] === 'as 18') delete globalThis.crypto;\n"
                      f"import {{ verifyProof }} from './docteur-proof.js';\nimport {{ runCases }} from './run_cases.js';\n"
                      "import fs from 'fs';\n"
                      f"console.log((await runCases(JSON.parse(fs.readFileSync('{data}')), verifyProof)).join('\\n'));\n")
    ran = [subprocess.run(["node", str(script), version], capture_output=True, text=True, timeout=240, check=False)
           for version in ("as 18", "as it is")]
    for one in ran:
        assert one.returncode == 0, one.stderr
    assert ran[0].stdout == ran[1].stdout, ran[0].stdout[:4000]
    return ran[0].stdout


def in_chromium(work, all_cases):
    files = {"index.html": PAGE.encode(), "docteur-proof.js": VERIFIER.read_bytes(), "run_cases.js": (here / "run_cases.js").read_bytes(),
             "cases.json": json.dumps(all_cases).encode()}
    image = servers.make_image(PROGRAMS / "docteur-make", work / "site", files, work / "site.img")
    with servers.Process(PROGRAMS / "docteur-cache", [image], []) as server:
        server.get("/.docteur/status")
        page = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
             "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
             f"--user-data-dir={work / 'profile'}", "--virtual-time-budget=400000", "--dump-dom",
             f"http://127.0.0.1:{server.port}/"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=240, text=True, check=False).stdout
    assert "<title>done</title>" in page, page[:2000]
    said = page[page.index('<pre id="out">') + 14 : page.index("</pre>")]
    assert "own page: index.html true" in said, said
    return said


programs.program(WHERE)
programs.program("ssh-keygen")
with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    worlds = [cases.World(work / kind, PROGRAMS, kind) for kind in ("sha1", "sha256")]
    all_cases = [cases.as_json(c) for world in worlds for c in cases.cases(world)]
    wanted = sum(c["ok"] for c in all_cases)
    said = (in_chromium if WHERE == "chromium" else in_node)(work, all_cases)
    print(said)
    assert f"{wanted} accepted, {len(all_cases) - wanted} refused, 0 wrong" in said, said[:4000]
