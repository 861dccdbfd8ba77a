"""What the end-to-end tests share: a folder and a home of their own, kasane's commands, locks, trees."""

import atexit
import functools
import hashlib
import io
import json
import os
import pathlib
import secrets
import shutil
import stat
import subprocess
import sys
import tarfile
import unittest
import zipfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
KASANE = os.environ.get("KASANE", str(SOURCE / "build/release/kasane"))
DEMO = pathlib.Path(os.environ.get("KASANE_DEMO_DIR", SOURCE / "build/demo")).resolve()
LOCK = DEMO / "demo" / "conda-lock.yml"
LOCK_ADDED = DEMO / "demo-added" / "conda-lock.yml"
BASE = f"oci:{DEMO / 'base'}"
PREFIX = "/azureml-envs/kasane"

sys.path.insert(0, str(SOURCE / "fixtures"))

from channel import lock as lock_format  # noqa: E402
from channel import package  # noqa: E402
from channel.tree import File  # noqa: E402

_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


class EndToEndTest(unittest.TestCase):
    """Gives each test a folder, on memory where there is enough of it. kasane's home, and so its cache, is that of
    the whole script, which saves time; with `own_home` each test has one that is empty."""

    longMessage = True
    own_home = False

    def setUp(self):
        self.folder = _new_folder("kasane-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.home = self.folder / "home" if self.own_home else _shared_home()

    def environment(self, **more):
        return {**_ENVIRONMENT, "HOME": str(self.folder), "KASANE_HOME": str(self.home),
                "TMPDIR": str(self.folder), **{key: str(value) for key, value in more.items()}}

    def kasane(self, *arguments, expect=0, env=None, wrap=(), timeout=120, cwd=None):
        """Runs a command and insists on its exit code: one, one of several, or None for any."""
        command = [*map(str, wrap), KASANE, *map(str, arguments)]
        result = subprocess.run(command, env=self.environment(**(env or {})), text=True, timeout=timeout,
                                capture_output=True, stdin=subprocess.DEVNULL, cwd=cwd or self.folder)
        expected = {expect} if isinstance(expect, int) else expect
        self.assertTrue(expected is None or result.returncode in expected,
                        f"exit code {result.returncode}, expected {expect}: `{' '.join(command)}`\n"
                        f"--- stdout\n{result.stdout}\n--- stderr\n{result.stderr}")
        return result

    def build(self, lock=LOCK, *arguments, to=None, base=BASE, **more):
        """Builds and returns the report (kasane.build/1)."""
        to = to or f"oci:{self.folder / 'images'}:test"
        result = self.kasane("build", lock, "--base", base, "--to", to, "--json", *arguments, **more)
        return json.loads(result.stdout)

    def unpack(self, image, folder):
        self.kasane("unpack", image, folder)
        return pathlib.Path(folder)

    def enter(self, root, *command, expect=0):
        """Runs a command by chroot in an unpacked image; returns what it printed."""
        result = subprocess.run(["sh", SOURCE / "fixtures/demo/enter.sh", root, *command], text=True,
                                capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
        self.assertEqual(result.returncode, expect, f"{command}\n{result.stdout}\n{result.stderr}")
        return result.stdout

    def run_tool(self, *command, env=None, timeout=120):
        """Runs a program of others, which must be there and succeed; returns what it printed."""
        result = subprocess.run([*map(str, command)], text=True, capture_output=True, timeout=timeout,
                                stdin=subprocess.DEVNULL, env=env or self.environment())
        self.assertEqual(result.returncode, 0, f"{command}\n{result.stdout}\n{result.stderr}")
        return result.stdout

    def assert_error(self, result, *parts):
        """An error for people: on stderr, with what it is about, and no trace of a crash."""
        self.assertIn("error: ", result.stderr)
        for part in parts:
            self.assertIn(part, result.stderr)
        for bad in ("terminate called", "what():", "std::", "Sanitizer"):
            self.assertNotIn(bad, result.stderr)

    def assert_no_image(self, layout):
        """The layout is not there, or names no image."""
        index = pathlib.Path(layout) / "index.json"
        if index.exists():
            self.assertEqual(json.loads(index.read_text())["manifests"], [])

    def see(self, *values):
        """Prints what was seen, for the log."""
        print("   ", *values, file=sys.stderr)


@functools.cache
def _shared_home():
    folder = _new_folder("kasane-e2e-home-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _new_folder(prefix):
    """Its name is one that any tool takes as a part of an image's name: no `-_`, unlike some of tempfile's."""
    folder = pathlib.Path(_roomy_place()) / f"{prefix}{secrets.token_hex(6)}"
    folder.mkdir(mode=0o700)
    return folder


def _roomy_place():
    place = os.environ.get("KASANE_TEST_TMP")
    if place:
        return place
    free = shutil.disk_usage("/dev/shm").free if os.path.isdir("/dev/shm") else 0
    return "/dev/shm" if free > 6 << 30 and os.access("/dev/shm", os.W_OK) else "/var/tmp"


def records():
    """All packages of the demo's channel by name, as repodata.json has them."""
    found = {}
    for subdir in ("linux-64", "noarch"):
        repodata = json.loads((DEMO / "channel" / subdir / "repodata.json").read_text())
        for group in ("packages", "packages.conda"):
            for name, record in repodata[group].items():
                found[record["name"]] = dict(record, file_name=name)
    return found


def package_path(record):
    return DEMO / "channel" / record["subdir"] / record["file_name"]


def write_lock(path, roots, channel_url=None, shuffle=None, replace=None):
    """A conda-lock.yml of what `roots` need; `replace` gives other records by name."""
    by_name = {**records(), **(replace or {})}
    names = lock_format.closure(roots, by_name)
    if shuffle:
        shuffle(names)
    url = channel_url or (DEMO / "channel").as_uri()
    path.write_text(lock_format.render_conda_lock(names, by_name, {}, url, "environment.yml"))
    return path


def repack(record, folder, files):
    """The `.conda` package again with more files and the build number 1; it lies in a channel of its own in
    `folder`. Returns its record."""
    content, index = {}, None
    with zipfile.ZipFile(package_path(record)) as archive:
        for name in archive.namelist():
            if not name.endswith(".tar.zst"):
                continue
            tar = subprocess.run(["zstd", "-dc"], input=archive.read(name), stdout=subprocess.PIPE, check=True)
            with tarfile.open(fileobj=io.BytesIO(tar.stdout)) as members:
                if name.startswith("info-"):
                    index = json.load(members.extractfile("info/index.json"))
                    continue
                for member in members:
                    data = members.extractfile(member).read() if member.isreg() else b""
                    content[member.name] = File(data, member.mode, int(member.mtime), member.linkname)
    content |= {path: File(data, 0o644, 1700000000) for path, data in files.items()}
    index |= {"build": record["build"].removesuffix("_0") + "_1", "build_number": 1}
    metadata = package.Metadata(index, {}, {}, package.placeholder_for(record["name"]))
    (folder / record["subdir"]).mkdir(parents=True)
    name, made = package.write_package(content, metadata, ".conda", folder / record["subdir"])
    return dict(made, file_name=name, channel=folder.as_uri())


def snapshot(root):
    """Everything that a tree is made of, by path: type, mode, owner, time, link target, digest, and the name of
    the first path with the same inode."""
    entries, first = {}, {}
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(folders + files):
            path = os.path.join(folder, name)
            status = os.lstat(path)
            relative = os.path.relpath(path, root)
            content = ""
            if stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)
            elif stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    content = hashlib.file_digest(file, "sha256").hexdigest()
            same = first.setdefault(status.st_ino, relative) if status.st_nlink > 1 and content else ""
            entries[relative] = (stat.filemode(status.st_mode), status.st_uid, status.st_gid,
                                 int(status.st_mtime), content, same)
    return entries


def differences(left, right, most=20):
    """Lines that tell where two snapshots differ."""
    lines = [f"{path}: {left.get(path)} != {right.get(path)}"
             for path in sorted(left.keys() | right.keys()) if left.get(path) != right.get(path)]
    return lines[:most] + ([f"and {len(lines) - most} more"] if len(lines) > most else [])


def layer_digests(report, kind=None):
    return [layer["digest"] for layer in report["layers"] if kind is None or layer["kind"] == kind]
