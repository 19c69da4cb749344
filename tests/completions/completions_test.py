"""Usage: completions_test.py BUILD   What a person sees who presses TAB: bash with bash-completion, zsh and fish, each
with its own engine, at a terminal where it has no other way to ask. Options are those of --help."""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

build = os.path.abspath(sys.argv[1])
COMMANDS = ["docteur-make", "docteur-verify", "docteur-ls", "docteur-cat", "docteur-extract", "docteur-fetch", "docteur-mount", "docteur-push", "docteur-prove", "docteur-diff", "docteur-patch",
            "docteur-blocks", "docteur-cache"]
COMMANDS = [c for c in COMMANDS if os.path.exists(os.path.join(build, "bin", c))]
failures = []


def check(condition, text):
    if not condition:
        failures.append(text)


def run(*arguments, **how):
    return subprocess.run(arguments, check=True, capture_output=True, text=True, **how).stdout


def help_options(command):
    text = run(os.path.join(build, "bin", command), "--help")
    found = set()
    for line in text[text.index("\nOptions:"):].splitlines():
        names = re.match(r"  (-\S+)", line)
        found.update(names.group(1).split(",") if names else [])
    return found


class Terminal:
    """A shell at a pseudo-terminal."""

    def __init__(self, arguments, environment, directory):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execvpe(arguments[0], arguments, environment)
        self.seen = ""

    def text(self):
        """What was written since `seen` was emptied, without what only moves the cursor."""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\r|\x08", "", self.seen)

    def read(self, until, patience=30):
        end = time.monotonic() + patience
        while until not in self.text():
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
            if not ready:
                return False
            try:
                self.seen += os.read(self.fd, 65536).decode(errors="replace")
            except OSError:
                break
        return until in self.text()

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def completed(self, keys, expected):
        """Types `keys` and TAB on an empty line; the shell shows what it makes of them."""
        self.seen = ""
        self.type("\x15")  # an empty line
        self.type(keys + "\t")
        check(self.read(expected), f"typed {keys!r}, expected {expected!r}, seen {self.text()!r}")

    def close(self):
        self.type("\x15exit\n")
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def lay_out(work):
    """The completions where `cmake --install` puts them, below a folder of ours."""
    places = {"bash": "bash-completion/completions", "zsh": "zsh/site-functions", "fish": "fish/vendor_completions.d"}
    for shell, place in places.items():
        shutil.copytree(os.path.join(build, "completions", shell), os.path.join(work, "share", place))


def sample(work):
    store = os.path.join(work, "store")
    os.makedirs(os.path.join(store, "documents", "deep"))
    for name in ["documents/one", "documents/deep/two", "readme", "with space"]:
        with open(os.path.join(store, name), "w") as f:
            f.write("text")
    run(os.path.join(build, "bin", "docteur-make"), "-q", store, os.path.join(work, "disk.img"))


    repository = os.path.join(work, "repository")
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    run("git", "init", "-q", repository)
    run("git", "-C", repository, *who, "commit", "-q", "--allow-empty", "-m", "message")
    run(os.path.join(build, "bin", "docteur-make"), "-q", repository, os.path.join(work, "two.img"), "-b", "HEAD=latest",
        "-b", "HEAD=v1.0")


CASES = [  # keys, and what stands there after TAB
    ("docteur-make --requ", "--require-signature "),
    ("docteur-verify dis", "disk.img "),
    ("docteur-ls disk.img docu", "disk.img documents/"),
    ("docteur-cat disk.img documents/o", "documents/one"),
    ("docteur-cat disk.img readme documents/deep/t", "documents/deep/two"),
    ("docteur-extract disk.img sto", "disk.img store/"),
    ("docteur-extract disk.img --path docu", "--path documents/"),
    ("docteur-extract --threads 2 dis", "disk.img "),
    ("docteur-blocks ch", "check "),
    ("docteur-blocks --cache sto", "--cache store/"),
    ("docteur-fetch https://a/b dis", "disk.img "),
    ("docteur-ls --ca-file dis", "--ca-file disk.img "),
    ("docteur-mount --threads 2 -o ro dis", "disk.img "),
    ("docteur-mount -f disk.img sto", "disk.img store/"),
    ("docteur-make sto", "store/"),
    ("docteur-cat two.img --at v", "--at v1.0"),
    ("docteur-mount two.img --at la", "--at latest"),
    ("docteur-verify --signature --allowed-signers dis", "--allowed-signers disk.img "),
]


