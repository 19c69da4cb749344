#!/usr/bin/env python3
"""The image as a remote of Git, with another client than git: a clone of one commit and of several versions, and a fetch.

Usage: git_clients_test.py SERVER DOCTEUR_MAKE libgit2 LIBGIT2_CLONE | dulwich | isomorphic-git | jgit
isomorphic-git is looked for where node looks, and in the folder $DOCTEUR_NODE_MODULES. JGit is Debian's libjgit-java, with a JDK.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers
from git_history import History, check_worktree, environment, git

SERVER, MAKE, CLIENT = sys.argv[1:4]

DULWICH = """
import sys
from dulwich import porcelain
depth = int(sys.argv[3]) or None
repository = porcelain.clone(sys.argv[1], sys.argv[2], depth=depth)
porcelain.fetch(repository, sys.argv[1])
print(repository.head().decode())
"""

ISOMORPHIC = """
const git = require('isomorphic-git'), http = require('isomorphic-git/http/node'), fs = require('fs');
const [url, dir, depth] = process.argv.slice(2);
(async () => {
  const to = {fs, http, dir, url, ...(depth > 0 ? {depth: Number(depth), singleBranch: true} : {})};
  await git.clone(to);
  await git.fetch(to);
  console.log(await git.resolveRef({fs, dir, ref: 'HEAD'}));
})().catch(e => { console.error(e); process.exit(1); });
"""

JGIT = """
import java.io.File;
import org.eclipse.jgit.api.Git;
public class Clone {
  public static void main(String[] words) throws Exception {
    try (Git git = Git.cloneRepository().setURI(words[0]).setDirectory(new File(words[1])).call()) {
      git.fetch().call();
      System.out.println(git.getRepository().resolve("HEAD").name());
    }
  }
}
"""
JARS = [f"/usr/share/java/{name}.jar" for name in ("org.eclipse.jgit", "slf4j-api", "slf4j-nop", "jsch")]


def node_modules():
    """Folders for NODE_PATH."""
    return os.environ.get("DOCTEUR_NODE_MODULES", "")


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def command(work):
    """What is run with an address, a folder and a depth; depth 0: all."""
    if CLIENT == "libgit2":
        return [sys.argv[4]], (0,)
    if CLIENT == "dulwich":
        for python in (sys.executable, "/usr/bin/python3"):
            if subprocess.run([python, "-c", "import dulwich"], capture_output=True).returncode == 0:
                return [python, "-c", DULWICH], (1, 0)
        skip("no dulwich")
    if CLIENT == "jgit":
        if not shutil.which("javac") or not all(map(os.path.exists, JARS)):
            skip("no JGit, or no JDK")
        source = work / "Clone.java"
        source.write_text(JGIT)
        return ["java", "-cp", ":".join(JARS), str(source)], (0,)
    script = work / "clone.js"
    script.write_text(ISOMORPHIC)
    if not shutil.which("node") or subprocess.run(["node", "-e", "require('isomorphic-git')"], capture_output=True, cwd=work,
                                                  env={**os.environ, "NODE_PATH": node_modules()}).returncode != 0:
        skip("no isomorphic-git")
    return ["node", str(script)], (1, 0)


def main():
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        run, depths = command(work)
        history = History(work / "history")
        images = {"one": (history.image(MAKE, work / "one.img", "v3"), 2),
                  "several": (history.image(MAKE, work / "several.img", "main", "v1", "outer", "light5"), 5)}
        for name, (image, head) in images.items():
            with servers.serve(SERVER, [image]) as server:
                server.get("/")
                for depth in depths:
                    to = work / f"{name}{depth}"
                    words = [f"http://127.0.0.1:{server.port}/", str(to)] + ([] if CLIENT == "libgit2" else [str(depth)])
                    done = subprocess.run([*run, *words], capture_output=True, text=True, timeout=120,
                                          env=environment(NODE_PATH=node_modules()))
                    assert done.returncode == 0, f"{name}, depth {depth}: {done.stdout}{done.stderr}"
                    assert done.stdout.split()[-1] == history.commits[head], done.stdout
                    check_worktree(to, history.files(history.commits[head]))
                    # Each object that it has is whole; parents are missing where the client knows no shallow clones.
                    said = git(to, "fsck", "--full", "--no-dangling", check=False)
                    bad = [line for line in (said[1] + said[2]).splitlines() if "commit" not in line]
                    assert not bad, bad


main()
