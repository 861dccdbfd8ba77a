"""From a specification to a lock, and on to an image whose Python runs."""

import hashlib
import json
import unittest

from support import BASE, DEMO, EndToEndTest, records

CHANNEL = (DEMO / "channel").as_uri()


class Lock(EndToEndTest):
    own_home = True

    def environment(self, **more):
        """The demo's packages are Debian 12's, and so is their glibc."""
        return super().environment(**{"CONDA_OVERRIDE_GLIBC": "2.36", **more})

    def write_spec(self, *requirements, name="environment.yml", channel=CHANNEL, more=""):
        path = self.folder / name
        lines = ["channels:", f"  - {channel}", "dependencies:", *(f"  - {text}" for text in requirements)]
        path.write_text("\n".join(lines) + "\n" + more)
        return path

    def lock(self, *arguments, **more):
        return json.loads(self.kasane("lock", *arguments, "--json", **more).stdout)

    @property
    def lock_path(self):
        return self.folder / "conda-lock.yml"

    def test_a_specification_becomes_a_lock_and_an_image_whose_python_runs(self):
        spec = self.write_spec("python", "numpy")
        locked = self.lock(spec)
        self.assertEqual(locked["schema"], "kasane.lock/1")
        self.assertEqual(locked["lock"]["sha256"], hashlib.sha256(self.lock_path.read_bytes()).hexdigest())
        self.assertTrue(locked["lock"]["written"])
        packages = {package["name"]: package for package in locked["platforms"][0]["packages"]}
        known = records()
        for name, package in packages.items():
            self.assertEqual(package["sha256"], known[name]["sha256"])
        self.assertIn("numpy", packages)
        self.assertNotIn("pip", packages)
        report = self.build(spec)
        self.assertEqual(report["lock"]["path"], str(self.lock_path))
        self.assertEqual(report["lock"]["sha256"], locked["lock"]["sha256"])
        self.assertEqual(report["environment"]["id"], self.build(self.lock_path)["environment"]["id"])
        root = self.unpack(report["image"]["reference"], self.folder / "root")
        printed = self.enter(root, f"{report['environment']['path']}/bin/python", "-c",
                             "import numpy; print(numpy.arange(4).sum())")
        self.assertEqual(printed, "6\n")

    def test_the_system_is_what_the_base_image_tells(self):
        spec = self.write_spec("python")
        unknown = {"CONDA_OVERRIDE_GLIBC": ""}
        refused = self.kasane("lock", spec, env=unknown, expect=3)
        self.assert_error(refused, "needs `__glibc >=2.36`, but there is only __glibc 2.28", "hint: say which glibc")
        self.build(spec, env=unknown)
        self.assertTrue(self.lock_path.exists())

    def test_build_locks_what_has_no_lock_and_plan_writes_none(self):
        spec = self.write_spec("python")
        plan = json.loads(self.kasane("plan", spec, "--base", BASE, "--json").stdout)
        self.assertFalse(self.lock_path.exists())
        report = self.build(spec)
        self.assertEqual(report["environment"]["id"], plan["environment"]["id"])
        written = self.lock_path.read_bytes()
        self.assertEqual(self.build(spec)["environment"]["id"], plan["environment"]["id"])
        self.assertEqual(self.lock_path.read_bytes(), written)

    def test_a_lock_that_fits_is_left_alone_and_changes_are_told(self):
        spec = self.write_spec("python")
        self.kasane("lock", spec)
        before = self.lock_path.read_bytes()
        again = self.kasane("lock", spec, "--locked")
        self.assertRegex(again.stdout, r"packages +\d+, unchanged\n")
        spec = self.write_spec("python", "idna")
        refused = self.kasane("lock", spec, "--locked", expect=1)
        self.assert_error(refused, "the lock does not fit the specification: `idna` (", "environment.yml:5) is not in it")
        shown = self.kasane("lock", spec, "--dry-run")
        self.assertRegex(shown.stdout, r"^added +idna +\S+ \S+\n$")
        self.assertEqual(self.lock_path.read_bytes(), before)
        changed = self.lock(spec)["platforms"][0]["changes"]
        self.assertEqual([(change["kind"], change["name"]) for change in changed], [("added", "idna")])
        self.assertNotEqual(self.lock_path.read_bytes(), before)

    def test_what_cannot_be_satisfied_ends_with_3_and_leaves_locks_alone(self):
        spec = self.write_spec("python >=4", "nmpy")
        result = self.kasane("lock", spec, expect=3)
        self.assertEqual(result.stdout, "")
        self.assert_error(result, "the specification cannot be satisfied:", f"`python >=4` ({spec}:4) was asked for")
        self.assertFalse(self.lock_path.exists())
        self.lock_path.write_text("an old one, perhaps of value\n")
        self.kasane("lock", self.write_spec("nmpy"), "--output", self.folder / "new.yml", expect=3)
        self.kasane("build", spec, "--base", BASE, expect={1, 2, 3})
        self.assertEqual(self.lock_path.read_text(), "an old one, perhaps of value\n")
        misspelt = self.kasane("lock", self.write_spec("nmpy"), "--output", self.folder / "new.yml", expect=3)
        self.assert_error(misspelt, "hint: did you mean `numpy`?")
        self.assertFalse((self.folder / "new.yml").exists())

    def test_errors_point_at_the_requirement(self):
        spec = self.write_spec("python", "numpy=>1.2")
        result = self.kasane("lock", spec, expect=1)
        self.assertRegex(result.stderr, rf"{spec}:5:\d+: ")
        with_pip = self.write_spec("python", more="  - pip:\n    - einops=>1\n")
        result = self.kasane("lock", with_pip, expect=1)
        self.assertRegex(result.stderr, rf"{with_pip}:6:\d+: ")

    def test_what_is_typed_wrongly_is_named(self):
        spec = self.write_spec("python")
        for arguments, part in ((("--exclude-newer", "yesterday"), "expected a time after `--exclude-newer`"),
                                (("--exclude-newer", "2024-13-01"), "2024-13-01"),
                                (("--channel-priority", "some"), "--channel-priority"),
                                (("--platform", "vax-32"), "unknown platform `vax-32`"),
                                (("--glibc", "new one"), "expected a version of `__glibc`"),
                                (("--upgrade", "nmpy"), "there is no `nmpy` to upgrade")):
            with self.subTest(arguments):
                self.assert_error(self.kasane("lock", spec, *arguments, expect=2), part)
        self.assertFalse(self.lock_path.exists())

    def test_what_is_in_the_way_of_the_lock_is_told_at_once(self):
        spec = self.write_spec("python")
        (self.folder / "folder").mkdir()
        (self.folder / "notes.yml").write_text("dear diary\n")
        for output, code, parts in ((self.folder / "none/x.yml", 2, ("there is no directory `",)),
                                    ("folder", 2, ("`folder` is a directory", "hint: write `folder/conda-lock.yml`")),
                                    ("notes.yml", 1, ("`notes.yml` is there, and is no lock",
                                                      "hint: remove it, or write the lock elsewhere with `--output`"))):
            with self.subTest(output):
                self.assert_error(self.kasane("lock", spec, "-o", output, expect=code), *parts)
        self.assertEqual((self.folder / "notes.yml").read_text(), "dear diary\n")
        self.assert_error(self.kasane("lock", spec, "--locked", expect=1), "there is no lock `",
                          "hint: lock once without `--locked`")
        self.kasane("lock", spec)
        other = self.kasane("lock", spec, "--locked", "--platform", "linux-aarch64", expect=1)
        self.assert_error(other, "the lock does not fit the specification: there is none for `linux-aarch64`")

    def test_closed_streams_take_nothing_and_spoil_nothing(self):
        spec = self.write_spec("python", "idna")
        silent = self.kasane("lock", spec, wrap=("sh", "-c", '"$@" 2>&-', "sh"))
        self.assertRegex(silent.stdout, r"packages +\d+\n")
        first = self.lock_path.read_bytes()
        unheard = self.kasane("lock", spec, wrap=("sh", "-c", '"$@" >&-', "sh"), expect=1)
        self.assert_error(unheard, "cannot write to standard output")
        self.lock_path.unlink()
        self.kasane("lock", spec, env={"KASANE_HOME": self.folder / "another"})
        self.assertEqual(self.lock_path.read_bytes(), first)

    def test_a_platform_named_twice_is_locked_once(self):
        platform = ("--platform", "linux-64")
        self.assertEqual(len(self.lock(self.write_spec("python"), *platform, *platform)["platforms"]), 1)

    def test_two_platforms_live_in_one_lock(self):
        spec = self.write_spec("idna", "python")
        self.kasane("lock", spec)
        one = self.lock_path.read_text()
        self.assertIn("platforms:\n  - linux-64\n", one)
        result = self.kasane("lock", spec, "--platform", "linux-aarch64", expect=3)
        self.assert_error(result, "was asked for")
        self.assertEqual(self.lock_path.read_text(), one)

    def test_why_shows_the_ways_to_a_package(self):
        spec = self.write_spec("numpy")
        self.kasane("lock", spec)
        for file in (spec, self.lock_path):
            shown = self.kasane("why", file, "python").stdout
            self.assertRegex(shown, r"^python \S+\n")
            self.assertRegex(shown, r"\n +numpy \S+ needs `python[^`]*`\n")
        self.assert_error(self.kasane("why", spec, "pyton", expect=2), "did you mean `python`?")

    def test_two_runs_write_the_same_bytes(self):
        spec = self.write_spec("pandas", "python")
        self.kasane("lock", spec)
        first = self.lock_path.read_bytes()
        self.lock_path.unlink()
        self.kasane("lock", spec, env={"KASANE_HOME": self.folder / "another"})
        self.assertEqual(self.lock_path.read_bytes(), first)


if __name__ == "__main__":
    unittest.main()
