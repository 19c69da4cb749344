"""What the network tests share: a folder of their own, repositories, real servers on loopback, and runs of docteur-make
that must leave nothing behind. Usage of each test: NAME_test.py BIN, the folder of the commands."""

import atexit
import contextlib
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from ports import free_port

BIN = Path(sys.argv[1])
WORK = Path(tempfile.mkdtemp(prefix="docteur-network-"))
SITES = WORK / "sites"  # what the servers serve
for folder in (SITES, WORK / "home", WORK / "runs"):
    folder.mkdir()
started = []
numbers = itertools.count()


def end_all():
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    shutil.rmtree(WORK, ignore_errors=True)


atexit.register(end_all)

ENVIRONMENT = {
    "PATH": os.environ["PATH"], "HOME": str(WORK / "home"), "GIT_CONFIG_NOSYSTEM": "1",
    "LC_ALL": "C", "TZ": "UTC",
    "GIT_AUTHOR_NAME": "A U Thor", "GIT_AUTHOR_EMAIL": "author@example.org", "GIT_AUTHOR_DATE": "1600000000 +0200",
    "GIT_COMMITTER_NAME": "C O Mitter", "GIT_COMMITTER_EMAIL": "c@example.org",
    "GIT_COMMITTER_DATE": "1600000001 +0200",
}
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "LD_LIBRARY_PATH", "GIT_DEFAULT_HASH"):
    if name in os.environ:
        ENVIRONMENT[name] = os.environ[name]
# A slow machine with a sanitizer: what must come is waited for, nothing is timed.
PATIENCE = 120  # seconds


def expect(good, what):
    if not good:
        sys.exit(what)


def skip(why):
    print(why)
    sys.exit(77)


def program(name, *more):
    """Its path, also of those that lie where only root looks."""
    found = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/usr/local/sbin", *more]))
    if not found:
        skip(f"{name} is not installed")
    return found


def run(*command, cwd=WORK, stdin=b""):
    """Standard output of a command that must succeed."""
    done = subprocess.run([str(c) for c in command], cwd=cwd, env=ENVIRONMENT, input=stdin, capture_output=True)
    expect(done.returncode == 0, f"{' '.join(map(str, command))[:300]}\n{done.stderr[-2000:].decode(errors='replace')}")
    return done.stdout


def git(repository, *arguments, stdin=b""):
    return run("git", "-C", repository, *arguments, stdin=stdin).decode().strip()


def repository(name, commits=3, files=40, seed=b"x"):
    """SITES/name, bare, through git fast-import: `commits` commits that each change a file of `files`; a branch, a light
    tag and an annotated one on the first commit, and an annotated tag of a tag."""
    path = SITES / name
    run("git", "init", "-q", "--bare", "-b", "main", path)
    stream = bytearray()
    for n in range(commits):
        stream += b"commit refs/heads/main\ncommitter C <c@example.org> %d +0000\ndata 2\nc\n" % (1600000000 + n)
        for f in range(files) if n == 0 else [n % files]:
            content = b"".join(b"%s file %d, version %d, line %d\n" % (seed, f, n if f == n % files else 0, i * i)
                               for i in range(60))
            stream += b"M 100644 inline dir%d/file%d\ndata %d\n%s\n" % (f % 5, f, len(content), content)
        stream += b"\n"
    git(path, "fast-import", "--quiet", stdin=bytes(stream))
    first = git(path, "rev-list", "--max-parents=0", "main")
    git(path, "branch", "old", first)
    git(path, "tag", "light", first)
    git(path, "tag", "-a", "-m", "first", "v1", first)
    git(path, "tag", "-a", "-m", "again", "v1-again", "v1")
    git(path, "repack", "-q", "-ad")
    git(path, "config", "gc.auto", "0")
    return path


class Run:
    """docteur-make of `source` into `image`, in folders of its own, to its end or (`wait=False`) until wait()."""

    def __init__(self, source, *arguments, environment=None, wait=True):
        self.prepare(source, *arguments)
        self.process = subprocess.Popen(
            self.command, cwd=WORK, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**ENVIRONMENT, "TMPDIR": str(self.temporary), **(environment or {})})
        if wait:
            self.wait()

    def prepare(self, source, *arguments):
        self.home = WORK / "runs" / str(next(numbers))
        self.temporary, self.out = self.home / "tmp", self.home / "out"
        self.temporary.mkdir(parents=True)
        self.out.mkdir()
        self.image = self.out / "the.img"
        self.command = [str(BIN / "docteur-make"), *map(str, arguments), "--", str(source), str(self.image)]

    def wait(self):
        try:
            printed, said = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            sys.exit(f"it hangs: {self.command}")
        self.status = self.process.returncode
        self.printed, self.said = printed.decode(errors="replace"), said.decode(errors="replace")
        self.shown = f"{' '.join(self.command)}: status {self.status}\n{self.printed}{self.said}"
        self.expect_nothing_left()
        return self

    def expect_nothing_left(self):
        left = [*self.temporary.iterdir(), *(p for p in self.out.iterdir() if p != self.image)]
        expect(not left, f"{self.shown}left behind: {left}")
        running = self.processes()
        expect(not running, f"{self.shown}left running: {running}")

    def processes(self):
        """Those that it started, by their TMPDIR."""
        mark = b"TMPDIR=%s\0" % os.fsencode(self.temporary)
        return [entry.name for entry in Path("/proc").iterdir()
                if entry.name.isdigit() and mark in read_if_there(entry / "environ")]


