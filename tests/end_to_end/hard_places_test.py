"""A full disk, folders that may not be read or written, a cache that was damaged."""

import os
import pathlib
import subprocess
import unittest

from support import BASE, KASANE, EndToEndTest, write_lock

_SOMEBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


class HardPlaces(EndToEndTest):
    own_home = True

    def setUp(self):
        super().setUp()
        self.lock = write_lock(self.folder / "conda-lock.yml", ("requests",))

    def test_a_full_disk(self):
        """Of the cache, of the image: an error that tells it, and all is right once there is room."""
        expected = self.build(self.lock, env=dict(KASANE_HOME=self.folder / "elsewhere"))["image"]["digest"]
        for what in ("cache", "image"):
            with self.subTest(what):
                small = self.folder / f"small-{what}"
                small.mkdir()
                self.run_tool("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", small)
                try:
                    home = small / "home" if what == "cache" else self.folder / "home-roomy"
                    target = f"oci:{small if what == 'image' else self.folder / 'images-full'}/images"
                    result = self.kasane("build", self.lock, "--base", BASE, "--to", target,
                                         env=dict(KASANE_HOME=home), expect=1)
                    self.assert_error(result, str(small))
                    self.assertRegex(result.stderr, "No space left on device|disk is full")
                    self.see(result.stderr.splitlines()[0])
                    self.run_tool("mount", "-o", "remount,size=400m", small)
                    report = self.build(self.lock, to=target, env=dict(KASANE_HOME=home))
                    self.assertEqual(report["image"]["digest"], expected)
                    self.kasane("cache", "verify", env=dict(KASANE_HOME=home))
                finally:
                    subprocess.run(["umount", "-l", small], check=True)

    def test_folders_that_may_not_be_used(self):
        os.chmod(self.folder, 0o755)
        closed, place = self.folder / "closed", self.folder / "place"
        closed.mkdir(mode=0o700)
        place.mkdir()
        os.chown(place, 65534, 65534)
        (closed / "conda-lock.yml").write_text(self.lock.read_text())
        mine = dict(KASANE_HOME=place / "home", TMPDIR="/tmp", HOME=place)
        for name, arguments, env in (
                ("lock", ("build", closed / "conda-lock.yml", "--base", "scratch"), mine),
                ("base", ("build", self.lock, "--base", f"oci:{closed}"), mine),
                ("target", ("build", self.lock, "--base", "scratch", "--to", f"oci:{closed}/images"), mine),
                ("cache", ("build", self.lock, "--base", "scratch"), dict(mine, KASANE_HOME=closed / "home")),
                ("unpack", ("unpack", BASE, closed / "root"), mine)):
            with self.subTest(name):
                result = self.kasane(*arguments, wrap=_SOMEBODY, env=env, expect=1, cwd="/")
                self.assert_error(result, str(closed), "Permission denied")
                self.see(f"{name}: {result.stderr.splitlines()[0]}")

    def test_no_root_is_needed(self):
        os.chmod(self.folder, 0o755)
        place = self.folder / "place"
        place.mkdir()
        os.chown(place, 65534, 65534)
        mine = dict(KASANE_HOME=place / "home", TMPDIR=place, HOME=place)
        expected = self.build(self.lock)["image"]["digest"]
        report = self.build(self.lock, to=f"oci:{place}/images", wrap=_SOMEBODY, env=mine, cwd=place)
        self.assertEqual(report["image"]["digest"], expected)
        self.kasane("unpack", report["image"]["reference"], place / "root", wrap=_SOMEBODY, env=mine, cwd=place)
        self.assertTrue((place / "root/azureml-envs/kasane/bin/python3.11").is_file())

    def test_a_damaged_cache_is_found_and_mended(self):
        expected = self.build(self.lock)["image"]["digest"]
        blobs = [path for path in self.home.rglob("*") if path.is_file() and path.stat().st_size > 100_000
                 and not path.name.startswith("index")]
        self.assertGreater(len(blobs), 3)
        for path in blobs[::2]:
            spoil(path)
        self.kasane("cache", "verify", expect=5)
        self.kasane("cache", "verify")
        report = self.build(self.lock, to=f"oci:{self.folder}/again")
        self.assertEqual(report["image"]["digest"], expected)

    def test_damage_that_nobody_looked_for_is_never_served(self):
        expected = self.build(self.lock)["image"]["digest"]
        for path in self.home.rglob("*"):
            if path.is_file() and path.stat().st_size > 100_000 and not path.name.startswith("index"):
                spoil(path)
        result = subprocess.run([KASANE, "build", self.lock, "--base", BASE, "--to",
                                 f"oci:{self.folder}/again:test"], env=self.environment(), capture_output=True,
                                text=True, stdin=subprocess.DEVNULL, check=False)
        self.see(f"exit {result.returncode}", *result.stderr.splitlines()[:1])
        if result.returncode == 0:
            self.assertIn(expected, result.stdout)
        else:
            self.assertEqual(result.returncode, 5)
            self.assert_error(result, "hint: ")

    def test_trim_and_status(self):
        self.build(self.lock)
        before = self.kasane("cache", "status").stdout
        self.see(before.strip().replace("\n", "; "))
        self.kasane("cache", "trim", "--to", "1MiB")
        left = sum(path.stat().st_size for path in self.home.rglob("*")
                   if path.is_file() and not path.name.startswith("index"))
        self.assertLess(left, 2 << 20)
        self.kasane("cache", "verify")


def spoil(path: pathlib.Path):
    path.chmod(0o644)
    with open(path, "r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 0xff]))


if __name__ == "__main__":
    unittest.main()
