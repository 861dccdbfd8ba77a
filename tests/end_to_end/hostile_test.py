"""Hostile and broken input: each a clear error, and nothing of it visible."""

import hashlib
import json
import os
import random
import shutil
import unittest

import hostile_packages as hostile
from support import DEMO, EndToEndTest, package_path, records

_INTEGRITY, _UNSAFE = {5}, {5, 6}

# What is wrong, the package, the exit codes that fit, and what the error must name.
_CASES = (
    ("absolute path", lambda: hostile.simple("/etc/passwd"), _UNSAFE, ("/etc/passwd",)),
    ("parent path", lambda: hostile.simple("../../etc/passwd"), _UNSAFE, ("../../etc/passwd",)),
    ("parent path within", lambda: hostile.simple("lib/../../../x"), _UNSAFE, ("lib/../../../x",)),
    ("name with a newline", lambda: hostile.simple("bin/a\nb"), _UNSAFE, ("bin/a",)),
    ("link out of the prefix", lambda: hostile.link("lib/x", "../../../../etc/shadow"), _UNSAFE, ("lib/x",)),
    ("absolute link", lambda: hostile.link("lib/x", "/etc/shadow"), _UNSAFE, ("lib/x",)),
    ("hard link out of the prefix", lambda: hostile.hard_link("b", "../../etc/shadow"), {5, 6},
     ("etc/shadow",)),
    ("hard link to an absolute path", lambda: hostile.hard_link("b", "/etc/shadow"), _UNSAFE, ("/etc/shadow",)),
    ("device node", lambda: hostile.device("dev/null"), _UNSAFE, ("dev/null",)),
    ("file through a link", hostile.through_a_link, _UNSAFE, ("lib",)),
    ("the same path twice", hostile.duplicate, _UNSAFE, ("`a`",)),
    ("into conda-meta", lambda: hostile.simple("conda-meta/history"), _UNSAFE, ("conda-meta/history",)),
    ("content that is not vouched for", hostile.wrong_content, _INTEGRITY, ("`a`",)),
    ("a file that is not there", hostile.missing_file, _INTEGRITY, ("`b`",)),
    ("zip headers that disagree", hostile.headers_disagree, _UNSAFE, ()),
    ("truncated", lambda: hostile.truncated(hostile.simple("a", b"x" * 5000)), _INTEGRITY, ()),
    ("a flipped bit", lambda: hostile.flipped(hostile.simple("a", os.urandom(5000))), _INTEGRITY, ()),
    ("not an archive", lambda: b"<html>please log in</html>" * 50, _INTEGRITY, ()),
    ("empty", lambda: b"", _INTEGRITY, ()),
    ("another name within", hostile.other_name, _UNSAFE, ("other",)),
)