def read_if_there(path):
    try:
        return path.read_bytes()
    except OSError:  # the process has ended, or is a zombie
        return b""


def made(source, *arguments, **options):
    """The bytes of the image that docteur-make makes of `source`."""
    done = Run(source, *arguments, **options)
    expect(done.status == 0, done.shown)
    data = done.image.read_bytes()
    done.image.unlink()
    return data


def refused(status, words, source, *arguments, secrets=(), **options):
    """docteur-make ends with `status`, one line that holds `words`, none of `secrets`, and nothing left behind."""
    done = Run(source, *arguments, **options)
    lines = done.said.splitlines()
    expect(done.status == status and not done.printed, f"not status {status}: {done.shown}")
    expect(len(lines) == 1 and lines[0].startswith("docteur-make: "), f"not one line: {done.shown}")
    for word in [words] if isinstance(words, str) else words:
        expect(word in lines[0], f"no word of {word!r}: {done.shown}")
    for secret in secrets:
        expect(secret not in done.said, f"a secret in a message: {done.shown}")
    expect(not done.image.exists(), f"an image: {done.shown}")
    return done


def start(command, port=None, environment=None, path=None):
    """A server in a process group of its own that is there when this returns: at `port`, or the socket at `path`."""
    with open(WORK / f"{Path(command[0]).name}.log", "ab") as log:
        process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=WORK,
                                   env={**ENVIRONMENT, **(environment or {})}, start_new_session=True)
    started.append(process)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        expect(process.poll() is None, f"{command[0]} ended: {Path(log.name).read_text(errors='replace')}")
        if path is not None and Path(path).exists():
            return process
        if port is not None:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    return process
        time.sleep(0.05)
    sys.exit(f"{command[0]} does not listen")


def git_daemon():
    """git://127.0.0.1:PORT of SITES."""
    port = free_port()
    start(["git", "daemon", f"--base-path={SITES}", "--export-all", "--reuseaddr", "--listen=127.0.0.1",
           f"--port={port}"], port)
    return port


