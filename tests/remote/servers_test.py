#!/usr/bin/env python3
"""Images on nginx, as people have it: http and https by an authority of its own, HTTP/2, a password, a proxy."""

import os
import shutil
import subprocess
import threading
import urllib.request

from old_and_new import versions
from range_server import ENVIRONMENT, Ran, Server, expect, good, refused, sample_image

from ports import free_port
from programs import program
from waiting import wait_until

image, files = sample_image()
top = image.parent / "web"


def run(*command):
    done = Ran(command)
    expect(done.status == 0, done.shown)
    return done.out.decode()


def certificates(openssl):
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    run(openssl, "req", "-x509", *key, "-days", "2", "-subj", "/CN=CA of a test", "-keyout", top / "ca.key", "-out",
        top / "ca.pem")
    run(openssl, "req", *key, "-subj", "/CN=127.0.0.1", "-keyout", top / "key.pem", "-out", top / "request.pem")
    (top / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    run(openssl, "x509", "-req", "-days", "2", "-in", top / "request.pem", "-CA", top / "ca.pem", "-CAkey", top / "ca.key",
        "-CAcreateserial", "-extfile", top / "names", "-out", top / "cert.pem")


nginx, openssl = program("nginx"), program("openssl")
top.mkdir()
certificates(openssl)
(top / "www").mkdir()
shutil.copy(image, top / "www" / "the.img")
(top / "users").write_text("jane:" + run(openssl, "passwd", "-apr1", "p@ss").strip() + "\n")
port, tls = free_port(), free_port()
places = f"""root {top}/www; location /private/ {{ alias {top}/www/; auth_basic x; auth_basic_user_file {top}/users; }}
  location /down/ {{ return 302 http://127.0.0.1:{port}/the.img; }}"""
(top / "conf").write_text(f"""{'user root;' if os.getuid() == 0 else ''} daemon off; worker_processes 1; pid {top}/pid;
  error_log {top}/error.log; events {{ worker_connections 64; }}
  http {{ log_format short '$server_protocol $status $connection $body_bytes_sent'; access_log {top}/log short;
    client_body_temp_path {top}/a; fastcgi_temp_path {top}/b; proxy_temp_path {top}/c; uwsgi_temp_path {top}/d;
    scgi_temp_path {top}/e;
    server {{ listen 127.0.0.1:{port}; {places} location = /so-far {{ return 204; }} }}
    server {{ listen 127.0.0.1:{tls} ssl http2; ssl_certificate {top}/cert.pem; ssl_certificate_key {top}/key.pem;
      {places} }} }}""")
process = subprocess.Popen([nginx, "-p", top, "-c", top / "conf", "-e", top / "error.log"], env=ENVIRONMENT)
http, https = f"http://127.0.0.1:{port}", f"https://127.0.0.1:{tls}"
trusted = ["--ca-file", top / "ca.pem"]


def log():
    """Lines since the last call: protocol, status, connection, bytes. A client has its answer before the line is written; the one
    of a request that begins now follows all others."""
    urllib.request.urlopen(f"{http}/so-far").close()

    def read_lines():
        return [line.split() for line in (top / "log").read_text().splitlines()]
    wait_until(lambda: any(line[1] == "204" for line in read_lines()), "nginx writes no log")
    lines = [line for line in read_lines() if line[1] != "204"]
    (top / "log").write_text("")
    return lines


def read(url, *options, **how):
    expect(good("cat", *options, url, "dir/file7", **how).out == files["dir/file7"], "wrong bytes")


def tests():
    read(f"{http}/the.img")
    lines = log()
    expect(all(line[:2] == ["HTTP/1.1", "206"] for line in lines) and len(lines) <= 6, lines)
    read(f"{https}/the.img", *trusted)
    lines = log()
    expect(all(line[:2] == ["HTTP/2.0", "206"] for line in lines), lines)
    expect(len({line[2] for line in lines}) == 1, f"not one connection: {lines}")
    target = image.parent / "fetched.img"
    for url, options in ((f"{http}/the.img", []), (f"{https}/the.img", trusted)):
        good("fetch", "-q", *options, url, target)
        expect(target.read_bytes() == image.read_bytes(), "another image")
        target.unlink()
    good("ls", *trusted, f"{https}/the.img")
    refused(3, "ertificate", "ls", f"{https}/the.img")
    refused(3, "a redirect from https to http is refused", "ls", *trusted, f"{https}/down/")
    read(f"{http}/down/")
    for base, options in ((http, []), (https, trusted)):
        read(base.replace("//", "//jane:p%40ss@") + "/private/the.img", *options)
        refused(3, "status 401", "ls", *options, base + "/private/the.img")
    refused(3, "status 404", "ls", f"{http}/none.img")
    log()
    updates(target)
    proxy(f"{http}/the.img")


def updates(target):
    """An update pack beside the image, and none."""
    folder, old, new = versions("site", 1)
    shutil.copy(new, top / "www" / "site.img")
    fetch = ["fetch", "--from", old, f"{http}/site.img", target]
    said = good(*fetch).said
    lines = log()
    expect(target.read_bytes() == new.read_bytes() and "by ranges" in said, said)
    expect(sum(line[1] == "404" for line in lines) == 1 and all(line[1] in ("206", "404") for line in lines), lines)
    target.unlink()
    good("diff", "-q", "--name", "site.img", old, new, top / "www")
    pack = next((top / "www").glob("site.img.*.dpk"))
    said = good(*fetch).said
    lines = log()
    expect(target.read_bytes() == new.read_bytes() and "in 3 requests, by an update pack" in said, said)
    expect(len(lines) == 3 and sum(int(line[3]) for line in lines) < pack.stat().st_size + 40_000, lines)
    target.unlink()


def proxy(url):
    """A proxy that the environment names is asked."""
    asked = threading.Event()

    def through(r):
        expect(r.path == url, f"the proxy was asked for {r.path}")
        asked.set()
        return False
    server = Server(image.read_bytes())
    server.reset(through)
    read(url, environment={"http_proxy": server.url.rsplit("/", 1)[0], "no_proxy": "", "NO_PROXY": ""})
    expect(asked.is_set() and not log(), "the proxy was not asked")


try:
    wait_until(lambda: (top / "pid").exists() and (top / "pid").read_text(), "nginx does not begin")
    tests()
finally:
    process.terminate()
    process.wait()
