"""Reaching registries: credentials as people have them, proxies, IPv6, long lists, images for several platforms."""

import base64
import concurrent.futures
import hashlib
import http.client
import json
import pathlib
import re
import select
import socket
import threading
import unittest

from docker_registry import PASSWORD, USER, Certificates, DockerRegistry, Proxy, TokenServer, run
from support import BASE, EndToEndTest, write_lock

_TAGS = 1050


class Tunnel:
    """A proxy for `CONNECT`, which may want a password; keeps whom it was asked for."""

    def __init__(self, user=None):
        self._expected = user and "Basic " + base64.b64encode(user.encode()).decode()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.asked = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, near):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += near.recv(1)
        lines = head.decode().split("\r\n")
        shown = [line.split(": ", 1)[1] for line in lines if line.lower().startswith("proxy-authorization: ")]
        if self._expected and shown != [self._expected]:
            near.sendall(b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n")
            near.close()
            return
        method, place, _ = lines[0].split(" ")
        self.asked.append(f"{method} {place}")
        host, port = place.rsplit(":", 1)
        far = socket.create_connection((host, int(port)))
        near.sendall(b"HTTP/1.1 200 Yes\r\n\r\n")
        other = {near: far, far: near}
        while True:
            for side in select.select([near, far], [], [])[0]:
                data = side.recv(1 << 16)
                if not data:
                    near.close()
                    far.close()
                    return
                other[side].sendall(data)

    def close(self):
        self._listener.close()


class RegistryAccess(EndToEndTest):
    own_home = True

    def setUp(self):
        super().setUp()
        self.lock = write_lock(self.folder / "conda-lock.yml", ("bzip2",))

    def registry(self, name="registry", **options):
        server = DockerRegistry(self.folder / name, **options)
        server.__enter__()
        self.addCleanup(server.__exit__)
        return server

    def push(self, target, *arguments, **more):
        result = self.kasane("build", self.lock, "--base", BASE, "--push", target, "--json", *arguments, **more)
        return json.loads(result.stdout)

    # -- credentials

    def test_every_place_where_people_keep_credentials(self):
        server = self.registry(htpasswd=True)
        entry = {"auth": base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}
        tools = self.folder / "tools"
        tools.mkdir()
        helper = tools / "docker-credential-testing"
        helper.write_text(f"""#!/bin/sh
read host
test "$1 $host" = "get {server.host}" || {{ echo "credentials not found in native keychain"; exit 1; }}
echo '{{"ServerURL": "'$host'", "Username": "{USER}", "Secret": "{PASSWORD}"}}'
""")
        helper.chmod(0o755)
        path = f"{tools}:{self.environment()['PATH']}"
        cases = {
            "DOCKER_CONFIG": ("config.json", {"auths": {server.host: entry}}, lambda file: {"DOCKER_CONFIG": file.parent}),
            "HOME": (".docker/config.json", {"auths": {f"https://{server.host}/v2/": entry}},
                     lambda file: {"HOME": file.parent.parent}),
            "REGISTRY_AUTH_FILE": ("auth.json", {"auths": {server.host: entry}}, lambda file: {"REGISTRY_AUTH_FILE": file}),
            "a repository's own": ("auth.json", {"auths": {f"{server.host}/kasane": entry}},
                                   lambda file: {"REGISTRY_AUTH_FILE": file}),
            "XDG_RUNTIME_DIR": ("containers/auth.json", {"auths": {server.host: entry}},
                                lambda file: {"XDG_RUNTIME_DIR": file.parent.parent}),
            "credHelpers": ("config.json", {"credHelpers": {server.host: "testing"}},
                            lambda file: {"DOCKER_CONFIG": file.parent, "PATH": path}),
            "credsStore": ("config.json", {"credsStore": "testing"},
                           lambda file: {"DOCKER_CONFIG": file.parent, "PATH": path}),
        }
        for number, (name, (file, content, variables)) in enumerate(cases.items()):
            with self.subTest(name):
                file = self.folder / f"credentials-{number}" / file
                file.parent.mkdir(parents=True)
                file.write_text(json.dumps(content))
                seen = self.kasane("doctor", server.host, env=variables(file)).stdout
                self.assertIn(f"user and password, from `{file}`", seen)
                self.assertIn("may push to `kasane/cache`", seen)
                self.assertNotIn("SECRET", seen)

    def test_a_token_that_ends_in_the_middle_of_a_push_is_renewed(self):
        certificates = Certificates(self.folder / "certificates")
        # docker-registry refuses it after 2 s; each request takes 0.3 s more.
        with TokenServer(certificates, life=2) as tokens, Proxy(delay=0.3) as proxy:
            server = self.registry(tokens=tokens)
            folder = self.folder / "docker"
            folder.mkdir()
            secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            (folder / "config.json").write_text(json.dumps({"auths": {server.host: {"auth": secret}}}))
            report = self.push(f"{server.host}/app:1", "--parallel", "1",
                               env=dict(DOCKER_CONFIG=folder, http_proxy=proxy.url, no_proxy=f"127.0.0.1:{tokens.port}"))
            self.see(len(tokens.tokens), "tokens for", report["requests"], "requests")
            once = 3  # for the image, for kasane/cache, and for writing there
            self.assertGreater(len(tokens.tokens), once)

    # -- the way there

    def test_through_a_proxy_to_tls(self):
        certificates = Certificates(self.folder / "certificates")
        server = self.registry(tls=certificates)
        shown = ("--tls", "--client-certificate", certificates.folder / "client.pem", "--client-key",
                 certificates.folder / "client.key")
        trusted = dict(SSL_CERT_FILE=certificates.authority)
        tunnel = Tunnel(user="somebody:proxy-SECRET")
        self.addCleanup(tunnel.close)
        way = dict(trusted, https_proxy=f"http://somebody:proxy-SECRET@{tunnel.address}")
        self.push(f"{server.host}/app:1", *shown, env=way)
        self.assertEqual(set(tunnel.asked), {f"CONNECT {server.host}"})
        tunnel.asked.clear()
        self.kasane("inspect", f"{server.host}/app:1", *shown, env=dict(way, no_proxy="127.0.0.1"))
        self.assertEqual(tunnel.asked, [])
        wrong = dict(trusted, https_proxy=f"http://somebody:wrong-SECRET@{tunnel.address}")
        refused = self.kasane("inspect", f"{server.host}/app:1", *shown, env=wrong, expect=4, timeout=200)
        self.assert_error(refused, "407")
        self.assertNotIn("SECRET", refused.stderr)

    def test_a_directory_of_certificates(self):
        certificates = Certificates(self.folder / "certificates")
        server = self.registry(tls=certificates)
        directory = self.folder / "trusted"
        directory.mkdir()
        name = run("openssl", "x509", "-hash", "-noout", "-in", certificates.authority).decode().strip()
        (directory / f"{name}.0").write_text(certificates.authority.read_text())
        shown = ("--tls", "--client-certificate", certificates.folder / "client.pem", "--client-key",
                 certificates.folder / "client.key")
        self.kasane("doctor", server.host, *shown, env=dict(SSL_CERT_DIR=directory))

    def test_over_ipv6(self):
        if not pathlib.Path("/proc/net/if_inet6").exists() or not socket.has_ipv6:
            self.skipTest("there is no IPv6 here")
        server = self.registry(address="::1")
        self.push(f"{server.host}/app:1")
        seen = json.loads(self.kasane("inspect", f"{server.host}/app:1", "--json").stdout)
        self.assertTrue(seen["image"]["reference"].startswith("[::1]:"), seen["image"])

    # -- lists

    def test_more_than_a_thousand_tags(self):
        server = self.registry()
        self.push(f"{server.host}/kasane/cache:t0")
        kind = "application/vnd.oci.image.manifest.v1+json"
        _, manifest = server.get("/v2/kasane/cache/manifests/t0", kind)

        def put(number):
            connection = http.client.HTTPConnection(server.host)
            connection.request("PUT", f"/v2/kasane/cache/manifests/t{number}", manifest, {"Content-Type": kind})
            self.assertEqual(connection.getresponse().status, 201)
            connection.close()

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(put, range(1, _TAGS)))
        before = len(json.loads(server.get("/v2/kasane/cache/tags/list")[1])["tags"])
        self.assertGreaterEqual(before, _TAGS)
        seen = self.kasane("doctor", server.host).stdout
        self.assertEqual(int(re.search(r"has (\d+) tags", seen).group(1)), before)

    # -- several platforms

    def test_all_platforms_are_copied(self):
        server = self.registry()
        layout = self.folder / "many"
        for number, architecture in enumerate(("amd64", "arm64")):
            config = json.dumps({"architecture": architecture, "os": "linux",
                                 "rootfs": {"type": "layers", "diff_ids": []}}).encode()
            self.put_blob(layout, config)
            manifest = self.put_blob(layout, json.dumps({
                "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": self.descriptor(config, "application/vnd.oci.image.config.v1+json"), "layers": []}).encode())
            entry = self.descriptor(manifest, "application/vnd.oci.image.manifest.v1+json")
            entry["platform"] = {"os": "linux", "architecture": architecture}
            entries = [entry] if number == 0 else [*entries, entry]
        index = self.put_blob(layout, json.dumps({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries}).encode())
        named = dict(self.descriptor(index, "application/vnd.oci.image.index.v1+json"),
                     annotations={"org.opencontainers.image.ref.name": "t"})
        (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [named]}))
        (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')

        for source, target in ((f"oci:{layout}:t", f"{server.host}/many:1"),
                               (f"{server.host}/many:1", f"oci-archive:{self.folder}/many.tar:t"),
                               (f"oci-archive:{self.folder}/many.tar:t", f"{server.host}/back:1")):
            seen = json.loads(self.kasane("copy", "--all-platforms", source, target, "--json").stdout)
            self.assertEqual(seen["image"]["digest"], named["digest"])
            self.assertEqual(seen["manifests"], 2)
        raw = self.run_tool("skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{server.host}/back:1")
        self.assertEqual(raw.encode(), index)
        self.run_tool("skopeo", "copy", "--all", "--insecure-policy", "--src-tls-verify=false",
                      f"docker://{server.host}/back:1", f"oci:{self.folder}/theirs:t")
        refused = self.kasane("copy", "--all-platforms", f"{server.host}/many:1",
                              f"docker-archive:{self.folder}/one.tar:x:y", expect=2)
        self.assert_error(refused, "can hold one image", "--platform")
        one = json.loads(self.kasane("copy", "--platform", "linux/arm64", f"{server.host}/many:1",
                                     f"oci:{self.folder}/one:t", "--json").stdout)
        self.assertEqual(one["image"]["digest"], entries[1]["digest"])

    @staticmethod
    def descriptor(data, kind):
        return {"mediaType": kind, "digest": "sha256:" + hashlib.sha256(data).hexdigest(), "size": len(data)}

    def put_blob(self, layout, data):
        path = layout / "blobs" / self.descriptor(data, "")["digest"].replace(":", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return data


if __name__ == "__main__":
    unittest.main()