class Web:
    """nginx and git-http-backend. Paths: /git/ with protocol version 2; /old/ without; /private/ for jane with the password
    `password`; /moved/ redirects to /git/; /whole/ and /relative/ to /private/; /loop/ to itself; /files/ has plain files.
    `port` is http; `tls` https by a CA of its own, `ca`."""

    user, password = "jane", "p@ss:w/rd%"

    def __init__(self):
        nginx, fcgiwrap, openssl = program("nginx"), program("fcgiwrap"), program("openssl")
        top = WORK / "web"
        top.mkdir()
        self.port, self.tls, self.ca = free_port(), free_port(), top / "ca.pem"
        self.certificates(openssl, top)
        digest = run(openssl, "passwd", "-apr1", self.password).decode().strip()
        (top / "users").write_text(f"{self.user}:{digest}\n")
        backend = Path(run("git", "--exec-path").decode().strip()) / "git-http-backend"
        common = f"""fastcgi_pass unix:{top}/cgi; fastcgi_param SCRIPT_FILENAME {backend};
          fastcgi_param GIT_PROJECT_ROOT {SITES}; fastcgi_param GIT_HTTP_EXPORT_ALL ""; fastcgi_param PATH_INFO /$1;
          fastcgi_param QUERY_STRING $query_string; fastcgi_param REQUEST_METHOD $request_method;
          fastcgi_param CONTENT_TYPE $content_type; fastcgi_param CONTENT_LENGTH $content_length;
          fastcgi_param REMOTE_ADDR $remote_addr; fastcgi_param HTTP_CONTENT_ENCODING $http_content_encoding;
          fastcgi_buffering off;"""
        version = "fastcgi_param GIT_PROTOCOL $http_git_protocol;"
        places = f"""
          location ~ ^/git/(.*)$ {{ {common} {version} }}
          location ~ ^/old/(.*)$ {{ {common} fastcgi_param HTTP_GIT_PROTOCOL ""; }}
          location ~ ^/private/(.*)$ {{ auth_basic git; auth_basic_user_file {top}/users;
            fastcgi_param REMOTE_USER $remote_user; {common} {version} }}
          location ~ ^/moved/(.*)$ {{ return 301 /git/$1$is_args$args; }}
          location ~ ^/loop/(.*)$ {{ return 302 /loop/$1$is_args$args; }}
          location ~ ^/whole/(.*)$ {{ return 302 http://127.0.0.1:{self.port}/private/$1$is_args$args; }}
          location ~ ^/relative/(.*)$ {{ absolute_redirect off; return 302 /private/$1$is_args$args; }}
          location /files/ {{ alias {SITES}/; }}"""
        (top / "conf").write_text(f"""{'user root;' if os.getuid() == 0 else ''}
          daemon off; worker_processes 1; pid {top}/pid; error_log {top}/error.log;
          events {{ worker_connections 64; }}
          http {{ access_log {top}/access.log; client_body_temp_path {top}/body; fastcgi_temp_path {top}/fastcgi;
            proxy_temp_path {top}/proxy; uwsgi_temp_path {top}/uwsgi; scgi_temp_path {top}/scgi;
            server {{ listen 127.0.0.1:{self.port}; {places} }}
            server {{ listen 127.0.0.1:{self.tls} ssl; ssl_certificate {top}/cert.pem;
                      ssl_certificate_key {top}/key.pem; {places} }} }}""")
        start([fcgiwrap, "-c", "4", "-s", f"unix:{top}/cgi"], path=top / "cgi")
        start([nginx, "-p", top, "-c", top / "conf", "-e", top / "error.log"], self.port)
        self.top = top

    def certificates(self, openssl, top):
        run(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=CA of a test", "-keyout", top / "ca.key", "-out", self.ca)
        run(openssl, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/CN=127.0.0.1", "-keyout", top / "key.pem", "-out", top / "request.pem")
        (top / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        run(openssl, "x509", "-req", "-days", "2", "-in", top / "request.pem", "-CA", self.ca, "-CAkey", top / "ca.key",
            "-CAcreateserial", "-extfile", top / "names", "-out", top / "cert.pem")


class Ssh:
    """sshd that takes one key of the user who runs the test. `command` is for GIT_SSH_COMMAND: it knows the host alias
    `site`, the key and the host's key; `stranger` has another host's key in known_hosts, `nobody` none, and `keyless` a
    key that sshd does not know."""

    def __init__(self):
        sshd = program("sshd")
        program("ssh")
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # sshd insists on it
        top = WORK / "ssh"
        top.mkdir(mode=0o700)
        for key in ("host", "user", "other"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", top / key)
        (top / "authorized").write_text((top / "user.pub").read_text())
        self.port, self.user = free_port(), pwd.getpwuid(os.getuid()).pw_name
        (top / "sshd").write_text(f"""Port {self.port}\nListenAddress 127.0.0.1\nHostKey {top}/host
AuthorizedKeysFile {top}/authorized\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPidFile none
PermitRootLogin yes\nAcceptEnv GIT_PROTOCOL\n""")
        for name, key, own in (("client", "host", "user"), ("stranger", "other", "user"), ("nobody", None, "user"),
                               ("keyless", "host", "other")):
            if key:
                (top / f"{name}_hosts").write_text(f"[127.0.0.1]:{self.port} {(top / key).with_suffix('.pub').read_text()}")
            (top / name).write_text(f"""Host site\n  HostName 127.0.0.1\n  Port {self.port}
Host *\n  User {self.user}\n  IdentityFile {top}/{own}\n  IdentitiesOnly yes\n  IdentityAgent none
  UserKnownHostsFile {top}/{name}_hosts\n  GlobalKnownHostsFile /dev/null\n""")
        self.command, self.stranger, self.nobody, self.keyless = (
            f"ssh -F {top}/{n}" for n in ("client", "stranger", "nobody", "keyless"))
        self.log = WORK / "sshd.log"
        start([sshd, "-D", "-e", "-f", top / "sshd"], self.port)


class Forwarder:
    """A TCP port in front of another that counts what passes, and does to what the server sends as `spoil(data, at)` says:
    bytes to send on instead, None to be silent from there on, or an exception to cut the connection. `at`: how many
    bytes of the connection came before. `pause`: seconds between two pieces."""

    def __init__(self, port, spoil=None, pause=0.0, piece=65536):
        self.target, self.spoil, self.pause, self.piece = port, spoil, pause, piece
        self.received = self.sent = self.connections = 0  # as the client sees it
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.server.accept()
            self.connections += 1
            upstream = socket.create_connection(("127.0.0.1", self.target))
            threading.Thread(target=self.forward, args=(client, upstream), daemon=True).start()
            threading.Thread(target=self.back, args=(upstream, client), daemon=True).start()

    def forward(self, client, upstream):
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                self.sent += len(data)
                upstream.sendall(data)
            upstream.shutdown(socket.SHUT_WR)

    def back(self, upstream, client):
        at = 0
        try:
            while data := upstream.recv(self.piece):
                size = len(data)
                if self.spoil:
                    data = self.spoil(data, at)
                    if data is None:
                        time.sleep(PATIENCE)
                        return
                at += size
                self.received += len(data)
                client.sendall(data)
                time.sleep(self.pause)
            client.shutdown(socket.SHUT_WR)
        except (OSError, EOFError):
            for s in (client, upstream):
                with contextlib.suppress(OSError):
                    s.shutdown(socket.SHUT_RDWR)
                s.close()


class Server:
    """A TCP port that hands each connection to `talk(connection)` in a thread."""

    def __init__(self, talk):
        self.talk = talk
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.threads = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.server.accept()
            threading.Thread(target=self.answer, args=(client,), daemon=True).start()

    def answer(self, client):
        with contextlib.suppress(OSError):
            self.talk(client)
            client.shutdown(socket.SHUT_RDWR)
        client.close()
