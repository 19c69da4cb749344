"""Servers as people run them: git daemon, nginx with git-http-backend, sshd. They serve SITES on loopback."""

import os
import pwd
import socket
import subprocess
import sys
import time
from pathlib import Path

from network import ENVIRONMENT, PATIENCE, SITES, WORK, expect, program, run, started
from ports import free_port


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