def environment(work):
    kept = {"PATH": os.path.join(build, "bin") + ":" + os.environ["PATH"], "HOME": work, "TERM": "xterm", "LC_ALL": "C",
            "XDG_DATA_DIRS": os.path.join(work, "share") + ":/usr/share", "PS1": "$ ",
            "BASH_COMPLETION_USER_DIR": os.path.join(work, "share", "bash-completion"), "COLUMNS": "200"}
    for name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"):
        if name in os.environ:
            kept[name] = os.environ[name]
    return kept


def bash(work, env):
    for command in COMMANDS:
        file = os.path.join(work, "share/bash-completion/completions", command)
        script = (f'compopt() {{ :; }}; . "$1"; COMP_WORDS=({command} -) COMP_CWORD=1; '
                  f'_{command.replace("-", "_")}; printf "%s\\n" "${{COMPREPLY[@]}}"')
        offered = set(run("bash", "--norc", "-c", script, "bash", file, env=env).split())
        check(offered == help_options(command), f"bash, {command}: {sorted(offered ^ help_options(command))}")
    shell = Terminal(["bash", "--norc", "--noprofile", "-i"], env, work)
    shell.type("bind 'set bell-style none'; PS1='ready> '; . /usr/share/bash-completion/bash_completion; echo do''ne\n")
    check(shell.read("done\n"), f"bash does not start: {shell.seen!r}")
    for keys, expected in CASES:
        shell.completed(keys, expected)
    shell.completed("docteur-cat disk.img with", "with\\ space")
    shell.close()


def zsh(work, env):
    with open(os.path.join(work, ".zshrc"), "w") as f:
        f.write(f"fpath=({work}/share/zsh/site-functions $fpath)\nautoload -Uz compinit\ncompinit -u -d {work}/zdump\n"
                "unsetopt beep prompt_cr prompt_sp\nPROMPT='ready> '\nzstyle ':completion:*' menu no\n"
                "bindkey -e\nbindkey '^U' kill-whole-line\n")
    shell = Terminal(["zsh", "-i"], dict(env, ZDOTDIR=work), work)
    shell.type("echo do''ne\n")
    check(shell.read("done\n"), f"zsh does not start: {shell.seen!r}")
    for keys, expected in CASES:
        shell.completed(keys, expected.rstrip() if expected.startswith("documents/") else expected)
    shell.completed("docteur-cat disk.img with", "with\\ space")
    shell.close()
    for command in COMMANDS:  # the engine cannot be asked but at a terminal, so the file is read
        with open(os.path.join(work, "share/zsh/site-functions", "_" + command)) as f:
            offered = set(re.findall(r"^  '\([^)]*\)(-[^\[=]+)", f.read(), re.M))
        check(offered == help_options(command), f"zsh, {command}: {sorted(offered ^ help_options(command))}")


def fish(work, env):
    def offers(line):
        return [o.split("\t")[0] for o in run("fish", "-c", "complete -C \"$argv[1]\"", line, env=env, cwd=work).splitlines()]
    for command in COMMANDS:
        short = {o for o in offers(command + " -") if not o.startswith("--")}
        offered = short | set(offers(command + " --"))
        check(offered == help_options(command), f"fish, {command}: {sorted(offered ^ help_options(command))}")
    for keys, expected in CASES:
        expected = expected.split()[-1]
        if keys.endswith(expected):
            continue
        check(any(o.endswith(expected) for o in offers(keys)), f"fish, {keys!r}: {offers(keys)}")
    check(offers("docteur-verify disk.img ") == [], f"fish: {offers('docteur-verify disk.img ')}")


with tempfile.TemporaryDirectory() as work:
    lay_out(work)
    sample(work)
    for shell in (bash, zsh, fish):
        shell(work, environment(work))
for text in failures:
    print(text)
sys.exit(1 if failures else 0)