class Hostile(EndToEndTest):
    own_home = True

    def lock_of(self, content, name=f"{hostile.STEM}.conda", sha256=None):
        folder = self.folder / "evil" / "linux-64"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        lock = self.folder / "conda-lock.yml"
        lock.write_text("version: 1\nmetadata:\n  content_hash: {linux-64: '0'}\n  channels: []\n"
                        "  platforms: [linux-64]\n  sources: [environment.yml]\npackage:\n"
                        f"- name: {hostile.NAME}\n  version: '{hostile.VERSION}'\n  manager: conda\n"
                        "  platform: linux-64\n  dependencies: {}\n"
                        f"  url: {(folder / name).as_uri()}\n  hash:\n"
                        f"    sha256: {sha256 or hashlib.sha256(content).hexdigest()}\n"
                        "  category: main\n  optional: false\n")
        return lock

    def refuse(self, lock, codes, parts):
        images = self.folder / "images"
        shutil.rmtree(images, ignore_errors=True)
        result = self.kasane("build", lock, "--base", "scratch", "--to", f"oci:{images}", expect=codes)
        self.assert_error(result, *parts)
        self.assert_no_image(images)
        self.kasane("cache", "verify")
        return result

    def test_packages(self):
        self.build(self.lock_of(hostile.simple("share/a")), base="scratch", to=f"oci:{self.folder}/fine")
        for name, make, codes, parts in _CASES:
            with self.subTest(name):
                result = self.refuse(self.lock_of(make()), codes, (hostile.NAME, *parts))
                self.see(f"{name}: exit {result.returncode}: {result.stderr.splitlines()[0]}")

    def test_a_bomb_ends_early(self):
        lock = self.lock_of(hostile.bomb())
        before = shutil.disk_usage(self.folder).used
        result = self.refuse(lock, _UNSAFE, (hostile.NAME, "zeros"))
        self.see(result.stderr.splitlines()[0])
        self.assertLess(shutil.disk_usage(self.folder).used - before, 100 << 20)

    def test_a_wrong_digest(self):
        lock = self.lock_of(hostile.simple("a"), sha256="0" * 64)
        self.refuse(lock, _INTEGRITY, (hostile.NAME, "0" * 12))

    def test_spoilt_archives_of_real_packages(self):
        chance = random.Random(5)
        for name in ("idna", "six"):
            record = records()[name]
            content = package_path(record).read_bytes()
            for number in range(12):
                spoilt = bytearray(content)
                if number % 3 == 0:
                    del spoilt[chance.randrange(1, len(spoilt)):]
                else:
                    for _ in range(number % 3):
                        spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
                lock = self.lock_of(bytes(spoilt), name=record["file_name"])
                lock.write_text(lock.read_text().replace(f"name: {hostile.NAME}", f"name: {name}")
                                .replace(f"'{hostile.VERSION}'", f"'{record['version']}'"))
                with self.subTest(f"{name} {number}"):
                    self.survive(lock)

    def survive(self, lock):
        """A spoilt byte may lie where nothing depends on it; else the build must fail cleanly."""
        result = self.kasane("build", lock, "--base", "scratch", "--to", f"oci:{self.folder}/spoilt",
                             expect={0, 5, 6})
        if result.returncode:
            self.assert_error(result)

    def test_locks(self):
        good = self.lock_of(hostile.simple("a")).read_text()
        cases = (
            ("not yaml", "version: [1\n", {1, 2}, ()),
            ("another version", good.replace("version: 1\n", "version: 9\n", 1), {1, 2}, ("9",)),
            ("no digest", good.replace("    sha256: ", "    sha0: "), {1, 2, 6}, ()),
            ("credentials of another kind", good.replace("file://", "ftp://"), {1, 2, 6}, ("ftp",)),
            ("another platform", good.replace("linux-64", "osx-arm64"), {2}, ("osx-arm64",)),
            ("nothing", "", {1, 2}, ()),
            ("binary", "\x00\x01\x02", {1, 2}, ()),
        )
        for name, text, codes, parts in cases:
            with self.subTest(name):
                lock = self.folder / "conda-lock.yml"
                lock.write_text(text)
                result = self.kasane("build", lock, "--base", "scratch", "--to",
                                     f"oci:{self.folder}/images", expect=codes)
                for part in ("conda-lock.yml", *parts):
                    self.assertIn(part, result.stderr)
                self.see(f"{name}: exit {result.returncode}: {result.stderr.splitlines()[0]}")

    def test_layouts(self):
        lock = self.lock_of(hostile.simple("a"))
        layout = self.folder / "layout"

        def spoil_layer(path):
            blob = max((path / "blobs/sha256").iterdir(), key=lambda file: file.stat().st_size)
            content = bytearray(blob.read_bytes())
            content[len(content) // 2] ^= 1
            blob.chmod(0o644)
            blob.write_bytes(content)

        def lose_layer(path):
            max((path / "blobs/sha256").iterdir(), key=lambda file: file.stat().st_size).unlink()

        def climb(path):
            index = json.loads((path / "index.json").read_text())
            index["manifests"][0]["digest"] = "sha256:../../../../etc/passwd"
            (path / "index.json").write_text(json.dumps(index))

        cases = (("a spoilt layer", spoil_layer, {5}), ("a lost layer", lose_layer, {1, 5}),
                 ("a digest that climbs", climb, {1, 2, 5, 6}),
                 ("no index", lambda path: (path / "index.json").unlink(), {1, 2, 5}),
                 ("an index that is no JSON", lambda path: (path / "index.json").write_text("{"), {1, 2, 5}))
        for name, change, codes in cases:
            with self.subTest(name):
                shutil.rmtree(layout, ignore_errors=True)
                shutil.copytree(DEMO / "base", layout)
                change(layout)
                for command in (("build", lock, "--base", f"oci:{layout}", "--to", f"oci:{self.folder}/images"),
                                ("unpack", f"oci:{layout}", self.folder / "root")):
                    shutil.rmtree(self.folder / "root", ignore_errors=True)
                    result = self.kasane(*command, expect=codes)
                    self.assert_error(result)
                self.see(f"{name}: {result.stderr.splitlines()[0]}")


if __name__ == "__main__":
    unittest.main()
