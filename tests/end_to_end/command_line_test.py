"""kasane in the shoes of somebody who types."""

import json
import re
import unittest

from support import BASE, DEMO, LOCK, LOCK_ADDED, EndToEndTest, layer_digests, write_lock

_COMMANDS = ("spec", "lock", "why", "build", "plan", "inspect", "unpack", "copy", "import-base", "doctor", "cache")


class CommandLine(EndToEndTest):
    def test_help(self):
        text = self.kasane("--help").stdout
        for command in _COMMANDS:
            self.assertRegex(text, rf"(?m)^\s+{command}\b")
            own = self.kasane(command, "--help").stdout
            self.assertIn(command, own)
            self.assertLess(max(map(len, own.splitlines())), 140)
        self.assertRegex(self.kasane("--version").stdout, r"^kasane \d+\.\d+\.\d+\n$")

    def test_wrong_use_ends_with_2_and_says_what_is_right(self):
        for arguments, part in (((), "--help"),
                                (("biuld", LOCK), "biuld"),
                                (("build",), "FILE"),
                                (("build", LOCK, "--bsae", "scratch"), "--bsae"),
                                (("build", LOCK, "--base", "no name"), "no name"),
                                (("build", LOCK, "--base", "scratch", "--to", "floppy:a"), "floppy"),
                                (("build", LOCK, "--base", "scratch", "--push", "oci:x"), "--push"),
                                (("build", LOCK, "--base", "scratch", "--push", "a.example", "--to", "oci:x"), "--to"),
                                (("build", LOCK, "--base", "scratch", "--compression", "lzma"), "lzma"),
                                (("build", LOCK, "--base", "scratch", "--platform", "vax-32"), "vax-32"),
                                (("build", LOCK, "--base", "scratch", "--prefix", "relative/path"), "relative/path"),
                                (("unpack", f"oci:{DEMO / 'base'}"), "DIR"),
                                (("cache", "burn"), "burn"),
                                (("cache", "trim", "--to", "many"), "many")):
            with self.subTest(arguments=arguments):
                result = self.kasane(*arguments, expect=2)
                self.assertEqual(result.stdout, "")
                self.assertIn(part, result.stderr)
                self.see(" ".join(map(str, arguments[:2])), "->", result.stderr.splitlines()[0][:110])

    def test_files_that_are_not_there(self):
        for arguments, part in ((("build", "missing.yml", "--base", "scratch"), "missing.yml"),
                                (("build", self.folder, "--base", "scratch"), str(self.folder)),
                                (("build", LOCK, "--base", "oci:/nowhere"), "/nowhere"),
                                (("build", LOCK, "--base", f"oci:{DEMO / 'base'}:no-such-tag"), "no-such-tag"),
                                (("build", LOCK, "--base", "docker-archive:/nowhere.tar"), "/nowhere.tar"),
                                (("unpack", "oci:/nowhere", self.folder / "root"), "/nowhere"),
                                (("inspect", "oci:/nowhere"), "/nowhere")):
            with self.subTest(arguments=arguments):
                result = self.kasane(*arguments, expect={1, 2})
                self.assert_error(result, part)

    def test_the_last_lines_are_what_people_copy(self):
        lock = write_lock(self.folder / "conda-lock.yml", ("six",))
        result = self.kasane("build", lock, "--base", BASE, "--to", f"oci:{self.folder}/images:a")
        image, environment = result.stdout.splitlines()[-2:]
        self.assertRegex(image, rf"^image +oci:{self.folder}/images:a(@sha256:[0-9a-f]{{64}})?$")
        self.assertRegex(environment, r"^environment +/azureml-envs/azureml_[0-9a-f]{32}$")
        self.assertNotIn("\x1b", result.stdout + result.stderr)

    def test_json_is_all_of_stdout(self):
        report = self.build(write_lock(self.folder / "conda-lock.yml", ("six",)))
        self.assertEqual(report["schema"], "kasane.build/1")
        self.assertEqual(set(report["image"]) & {"reference", "digest", "tags", "media_type", "config_digest"},
                         {"reference", "digest", "tags", "media_type", "config_digest"})
        for layer in report["layers"]:
            self.assertIn(layer["origin"], ("base", "reused", "mounted", "built"))
            self.assertIn(layer["kind"], ("base", "packages", "environment", "overlay"))
        self.assertEqual(report["environment"]["python"], "3.11")
        self.assertEqual(report["warnings"], [])

    def test_plan_tells_what_build_does_and_writes_no_image(self):
        home = dict(KASANE_HOME=self.folder / "home")
        self.build(env=home)
        target = f"oci:{self.folder / 'next'}:a"
        before = self.plan(LOCK_ADDED, target, home)
        self.assertEqual([url.rsplit("/", 1)[1].split("-1.2")[0] for url in before["fetch"]], ["scikit-learn"])
        self.assertFalse((self.folder / "next").exists())
        report = self.build(LOCK_ADDED, to=target, env=home)
        self.assertEqual(before["environment"]["id"], report["environment"]["id"])
        after = self.plan(LOCK_ADDED, target, home)
        self.assertEqual(after["fetch"], [])
        self.assertEqual({layer["origin"] for layer in after["layers"]}, {"reused"})
        self.assertEqual([layer["digest"] for layer in after["layers"]], layer_digests(report, "packages"))

    def plan(self, lock, target, env):
        return json.loads(self.kasane("plan", lock, "--base", BASE, "--to", target, "--json", env=env).stdout)

    def test_inspect_tells_the_environment(self):
        report = self.build()
        text = self.kasane("inspect", report["image"]["reference"], "--packages").stdout
        for part in (report["image"]["digest"], report["environment"]["path"], "numpy"):
            self.assertIn(part, text)
        seen = json.loads(self.kasane("inspect", report["image"]["reference"], "--json").stdout)
        self.assertTrue(seen["schema"].startswith("kasane.inspect/"))

    def test_unpack_refuses_a_folder_in_use(self):
        root = self.folder / "root"
        root.mkdir()
        (root / "mine").write_text("precious")
        result = self.kasane("unpack", BASE, root, expect=6)
        self.assert_error(result, str(root), "hint: ")
        self.assertEqual([path.name for path in root.iterdir()], ["mine"])

    def test_prefix_can_be_another(self):
        report = self.build(LOCK, "--prefix", "/opt/env")
        self.assertEqual(report["environment"]["prefix"], "/opt/env")
        root = self.unpack(report["image"]["reference"], self.folder / "root")
        printed = self.enter(root, f"{report['environment']['path']}/bin/python", "-c",
                             "import numpy, sysconfig; print(sysconfig.get_config_var('prefix'))")
        self.assertEqual(printed, "/opt/env\n")

    def test_a_prefix_that_is_too_long_is_refused(self):
        prefix = "/" + "long/" * 60 + "prefix"
        result = self.kasane("build", LOCK, "--base", BASE, "--prefix", prefix, "--to",
                             f"oci:{self.folder}/images", expect=6)
        self.assert_error(result, "255", "hint: ")

    def test_nothing_changed_is_quick_and_says_so(self):
        first = self.build()
        second = self.build()
        self.assertEqual(second["image"]["digest"], first["image"]["digest"])
        self.assertEqual({layer["origin"] for layer in second["layers"]} - {"base"}, {"reused"})
        self.assertEqual(second["bytes"]["built"], 0)
        self.see("nothing changed:", second["seconds"]["total"], "s")
        self.assertEqual(layer_digests(first), layer_digests(second))

    def test_secrets_in_urls_do_not_come_back(self):
        lock = write_lock(self.folder / "conda-lock.yml", ("six",), channel_url="http://somebody:geheim@127.0.0.1:9")
        result = self.kasane("build", lock, "--base", "scratch", "--to", f"oci:{self.folder}/images",
                             expect=None)
        self.assertFalse(re.search("geheim", result.stdout + result.stderr))


if __name__ == "__main__":
    unittest.main()
