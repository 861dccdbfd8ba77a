"""The image's Python, run in the image."""

import json
import re
import unittest

from support import BASE, DEMO, LOCK, PREFIX, EndToEndTest, differences, layer_digests, snapshot

# Says of every pyc below sys.prefix by which rule Python would take it, as importlib does.
_CENSUS = """
import importlib.util, json, os, struct, sys
count = {"unchecked": 0, "checked": 0, "timed": 0}
stale, orphans = [], []
for folder, _, files in os.walk(sys.prefix):
    for name in files:
        if not name.endswith(".pyc"):
            continue
        path = os.path.join(folder, name)
        with open(path, "rb") as file:
            head = file.read(16)
        if head[:4] != importlib.util.MAGIC_NUMBER:
            stale.append([path, "magic"])
            continue
        source = importlib.util.source_from_cache(path)
        if not os.path.exists(source):
            orphans.append(path)
            continue
        flags, = struct.unpack("<I", head[4:8])
        with open(source, "rb") as file:
            content = file.read()
        if flags & 1:
            count["checked" if flags & 2 else "unchecked"] += 1
            if importlib.util.source_hash(content) != head[8:16]:
                stale.append([path, "hash"])
        else:
            count["timed"] += 1
            status = os.stat(source)
            if struct.unpack("<II", head[8:16]) != (int(status.st_mtime) & 0xffffffff, status.st_size):
                stale.append([path, "time"])
modules = sum(name.endswith(".py") for folder, _, files in os.walk(os.path.join(sys.prefix, "lib"))
              for name in files)
print(json.dumps({"count": count, "stale": stale, "orphans": orphans, "modules": modules}))
"""


class PythonInImage(EndToEndTest):
    def setUp(self):
        super().setUp()
        self.report = self.build()
        self.environment_path = self.report["environment"]["path"]
        self.root = self.unpack(self.report["image"]["reference"], self.folder / "root")

    def python(self, *arguments, expect=0):
        return self.enter(self.root, f"{self.environment_path}/bin/python", *arguments, expect=expect)

    def test_everything_that_people_do_with_it(self):
        for check in (self.reports_its_path, self.imports, self.runs_entry_points, self.pip_is_content,
                      self.pip_sees_what_the_lock_names, self.conda_sees_the_environment,
                      self.no_byte_code_is_stale, self.running_writes_nothing):
            with self.subTest(check.__name__):
                check()

    def reports_its_path(self):
        self.assertRegex(self.environment_path, r"^/azureml-envs/azureml_[0-9a-f]{32}$")
        self.assertEqual((self.root / self.environment_path[1:]).readlink().name, "kasane")
        self.assertEqual(self.report["environment"]["prefix"], PREFIX)
        self.see(self.environment_path)

    def imports(self):
        printed = self.python("-c", "import numpy, pandas, scipy.linalg, yaml, psutil, ssl, sqlite3, pytz\n"
                              "print(numpy.linalg.inv(numpy.eye(2) * 2).tolist())\n"
                              "print(pandas.DataFrame({'a': [1, 2, 3]}).a.mean())\n"
                              "print(scipy.linalg.det([[2.0, 0.0], [0.0, 3.0]]))\n"
                              "print(pytz.timezone('Asia/Tokyo'))\n"
                              "print(ssl.create_default_context().cert_store_stats()['x509_ca'] > 100)\n")
        self.assertEqual(printed.split("\n"),
                         ["[[0.5, 0.0], [0.0, 0.5]]", "2.0", "6.0", "Asia/Tokyo", "True", ""])
        settings = self.python("-c", "import sys, sysconfig\n"
                               "print(sys.prefix, sysconfig.get_config_var('prefix'))")
        self.assertEqual(settings.split()[1], PREFIX)

    def runs_entry_points(self):
        for command, expected in ((("pygmentize", "-V"), "Pygments version 2.14.0"),
                                  (("tabulate", "--help"), "Pretty-print tabular data"),
                                  (("markdown_py", "--version"), "markdown_py 3.4.1"),
                                  (("f2py", "-v"), "1.24.2"),
                                  (("pip", "--version"), f"from {PREFIX}/lib/python3.11"),
                                  (("pip3", "--version"), "pip 23.0.1"),
                                  (("wheel", "version"), "wheel 0.38.4")):
            printed = self.enter(self.root, f"{self.environment_path}/bin/{command[0]}", *command[1:])
            self.assertIn(expected, printed)
            self.see(command[0], "->", printed.strip().splitlines()[0])

    def pip_is_content(self):
        self.assertEqual(self.python("-m", "pip", "check"), "No broken requirements found.\n")

    def pip_sees_what_the_lock_names(self):
        listed = {entry["name"].lower().replace("_", "-"): entry["version"]
                  for entry in json.loads(self.python("-m", "pip", "list", "--format=json"))}
        for name, version in (("numpy", "1.24.2"), ("pandas", "1.5.3"), ("scipy", "1.10.1"),
                              ("pygments", "2.14.0"), ("pip", "23.0.1"), ("setuptools", "66.1.1"),
                              ("wheel", "0.38.4"), ("typing-extensions", "4.4.0")):
            self.assertEqual(listed.get(name), version, name)
        self.see(len(listed), "distributions in pip list")

    def conda_sees_the_environment(self):
        listed = (self.root / "root/.conda/environments.txt").read_text().splitlines()
        self.assertIn(listed[-1], (PREFIX, self.environment_path))
        meta = {path.name: json.loads(path.read_text())
                for path in (self.root / PREFIX[1:] / "conda-meta").glob("*.json")}
        urls = re.findall(r'^  url: "(.*/channel/.*)"$', LOCK.read_text(), re.MULTILINE)
        self.assertEqual(sorted(record["url"] for record in meta.values()), sorted(urls))
        for name, record in meta.items():
            self.assertEqual(name, f"{record['name']}-{record['version']}-{record['build']}.json")
            for path in record["files"]:
                self.assertTrue((self.root / PREFIX[1:] / path).exists()
                                or (self.root / PREFIX[1:] / path).is_symlink(), f"{name}: {path}")
        self.assertTrue((self.root / PREFIX[1:] / "conda-meta/history").is_file())

    def no_byte_code_is_stale(self):
        census = json.loads(self.python("-c", _CENSUS))
        self.see("byte-code:", census["count"], "of", census["modules"], "modules")
        self.assertEqual(census["stale"], [])
        self.assertEqual(census["orphans"], [])
        total = sum(census["count"].values())
        self.assertEqual(total, census["count"]["unchecked"], "all byte-code is unchecked-hash")
        self.assertGreater(total, 0.97 * census["modules"])

    def running_writes_nothing(self):
        before = snapshot(self.root / PREFIX[1:])
        self.python("-c", "import numpy, pandas, scipy.stats, requests, rich.table, jinja2, tqdm, email.mime.text")
        self.assertEqual(differences(before, snapshot(self.root / PREFIX[1:])), [])


