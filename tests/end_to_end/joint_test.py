"""conda packages and wheels in one lock, and in one image whose Python runs."""

import base64
import functools
import hashlib
import http.server
import json
import random
import re
import sys
import threading
import time
import unittest

from support import BASE, DEMO, PREFIX, SOURCE, EndToEndTest, records
from wheels import add_to_index, write_wheel

sys.path.insert(0, str(SOURCE / "fixtures"))

from channel import package  # noqa: E402
from channel.tree import File  # noqa: E402

CHANNEL = (DEMO / "channel").as_uri()


class Joint(EndToEndTest):
    own_home = True

    def environment(self, **more):
        """The demo's packages are Debian 12's, and so is their glibc."""
        return super().environment(**{"CONDA_OVERRIDE_GLIBC": "2.36", **more})

    def setUp(self):
        super().setUp()
        self.port = 0
        self.index = self.folder / "index"
        add_to_index(self.index, "rearrange", "1.0", requires=["numpy>=1.20,<2"],
                     modules={"rearrange.py": "import numpy\n\ndef turn(x):\n    return numpy.array(x)[::-1].tolist()\n"})
        add_to_index(self.index, "numpy", "1.26.4")
        add_to_index(self.index, "shout", "2.1", requires=["rearrange", "tomli; python_version < '3.11'"],
                     scripts={"shout": "shout:main"}, extras={"loud": ["bells>=1"]}, requires_python=">=3.8",
                     modules={"shout.py": "def main():\n    print('HELLO')\n"})
        add_to_index(self.index, "bells", "1.5")
        add_to_index(self.index, "bells", "2.0", requires_python=">=3.12")

    def write_spec(self, conda, pip, channels=(CHANNEL,), name="environment.yml"):
        path = self.folder / name
        lines = ["channels:", *(f"  - {channel}" for channel in channels), "dependencies:"]
        lines += [f"  - {text}" for text in conda]
        lines += ["  - pip:", *(f"    - {text}" for text in pip)] if pip else []
        path.write_text("\n".join(lines) + "\n")
        return path

    def lock(self, spec, *arguments, **more):
        return json.loads(self.kasane("lock", spec, "--index-url", self.index.as_uri(), "--json", *arguments,
                                      **more).stdout)

    @staticmethod
    def packages(locked):
        return {(package["manager"], package["name"]): package for package in locked["platforms"][0]["packages"]}

    @property
    def lock_path(self):
        return self.folder / "conda-lock.yml"

    def test_an_environment_of_both_becomes_an_image_that_pip_and_conda_understand(self):
        spec = self.write_spec(["python", "numpy", "pip"], ["shout[loud]>=2", "numpy"])
        locked = self.lock(spec)
        packages = self.packages(locked)
        pip_side = {name: entry["version"] for (manager, name), entry in packages.items() if manager == "pip"}
        self.assertEqual(pip_side, {"bells": "1.5", "rearrange": "1.0", "shout": "2.1"})
        self.assertIn(("conda", "numpy"), packages)
        for name, version in pip_side.items():
            file = self.index / name / f"{name}-{version}-py3-none-any.whl"
            self.assertEqual(packages["pip", name]["url"], file.as_uri())
            self.assertEqual(packages["pip", name]["sha256"], hashlib.sha256(file.read_bytes()).hexdigest())
        report = self.build(spec)
        self.assertEqual(report["lock"]["sha256"], locked["lock"]["sha256"])
        root = self.unpack(report["image"]["reference"], self.folder / "root")
        python = functools.partial(self.enter, root, f"{report['environment']['path']}/bin/python")
        self.assertEqual(python("-m", "pip", "check"), "No broken requirements found.\n")
        printed = python("-c", "import rearrange; print(rearrange.turn([1, 2, 3]))")
        self.assertEqual(printed, "[3, 2, 1]\n")
        self.assertEqual(self.enter(root, f"{report['environment']['path']}/bin/shout"), "HELLO\n")
        self.pip_and_conda_agree_with(packages, root, python)

    def pip_and_conda_agree_with(self, packages, root, python):
        listed = {re.sub(r"[-_.]+", "-", entry["name"]).lower(): entry["version"]
                  for entry in json.loads(python("-m", "pip", "list", "--format=json"))}
        known = records()
        carried = {name: entry["version"] for (manager, name), entry in packages.items()
                   if manager == "conda" and name != "python_abi"
                   and any(text.split()[0] == "python" for text in known[name]["depends"])}
        wheels = {name: entry["version"] for (manager, name), entry in packages.items() if manager == "pip"}
        self.assertEqual(listed, {**carried, **wheels})
        meta = {json.loads(path.read_text())["name"]: json.loads(path.read_text())["version"]
                for path in (root / PREFIX[1:] / "conda-meta").glob("*.json")}
        self.assertEqual(meta, {name: entry["version"] for (manager, name), entry in packages.items()
                                if manager == "conda"})
        installers = {path.parent.name.split("-")[0]: path.read_text().strip()
                      for path in (root / PREFIX[1:]).glob("lib/python3*/site-packages/*.dist-info/INSTALLER")}
        self.see(f"{len(listed)} distributions, of which {len(wheels)} from the index", installers.get("shout"))

    def test_a_wheel_moves_the_numpy_that_conda_alone_would_take(self):
        """prefix-dev/pixi issue 2559."""
        newer = self.folder / "newer"
        index = {"name": "numpy", "version": "2.0.0", "build": "py311_0", "build_number": 0, "subdir": "linux-64",
                 "depends": ["python >=3.11,<3.12.0a0"], "timestamp": 1700000000000}
        for subdir in ("linux-64", "noarch"):
            (newer / subdir).mkdir(parents=True)
        name, record = package.write_package({"site-packages/numpy.py": File(b"", 0o644, 1700000000)},
                                             package.Metadata(index, {}, {}, package.placeholder_for("numpy")),
                                             ".conda", newer / "linux-64")
        for subdir, found in (("linux-64", {name: record}), ("noarch", {})):
            (newer / subdir / "repodata.json").write_text(
                json.dumps({"info": {"subdir": subdir}, "packages": {}, "packages.conda": found}))
        options = ("--channel-priority", "disabled")
        channels = (newer.as_uri(), CHANNEL)
        alone = self.packages(self.lock(self.write_spec(["python", "numpy"], [], channels), *options))
        self.assertEqual(alone["conda", "numpy"]["version"], "2.0.0")
        spec = self.write_spec(["python", "numpy"], ["rearrange"], channels)
        both = self.packages(self.lock(spec, *options))
        self.assertEqual(both["conda", "numpy"]["version"], records()["numpy"]["version"])
        self.assertNotIn(("pip", "numpy"), both)
        report = self.build(spec, *options)
        root = self.unpack(report["image"]["reference"], self.folder / "root")
        python = f"{report['environment']['path']}/bin/python"
        self.assertEqual(self.enter(root, python, "-m", "pip", "check"), "No broken requirements found.\n")
        self.assertEqual(self.enter(root, python, "-c", "import rearrange; print(rearrange.turn([1, 2]))"), "[2, 1]\n")
        refused = self.kasane("lock", self.write_spec(["python", "numpy >=2"], ["rearrange"], channels), *options,
                              "--index-url", self.index.as_uri(), expect=3)
        self.assert_error(refused, "`numpy >=2` (", "rearrange 1.0 needs `numpy >=1.20,<2`")

    def test_a_lock_of_both_sides_is_kept_moved_little_and_insisted_on(self):
        spec = self.write_spec(["python"], ["rearrange", "numpy"])
        self.lock(spec)
        before = self.lock_path.read_bytes()
        index = ("--index-url", self.index.as_uri())
        self.assertIn("unchanged", self.kasane("lock", spec, "--locked", *index).stdout)
        add_to_index(self.index, "rearrange", "1.1", requires=["numpy<2"])
        add_to_index(self.index, "bells", "1.6")
        self.assertIn("unchanged", self.kasane("lock", spec, *index).stdout)
        self.assertEqual(self.lock_path.read_bytes(), before)
        spec = self.write_spec(["python"], ["rearrange", "numpy", "bells"])
        refused = self.kasane("lock", spec, "--locked", *index, expect=1)
        self.assert_error(refused, f"`bells` ({spec}:8) is not in it")
        changes = self.lock(spec)["platforms"][0]["changes"]
        self.assertEqual([(change["kind"], change["name"]) for change in changes], [("added", "bells")])
        moved = self.lock(spec, "--upgrade", "rearrange")["platforms"][0]["changes"]
        self.assertEqual([(change["kind"], change["name"]) for change in moved], [("upgraded", "rearrange")])

    def test_why_leads_across_both_sides(self):
        spec = self.write_spec(["python", "numpy"], ["shout"])
        self.lock(spec)
        shown = self.kasane("why", spec, "numpy").stdout
        self.assertRegex(shown, r"\n +shout 2\.1 needs `rearrange`\n +rearrange 1\.0 needs `numpy >=1\.20,<2`\n")

    def test_a_requirements_file_alone_is_enough(self):
        spec = self.folder / "requirements.txt"
        spec.write_text(f"--index-url {self.index.as_uri()}\nbells\nshout ; python_version >= '3.9'\n")
        packages = self.packages(json.loads(self.kasane(
            "lock", spec, "--channel", CHANNEL, "--python", "3.11", "--prefer-conda", "--json").stdout))
        self.assertIn(("conda", "numpy"), packages)
        self.assertEqual(packages["pip", "shout"]["version"], "2.1")
        self.assertTrue(packages["conda", "python"]["version"].startswith("3.11."))

    def test_sources_are_refused_all_at_once_with_their_lines(self):
        (self.folder / "here").mkdir()
        (self.folder / "here/pyproject.toml").write_text("[project]\nname = 'here'\nversion = '1'\n")
        spec = self.write_spec(["python"], ["-e ./here", "bells", "git+https://host.example/it.git@abc"])
        refused = self.kasane("lock", spec, "--index-url", self.index.as_uri(), expect=6)
        self.assert_error(refused, f"{spec}:6: `-e ./here`", f"{spec}:8: `git+https://host.example/it.git@abc`")
        self.assertFalse(self.lock_path.exists())

    def test_wheels_are_named_by_where_they_are(self):
        there = self.folder / "there"
        path = write_wheel(there, "bells", "7.0", requires=["rearrange"])
        spec = self.write_spec(["python"], ["./there/bells-7.0-py3-none-any.whl", "shout[loud]", "numpy"])
        packages = self.packages(self.lock(spec))
        self.assertEqual(packages["pip", "bells"]["url"], path.as_uri())
        self.assertEqual(packages["pip", "bells"]["sha256"], hashlib.sha256(path.read_bytes()).hexdigest())
        self.assertIn(("pip", "rearrange"), packages)
        self.assertIn("unchanged", self.kasane("lock", spec, "--locked", "--index-url", self.index.as_uri()).stdout)
        with_url = self.write_spec(["python"], [f"bells @ {path.as_uri()}#sha256={'0' * 64}"])
        self.assert_error(self.kasane("build", with_url, "--base", BASE, "--index-url", self.index.as_uri(),
                                      expect=(5,)), "bells-7.0")

    def test_hashes_are_insisted_on(self):
        wheel = self.index / "bells/bells-1.5-py3-none-any.whl"
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        spec = self.write_spec(["python"], [f"bells==1.5 --hash=sha256:{digest}"])
        self.assertEqual(self.packages(self.lock(spec))["pip", "bells"]["sha256"], digest)
        wrong = self.write_spec(["python"], [f"bells==1.5 --hash=sha256:{'0' * 64}"])
        self.assert_error(self.kasane("lock", wrong, "--index-url", self.index.as_uri(), expect=3), "bells")

    def test_a_private_index_owns_its_names_and_its_password_stays_secret(self):
        private = self.folder / "private"
        add_to_index(private, "bells", "0.1")
        with Index(private, "user:s3cret") as served:
            url = served.url.replace("http://", "http://user:s3cret@")
            spec = self.write_spec(["python"], ["bells"])
            env = {"PIP_EXTRA_INDEX_URL": url, "PIP_INDEX_URL": self.index.as_uri()}
            result = self.kasane("lock", spec, "--json", env=env)
            packages = self.packages(json.loads(result.stdout))
            self.assertEqual(packages["pip", "bells"]["version"], "0.1")
            built = self.kasane("build", spec, "--base", BASE, "--to", f"oci:{self.folder / 'images'}:test", env=env)
            for text in (result.stdout, result.stderr, self.lock_path.read_text(), built.stdout, built.stderr):
                self.assertNotIn("s3cret", text)
            best = self.kasane("lock", spec, "--index-strategy", "best-match", "--upgrade", "--json", env=env)
            self.assertEqual(self.packages(json.loads(best.stdout))["pip", "bells"]["version"], "1.5")
            refused = self.kasane("lock", spec, "--index-url", served.url, "--upgrade", expect=4)
            self.assert_error(refused, "401")

    def test_the_time_that_an_index_takes_changes_nothing(self):
        spec = self.write_spec(["python", "numpy"], ["shout[loud]", "rearrange"])
        locks = set()
        for number in range(6):
            with Index(self.index, slow=0.05, port=self.port) as served:
                self.port = served.port
                self.kasane("lock", spec, "--index-url", served.url, env={"KASANE_HOME": self.folder / f"home-{number}"})
            locks.add(self.lock_path.read_bytes())
            self.lock_path.unlink()
        self.assertEqual(len(locks), 1)


class Index:
    """Serves a directory index over HTTP, perhaps to one user only, while entered. `slow` is the longest time in
    seconds that an answer takes."""

    def __init__(self, folder, user=None, slow=0, port=0):
        wanted = user and "Basic " + base64.b64encode(user.encode()).decode()

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=str(folder))

            def do_GET(self):
                time.sleep(random.random() * slow)
                if wanted in (None, self.headers.get("Authorization")):
                    return super().do_GET()
                self.send_response(401)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


if __name__ == "__main__":
    unittest.main()
