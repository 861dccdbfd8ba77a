"""Debian's registry on loopback, and what stands before it: a token server, a proxy that keeps a log."""

import base64
import functools
import http.client
import http.server
import json
import os
import pathlib
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

USER, PASSWORD = "somebody", "hunter2-SECRET"


def run(*command, data=None):
    return subprocess.run([*map(str, command)], input=data, capture_output=True, check=True).stdout


class Certificates:
    """A certificate authority of the test's own, with a server's and a client's certificate."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.authority = self.folder / "ca.pem"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.folder / "ca.key", "-out",
            self.authority, "-days", "3", "-subj", "/CN=test authority")
        for name in ("server", "client"):
            run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", self.folder / f"{name}.key", "-out",
                self.folder / f"{name}.csr", "-subj", f"/CN={name}")
            (self.folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
            run("openssl", "x509", "-req", "-in", self.folder / f"{name}.csr", "-CA", self.authority, "-CAkey",
                self.folder / "ca.key", "-CAcreateserial", "-days", "2", "-extfile", self.folder / "names", "-out",
                self.folder / f"{name}.pem")


class DockerRegistry:
    """docker-registry with an empty store, until left."""

    def __init__(self, folder, htpasswd=False, tls=None, tokens=None, address="127.0.0.1"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self._address = address
        with socket.create_server((address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET) as free:
            self.port = free.getsockname()[1]
        self.host = f"[{address}]:{self.port}" if ":" in address else f"{address}:{self.port}"
        self._tls = tls
        settings = {"version": "0.1", "log": {"level": "error", "accesslog": {"disabled": True}},
                    "storage": {"filesystem": {"rootdirectory": str(self.folder / "store")}, "delete": {"enabled": True}},
                    "http": {"addr": self.host}}
        if htpasswd:
            (self.folder / "htpasswd").write_bytes(run("htpasswd", "-Bbn", USER, PASSWORD))
            settings["auth"] = {"htpasswd": {"realm": "test", "path": str(self.folder / "htpasswd")}}
        if tls:
            settings["http"]["tls"] = {"certificate": str(tls.folder / "server.pem"), "key": str(tls.folder / "server.key"),
                                       "clientcas": [str(tls.authority)]}
        if tokens:
            settings["auth"] = {"token": {"realm": tokens.url, "service": "test", "issuer": "test",
                                          "rootcertbundle": str(tokens.certificates.folder / "server.pem")}}
        (self.folder / "config.yml").write_text(json.dumps(settings))

    def __enter__(self):
        self._log = open(self.folder / "log", "wb")
        self._server = subprocess.Popen(["docker-registry", "serve", self.folder / "config.yml"], stdout=self._log,
                                        stderr=self._log, env={**os.environ, "OTEL_TRACES_EXPORTER": "none"})
        for _ in range(500):
            try:
                socket.create_connection((self._address, self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("docker-registry does not start: " + (self.folder / "log").read_text())

    def __exit__(self, *_):
        self._server.terminate()
        self._server.wait()
        self._log.close()

    def get(self, path, accept="application/vnd.oci.image.manifest.v1+json"):
        """An answer's status and bytes, without kasane."""
        connection = http.client.HTTPConnection(self.host)
        connection.request("GET", path, headers={"Accept": accept})
        answer = connection.getresponse()
        try:
            return answer.status, answer.read()
        finally:
            connection.close()

    def blobs(self):
        """The bytes of all blobs in the store, whichever repositories have them."""
        return sum(path.stat().st_size for path in (self.folder / "store").rglob("blobs/sha256/*/*/data"))

    def missing(self, repository, tag):
        """Blobs that the manifest of a tag names and the repository lacks; None without the tag."""
        status, text = self.get(f"/v2/{repository}/manifests/{tag}")
        if status != 200:
            return None
        manifest = json.loads(text)
        links = self.folder / "store/docker/registry/v2/repositories" / repository / "_layers/sha256"
        return [blob["digest"] for blob in [manifest["config"], *manifest["layers"]]
                if not (links / blob["digest"].removeprefix("sha256:") / "link").exists()]


class _Server:
    """An HTTP server of the test's own, on a thread."""

    def __init__(self, handler):
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class TokenServer(_Server):
    """Gives tokens that docker-registry believes, to whom shows the password. They live for `life` seconds."""

    def __init__(self, certificates, life=60):
        self.certificates, self.life, self.tokens = certificates, life, []
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                owner.answer(self)

            def log_message(self, *_):
                pass

        super().__init__(Handler)

    def answer(self, handler):
        expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if handler.headers.get("Authorization") != expected:
            handler.send_error(401)
            return
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(handler.path).query)
        access = []
        for scope in query.get("scope", []):
            kind, name, actions = scope.split(":")
            access.append({"type": kind, "name": name, "actions": actions.split(",")})
        token = self._sign({"iss": "test", "sub": USER, "aud": query["service"][0], "jti": str(len(self.tokens)),
                            "nbf": int(time.time()) - 60, "iat": int(time.time()),
                            # docker-registry believes a token for a minute more.
                            "exp": int(time.time()) + self.life - 60,
                            "access": access})
        self.tokens.append(token)
        body = json.dumps({"token": token, "expires_in": self.life}).encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    @functools.cached_property
    def _chain(self):
        pem = (self.certificates.folder / "server.pem").read_text()
        return base64.b64encode(ssl.PEM_cert_to_DER_cert(pem)).decode()

    def _sign(self, claims):
        def encode(data):
            return base64.urlsafe_b64encode(data).rstrip(b"=")

        header = {"typ": "JWT", "alg": "RS256", "x5c": [self._chain]}
        text = encode(json.dumps(header).encode()) + b"." + encode(json.dumps(claims).encode())
        signature = run("openssl", "dgst", "-sha256", "-sign", self.certificates.folder / "server.key", data=text)
        return (text + b"." + encode(signature)).decode()


class Proxy(_Server):
    """An HTTP proxy that passes on what it gets, after `delay` seconds, and keeps `METHOD path` of it."""

    def __init__(self, delay=0.0):
        self.delay, self.log = delay, []
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def __getattr__(self, name):
                if name.startswith("do_"):
                    return lambda: owner.forward(self)
                raise AttributeError(name)

            def log_message(self, *_):
                pass

        super().__init__(Handler)

    def forward(self, handler):
        place = urllib.parse.urlsplit(handler.path)
        self.log.append(f"{handler.command} {place.path}")
        time.sleep(self.delay)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        connection = http.client.HTTPConnection(place.netloc)
        headers = {name: value for name, value in handler.headers.items()
                   if name not in ("Proxy-Connection", "Expect", "Connection")}
        connection.request(handler.command, place.path + (f"?{place.query}" if place.query else ""), body, headers)
        answer = connection.getresponse()
        data = answer.read()
        handler.send_response(answer.status)
        for name, value in answer.getheaders():
            if name not in ("Transfer-Encoding", "Connection", "Content-Length"):
                handler.send_header(name, value)
        length = answer.getheader("Content-Length") if handler.command == "HEAD" else str(len(data))
        handler.send_header("Content-Length", length or "0")
        handler.end_headers()
        handler.wfile.write(data)
        connection.close()

    def forget(self):
        self.log.clear()