class WithoutByteCode(EndToEndTest):
    def test_no_compile_leaves_what_was_shipped_and_is_fresh(self):
        report = self.build(LOCK, "--no-compile")
        root = self.unpack(report["image"]["reference"], self.folder / "root")
        python = f"{report['environment']['path']}/bin/python"
        census = json.loads(self.enter(root, python, "-c", _CENSUS))
        self.see("byte-code:", census["count"], "of", census["modules"], "modules")
        self.assertEqual(census["stale"], [])
        self.enter(root, python, "-B", "-c", "import numpy, pandas")

    def test_byte_code_policy_is_part_of_the_identity(self):
        with_it = self.build()["environment"]["id"]
        self.assertNotEqual(with_it, self.build(LOCK, "--no-compile")["environment"]["id"])


class OverOtherBases(EndToEndTest):
    def test_a_base_in_which_conda_worked_keeps_its_environments(self):
        report = self.build(base=f"oci:{DEMO / 'base-conda'}:latest")
        root = self.unpack(report["image"]["reference"], self.folder / "root")
        listed = (root / "root/.conda/environments.txt").read_text().splitlines()
        self.assertEqual(listed[0], "/opt/miniconda")
        self.assertEqual(len(listed), 2)
        self.assertFalse((root / "etc/motd").exists(), "a whiteout of the base hides the file")
        self.assertEqual([path.name for path in (root / "var/cache").iterdir()], ["conda"])
        self.assertEqual((root / "root").stat().st_mode & 0o7777, 0o700)
        self.assertEqual((root / "tmp").stat().st_mode & 0o7777, 0o1777)

    def test_scratch(self):
        report = self.build(base="scratch")
        self.assertEqual(layer_digests(report, "base"), [])
        root = self.unpack(report["image"]["reference"], self.folder / "root")
        self.assertEqual(sorted(path.name for path in root.iterdir()), ["azureml-envs", "root"])

    def test_archives_of_the_base_give_the_same_file_system(self):
        archives = {"oci-archive": f"oci-archive:{self.folder}/base.oci.tar",
                    "docker-archive": f"docker-archive:{self.folder}/base.docker.tar"}
        trees = [snapshot(self.unpack(self.build()["image"]["reference"], self.folder / "root"))]
        for name, archive in archives.items():
            target = archive + (":base:latest" if name == "docker-archive" else "")
            self.run_tool("skopeo", "copy", "--insecure-policy", f"{BASE}:latest", target)
            report = self.build(base=archive, to=f"oci:{self.folder / name}")
            trees.append(snapshot(self.unpack(report["image"]["reference"], self.folder / f"root-{name}")))
        inventory = re.compile(r"azureml_[0-9a-f]{32}")
        ground = [{path: entry for path, entry in tree.items() if not path.startswith(("azureml-envs", "root/"))}
                  for tree in trees]
        self.assertEqual(differences(ground[0], ground[1]), [])
        self.assertEqual(differences(ground[0], ground[2]), [])
        self.assertTrue(any(inventory.search(path) for path in trees[1]))


if __name__ == "__main__":
    unittest.main()
