"""A token server as registries have: it gives tokens to jane, or to everyone."""

import base64
import http.server
import json
import threading
import urllib.parse

AUTH = base64.b64encode(b"jane:s3cr3t").decode()


class TokenServer(http.server.ThreadingHTTPServer):
    """Gives tokens to jane, or to everyone; each is good for `uses` requests."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), TokenHandler)
        self.anyone, self.uses, self.asked, self.left, self.reply = False, 10 ** 6, [], {}, None
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def realm(self):
        return f"http://127.0.0.1:{self.server_address[1]}/token"

    def handle_error(self, request, client_address):
        pass  # clients go away

    def takes(self, r, actions):
        """Whether a request to the registry has a token that is good for it."""
        token = (r.headers.get("Authorization") or "").removeprefix("Bearer ")
        left, allowed = self.left.get(token, (0, ""))
        if left <= 0 or not set(actions) <= set(allowed.split(",")):
            return False
        self.left[token] = left - 1, allowed
        return True


class TokenHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        self.give(query, self.headers.get("Authorization") == "Basic " + AUTH)

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.give(form, form.get("refresh_token") == ["r3fr3sh+/="] and form.get("grant_type") == ["refresh_token"])

    def give(self, asked, is_jane):
        server = self.server
        server.asked.append((self.command, asked))
        status, body = 401, b""
        if server.reply:
            status, body = server.reply
        elif is_jane or server.anyone:
            token = f"bearer-{len(server.asked)}"
            server.left[token] = server.uses, asked["scope"][0].split(":")[2] if is_jane else "pull"
            name = "access_token" if self.command == "POST" else "token"
            status, body = 200, json.dumps({name: token, "expires_in": 60}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
