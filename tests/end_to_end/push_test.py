"""Registries: pushing, reading, copying, sharing; against Debian's docker-registry and other people's tools."""

import base64
import json
import os
import random
import shutil
import signal
import subprocess
import time
import unittest

from docker_registry import PASSWORD, USER, Certificates, DockerRegistry, Proxy, TokenServer
from engines_test import Docker
from support import BASE, DEMO, KASANE, EndToEndTest, differences, layer_digests, snapshot, write_lock

_SMALL = ("bzip2", "libzlib", "xz", "libuuid")
_KILLS = 50


class Registries(EndToEndTest):
    own_home = True

    def setUp(self):
        super().setUp()
        self.lock = write_lock(self.folder / "conda-lock.yml", _SMALL)

    def registry(self, name="registry", **options):
        server = DockerRegistry(self.folder / name, **options)
        server.__enter__()
        self.addCleanup(server.__exit__)
        return server

    def push(self, where, *arguments, lock=None, base=BASE, **more):
        result = self.kasane("build", lock or self.lock, "--base", base, "--push", where, "--json", *arguments, **more)
        return json.loads(result.stdout)

    def machine(self, name):
        return dict(KASANE_HOME=self.folder / f"machine-{name}")

    def log_in(self, host, password=PASSWORD):
        folder = self.folder / f"docker-{len(password)}"
        folder.mkdir(exist_ok=True)
        secret = base64.b64encode(f"{USER}:{password}".encode()).decode()
        (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": secret}}}))
        return dict(DOCKER_CONFIG=folder)

    # -- pushing

    def test_push_names_the_image_as_azure_ml_does(self):
        server = self.registry()
        report = self.push(server.host, "--tag", "mine")
        repository = f"azureml/{report['environment']['name']}"
        self.assertEqual(report["image"]["repository"], f"{server.host}/{repository}")
        self.assertEqual(report["image"]["reference"], f"{server.host}/{repository}@{report['image']['digest']}")
        for tag in ("latest", "1", "mine"):
            self.assertEqual(server.missing(repository, tag), [], tag)
        self.assertEqual(report["bytes"]["uploaded"], sum(layer["size"] for layer in report["layers"])
                         + self.config_size(server, repository))
        again = self.kasane("build", self.lock, "--base", BASE, "--push", server.host)
        self.assertIn("nothing to do: the image is there", again.stderr)
        self.assertIn(report["image"]["reference"], again.stdout)
        local = self.build(self.lock, to=f"oci:{self.folder}/images:test")
        self.assertEqual(local["image"]["digest"], report["image"]["digest"])

    def config_size(self, server, repository):
        return json.loads(server.get(f"/v2/{repository}/manifests/latest")[1])["config"]["size"]

    def test_requests_are_few(self):
        server = self.registry()
        with Proxy() as proxy:
            through = dict(http_proxy=proxy.url)
            self.push(f"{server.host}/app:1", env=through)
            proxy.forget()
            report = self.push(f"{server.host}/app:1", env=through)
            self.assertEqual(proxy.log, ["GET /v2/app/manifests/1"])
            self.assertEqual(report["requests"], 1)
            proxy.forget()
            more = write_lock(self.folder / "more.yml", (*_SMALL, "libexpat"))
            report = self.push(f"{server.host}/app:1", lock=more, env=through)
            built = [layer for layer in report["layers"] if layer["origin"] == "built"]
            self.see(len(proxy.log), "requests for", len(built), "new layers")
            self.assertLessEqual(len(proxy.log), 6 + 3 * len(built), "\n".join(proxy.log))
            proxy.forget()
            self.kasane("inspect", f"{server.host}/app:1", env=through)
            self.assertEqual(len(proxy.log), 3, "manifest, configuration, inventory")

    def test_two_machines_share_a_registry(self):
        server = self.registry()
        first = self.push(server.host, env=self.machine("a"))
        self.assertGreater(first["bytes"]["fetched"], 0)
        second = self.push(f"{server.host}/other/name:1", env=self.machine("b"))
        self.assertEqual(second["image"]["digest"], first["image"]["digest"])
        self.assertEqual(second["bytes"]["fetched"], 0)
        self.assertEqual({layer["origin"] for layer in second["layers"] if layer["kind"] == "packages"}, {"mounted"})
        alone = self.push(f"{server.host}/third:1", "--no-remote-cache", env=self.machine("c"))
        self.assertGreater(alone["bytes"]["fetched"], 0)
        preview = self.kasane("plan", self.lock, "--base", BASE, "--push", f"{server.host}/other/name:1",
                              env=self.machine("d"))
        self.assertIn("nothing to do: the image is there", preview.stdout)

    def test_ten_at_once(self):
        server = self.registry()
        builds = [subprocess.Popen([KASANE, "build", self.lock, "--base", BASE, "--push", server.host, "--json"],
                                   env=self.environment(**self.machine(number % 3)), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                  for number in range(10)]
        digests = set()
        for build in builds:
            out, errors = build.communicate(timeout=200)
            self.assertEqual(build.returncode, 0, errors)
            digests.add(json.loads(out)["image"]["digest"])
            repository = json.loads(out)["image"]["repository"].split("/", 1)[1]
        self.assertEqual(len(digests), 1)
        self.assertEqual(server.missing(repository, "latest"), [])

    def test_killed_while_pushing(self):
        start = time.monotonic()
        server = self.registry("whole")
        expected = self.push(f"{server.host}/app:1", env=self.machine("whole"))["image"]["digest"]
        whole = time.monotonic() - start
        chance = random.Random(20240229)
        kills = rounds = 0
        while kills < _KILLS:
            server, machine = self.registry(f"registry-{rounds}"), self.machine(f"killed-{rounds}")
            while kills < _KILLS and self.killed_after(chance.uniform(0, whole), server, machine):
                kills += 1
                self.assertIn(server.missing("app", "1"), (None, []), "a manifest without its blobs")
            before = server.blobs()
            report = self.push(f"{server.host}/app:1", env=machine)
            self.assertEqual(report["image"]["digest"], expected)
            self.assertEqual(server.missing("app", "1"), [])
            self.assertLessEqual(report["bytes"]["uploaded"], server.blobs() - before + (1 << 20),
                                 "no more is sent than was missing, but for what is too small to ask for")
            rounds += 1
        self.see(f"{kills} pushes killed into {rounds} registries; a whole one takes {whole:.2f} s")

    def killed_after(self, seconds, server, machine):
        build = subprocess.Popen([KASANE, "build", self.lock, "--base", BASE, "--push", f"{server.host}/app:1"],
                                 env=self.environment(**machine), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, text=True, start_new_session=True)
        try:
            _, errors = build.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(build.pid, signal.SIGKILL)
            build.communicate()
            return True
        self.assertEqual(build.returncode, 0, errors)
        return False

    # -- bases and copies

    def test_a_base_in_the_registry_is_mounted(self):
        server = self.registry()
        self.run_tool("skopeo", "copy", "--insecure-policy", "--dest-tls-verify=false", f"{BASE}:latest",
                      f"docker://{server.host}/base/debian:12")
        base = f"{server.host}/base/debian:12"
        report = self.push(f"{server.host}/app:1", base=base)
        self.assertEqual(report["base"]["reference"], base)
        size = sum(layer["size"] for layer in report["layers"] if layer["kind"] == "base")
        self.assertEqual(report["bytes"]["mounted"], size)
        self.assertEqual(json.loads(self.kasane("inspect", "--json", f"{server.host}/app:1").stdout)["labels"]
                         ["org.opencontainers.image.base.name"], base)
        # From another registry the layers are streamed across.
        other = self.registry("other")
        report = self.push(f"{other.host}/app:1", base=base, env=self.machine("b"))
        self.assertEqual(report["bytes"]["mounted"], 0)
        self.assertEqual(other.missing("app", "1"), [])

    def test_copies_between_registry_layout_and_archive(self):
        server = self.registry()
        report = self.push(f"{server.host}/app:1")
        steps = [f"{server.host}/app:1", f"oci:{self.folder}/copy:t", f"oci-archive:{self.folder}/copy.tar",
                 f"{server.host}/back:2", f"{server.host}/mounted:3"]
        for source, target in zip(steps, steps[1:]):
            seen = json.loads(self.kasane("copy", source, target, "--json").stdout)
            self.assertEqual(seen["image"]["digest"], report["image"]["digest"], target)
        self.assertEqual(seen["bytes"]["copied"], 0)
        self.assertEqual(seen["bytes"]["mounted"], seen["bytes"]["present"])
        self.kasane("copy", f"{server.host}/app:1", f"docker-archive:{self.folder}/docker.tar:name:tag")
        left = snapshot(self.unpack(f"{server.host}/back:2", self.folder / "left"))
        right = snapshot(self.unpack(f"oci:{self.folder}/copy:t", self.folder / "right"))
        self.assertEqual(differences(left, right), [])

    def test_import_base_prints_the_line(self):
        server = self.registry()
        self.run_tool("skopeo", "copy", "--insecure-policy", "--dest-tls-verify=false", f"{BASE}:latest",
                      f"docker://{server.host}/base/debian:12")
        digest = json.loads(self.run_tool("skopeo", "inspect", f"{BASE}:latest"))["Digest"]
        printed = self.kasane("import-base", f"{server.host}/base/debian:12", "--registry", "myws.azurecr.io").stdout
        self.assertEqual(printed, f"az acr import --name myws --source {server.host}/base/debian@{digest} "
                                  f"--image base/debian:12\n")

    # -- who may

    def test_with_a_password(self):
        server = self.registry(htpasswd=True)
        refused = self.kasane("build", self.lock, "--base", BASE, "--push", server.host, expect=6)
        self.assert_error(refused, "answered 401", f"docker login {server.host}")
        wrong = self.log_in(server.host, "wrong-SECRET")
        refused = self.kasane("build", self.lock, "--base", BASE, "--push", server.host, expect=6, env=wrong)
        self.assertNotIn("SECRET", refused.stdout + refused.stderr)
        right = self.log_in(server.host)
        report = self.push(server.host, env=right)
        self.assertNotIn("SECRET", json.dumps(report))
        seen = self.kasane("doctor", server.host, env=right).stdout
        self.assertIn("user and password, from `", seen)
        self.assertIn("may push to `kasane/cache`", seen)
        self.assertNotIn("SECRET", seen)
        self.kasane("doctor", server.host, expect=4)

    def test_with_tokens_of_a_server(self):
        certificates = Certificates(self.folder / "certificates")
        with TokenServer(certificates) as tokens:
            server = self.registry(tokens=tokens)
            report = self.push(server.host, env=self.log_in(server.host))
            self.push(f"{server.host}/other:1", env={**self.log_in(server.host), **self.machine("b")})
            self.see(len(tokens.tokens), "tokens")
            for token in tokens.tokens:
                self.assertNotIn(token, json.dumps(report))

    def test_over_tls_with_a_certificate(self):
        certificates = Certificates(self.folder / "certificates")
        server = self.registry(tls=certificates)
        trusted = dict(SSL_CERT_FILE=certificates.authority)
        shown = ("--client-certificate", certificates.folder / "client.pem", "--client-key",
                 certificates.folder / "client.key")
        target = f"{server.host}/app:1"
        self.push(target, "--tls", *shown, env=trusted)
        self.kasane("inspect", target, "--tls", *shown, env=trusted)
        self.assert_error(self.kasane("inspect", target, "--tls", *shown, expect=6), "certificate", "SSL_CERT_FILE")
        self.assert_error(self.kasane("inspect", target, "--tls", env=trusted, expect=4))
        self.assert_error(self.kasane("inspect", target, env=trusted, expect=(4, 6)))

    # -- other people's tools

    def test_other_tools_read_what_was_pushed(self):
        server = self.registry()
        report = self.push(f"{server.host}/app:1")
        seen = json.loads(self.run_tool("skopeo", "inspect", "--tls-verify=false", f"docker://{server.host}/app:1"))
        self.assertEqual(seen["Digest"], report["image"]["digest"])
        self.assertEqual(seen["Layers"], layer_digests(report))
        self.run_tool("skopeo", "copy", "--insecure-policy", "--src-tls-verify=false",
                      f"docker://{server.host}/app:1", f"oci:{self.folder}/copy:t")
        self.run_tool("umoci", "unpack", "--image", f"{self.folder}/copy:t", f"{self.folder}/theirs")
        ours = self.unpack(f"{server.host}/app:1", self.folder / "ours")
        self.assertEqual(differences(snapshot(ours), snapshot(self.folder / "theirs/rootfs")), [])
        podman = ["podman", "--storage-driver", "overlay", "--root", self.folder / "podman", "--runroot",
                  self.folder / "podman-run", "--runtime", "runc", "--cgroup-manager", "cgroupfs",
                  "--events-backend", "none"]
        self.addCleanup(subprocess.run, [*map(str, podman), "rmi", "--all", "--force"], capture_output=True,
                        env=self.environment(), check=False)
        self.run_tool(*podman, "pull", "-q", "--tls-verify=false", f"{server.host}/app:1")
        printed = self.run_tool(*podman, "run", "--rm", "--network", "none", "--ulimit", "nofile=1024:1024",
                                "--ulimit", "nproc=1024:1024", f"{server.host}/app:1", "sh", "-c", "echo $CONDA_PREFIX")
        self.assertEqual(printed.strip(), report["environment"]["path"])

    def test_docker_pulls_runs_and_pushes(self):
        server = self.registry()
        report = self.push(f"{server.host}/app:1")
        with Docker(self) as docker:
            docker("pull", f"{server.host}/app:1")
            printed = docker("run", "--rm", "--network", "none", f"{server.host}/app:1", "sh", "-c", "echo $CONDA_PREFIX")
            self.assertEqual(printed.strip(), report["environment"]["path"])
            docker("tag", f"{server.host}/app:1", f"{server.host}/docker:1")
            docker("push", f"{server.host}/docker:1")
        seen = json.loads(self.kasane("inspect", f"{server.host}/docker:1", "--json").stdout)
        self.assertEqual(seen["environment"]["id"], report["environment"]["id"])
        ours = snapshot(self.unpack(f"{server.host}/app:1", self.folder / "ours"))
        self.assertEqual(differences(ours, snapshot(self.unpack(f"{server.host}/docker:1", self.folder / "docker-s"))), [])

    def test_what_other_tools_pushed_is_read(self):
        server = self.registry()
        report = self.push(f"{server.host}/app:1")
        ours = snapshot(self.unpack(f"{server.host}/app:1", self.folder / "ours"))
        self.kasane("copy", f"{server.host}/app:1", f"oci:{self.folder}/copy:t")
        for kind in ("oci", "v2s2"):
            self.run_tool("skopeo", "copy", "--insecure-policy", "--dest-tls-verify=false", "--format", kind,
                          f"oci:{self.folder}/copy:t", f"docker://{server.host}/skopeo:{kind}")
            seen = json.loads(self.kasane("inspect", f"{server.host}/skopeo:{kind}", "--json").stdout)
            self.assertEqual(seen["environment"]["id"], report["environment"]["id"])
            theirs = snapshot(self.unpack(f"{server.host}/skopeo:{kind}", self.folder / kind))
            self.assertEqual(differences(ours, theirs), [])
        buildah = ["buildah", "--storage-driver", "vfs", "--root", self.folder / "buildah", "--runroot",
                   self.folder / "buildah-run"]
        self.addCleanup(subprocess.run, [*map(str, buildah), "rmi", "--all", "--force"], capture_output=True,
                        env=self.environment(), check=False)
        image = self.run_tool(*buildah, "pull", "-q", "--tls-verify=false", f"{server.host}/app:1").strip()
        self.run_tool(*buildah, "push", "--tls-verify=false", image, f"docker://{server.host}/buildah:1")
        theirs = snapshot(self.unpack(f"{server.host}/buildah:1", self.folder / "from-buildah"))
        self.assertEqual(differences(ours, theirs), [])


if __name__ == "__main__":
    unittest.main()
