"""What decides between packages that a channel has: the system, its priority, the day, the platform."""

import hashlib
import json
import shutil
import unittest

from support import BASE, DEMO, EndToEndTest


def record(name, version="1.0", depends=(), **more):
    file = f"{name}-{version}-h_0.conda"
    return file, {"name": name, "version": version, "build": "h_0", "build_number": 0, "depends": list(depends),
                  "sha256": hashlib.sha256(file.encode()).hexdigest(), "size": 1, **more}


class Resolving(EndToEndTest):
    own_home = True

    def write_channel(self, name, *records, subdir="linux-64"):
        for each in {subdir, "noarch"}:
            place = self.folder / "channels" / name / each
            place.mkdir(parents=True, exist_ok=True)
            content = dict(records) if each == subdir else {}
            (place / "repodata.json").write_text(json.dumps({"packages": {}, "packages.conda": content}))
        return (self.folder / "channels" / name).as_uri()

    def write_spec(self, channels, *requirements):
        path = self.folder / "environment.yml"
        path.write_text("\n".join(["channels:", *(f"  - {channel}" for channel in channels), "dependencies:",
                                   *(f"  - {text}" for text in requirements)]) + "\n")
        return path

    def chosen(self, spec, *options, **more):
        """`name version` of what is locked, anew."""
        (self.folder / "conda-lock.yml").unlink(missing_ok=True)
        result = json.loads(self.kasane("lock", spec, "--json", *options, **more).stdout)
        return [f"{package['name']} {package['version']}" for package in result["platforms"][0]["packages"]]

    def test_the_system_is_what_people_and_images_say(self):
        channel = self.write_channel(
            "main", record("needs-glibc", depends=["__glibc >=2.34"]), record("needs-linux", depends=["__linux >=5.10"]),
            record("needs-cuda", depends=["__cuda >=12.2"]), record("needs-v3", depends=["__archspec * x86_64_v3"]),
            record("needs-unix", depends=["__unix"]))
        for name, override, option in (("needs-glibc", {"CONDA_OVERRIDE_GLIBC": "2.34"}, ["--glibc", "2.35"]),
                                       ("needs-linux", {"CONDA_OVERRIDE_LINUX": "6.1"}, None),
                                       ("needs-cuda", {"CONDA_OVERRIDE_CUDA": "12.4"}, ["--cuda", "12.2"]),
                                       ("needs-v3", {"CONDA_OVERRIDE_ARCHSPEC": "x86_64_v3"}, None)):
            with self.subTest(name):
                spec = self.write_spec([channel], name)
                refused = self.kasane("lock", spec, expect=3)
                self.assert_error(refused, f"`{name}` ({spec}:4) was asked for", "needs `__")
                self.assertEqual(self.chosen(spec, env=override), [f"{name} 1.0"])
                if option:
                    self.assertEqual(self.chosen(spec, *option), [f"{name} 1.0"])
        self.assertEqual(self.chosen(self.write_spec([channel], "needs-unix")), ["needs-unix 1.0"])
        spec = self.write_spec([channel], "needs-cuda")
        self.kasane("lock", spec, "--cuda", "none", "-o", "x.yml", env={"CONDA_OVERRIDE_CUDA": "12.4"}, expect=3)
        self.kasane("lock", spec, "--cuda", "11.8", "-o", "x.yml", env={"CONDA_OVERRIDE_CUDA": "12.4"}, expect=3)

    def write_cuda_base(self, version):
        """The demo's base as a CUDA image: with `CUDA_VERSION` in its environment."""
        place = self.folder / f"cuda-{version}"
        shutil.copytree(DEMO / "base", place)
        blobs = place / "blobs/sha256"

        def put(document):
            data = json.dumps(document).encode()
            digest = hashlib.sha256(data).hexdigest()
            (blobs / digest).write_bytes(data)
            return {"digest": f"sha256:{digest}", "size": len(data)}

        index = json.loads((place / "index.json").read_text())
        manifest = json.loads((blobs / index["manifests"][0]["digest"][7:]).read_text())
        config = json.loads((blobs / manifest["config"]["digest"][7:]).read_text())
        config.setdefault("config", {}).setdefault("Env", []).append(f"CUDA_VERSION={version}")
        manifest["config"].update(put(config))
        index["manifests"] = [{**index["manifests"][0], **put(manifest)}]
        (place / "index.json").write_text(json.dumps(index))
        return f"oci:{place}"

    def test_a_base_tells_its_glibc_and_its_cuda(self):
        channel = self.write_channel("main", record("needs-glibc", depends=["__glibc >=2.36,<2.37"]),
                                     record("needs-cuda", depends=["__cuda >=12.4,<12.5"]))
        glibc = self.write_spec([channel], "needs-glibc")
        self.kasane("lock", glibc, expect=3)
        self.assertEqual(self.chosen(glibc, "--base", BASE), ["needs-glibc 1.0"])
        self.kasane("lock", glibc, "--locked", "--base", BASE)
        why = self.kasane("why", glibc, "needs-glibc", "--base", BASE)
        self.assertEqual((why.stdout, why.stderr),
                         (f"needs-glibc 1.0\n  `needs-glibc` ({glibc}:4) is asked for\n", ""))
        self.kasane("lock", glibc, "--base", BASE, "--glibc", "2.28", "-o", "x.yml", expect=3)
        self.kasane("lock", glibc, "--base", "scratch", "-o", "x.yml", expect=3)
        cuda = self.write_spec([channel], "needs-cuda")
        self.kasane("lock", cuda, "--base", BASE, "-o", "x.yml", expect=3)
        base = self.write_cuda_base("12.4.1")
        self.assertEqual(self.chosen(cuda, "--base", base), ["needs-cuda 1.0"])
        self.kasane("lock", cuda, "--base", base, "--cuda", "none", "-o", "x.yml", expect=3)
        missing = self.kasane("lock", cuda, "--base", f"oci:{self.folder}/none", expect=None)
        self.assertNotEqual(missing.returncode, 0)
        self.assert_error(missing, f"while opening the base `oci:{self.folder}/none`")

    def test_priority_between_channels(self):
        channels = [self.write_channel("first", record("a", "1.0"), record("b", "1.0")),
                    self.write_channel("second", record("a", "2.0"), record("b", "2.0"), record("c", depends=["b >=2"]))]
        spec = self.write_spec(channels, "a")
        for priority, version in (("strict", "1.0"), ("flexible", "1.0"), ("disabled", "2.0")):
            with self.subTest(priority):
                self.assertEqual(self.chosen(spec, "--channel-priority", priority), [f"a {version}"])
        spec = self.write_spec(channels, "c")
        self.kasane("lock", spec, "-o", "x.yml", expect=3)
        for priority in ("flexible", "disabled"):
            with self.subTest(priority):
                self.assertEqual(self.chosen(spec, "--channel-priority", priority), ["b 2.0", "c 1.0"])

    def test_a_channel_as_it_was_then(self):
        day = 24 * 3600 * 1000
        may = 1_714_521_600_000
        channel = self.write_channel("main", record("a", "1.0", timestamp=may - day), record("a", "2.0", timestamp=may + day // 2),
                                     record("a", "3.0", timestamp=may + day), record("b"))
        spec = self.write_spec([channel], "a", "b")
        for time, version in (("2024-05-01", "2.0"), ("2024-05-01T12:00", "2.0"), ("2024-05-01T11:59:59Z", "1.0"),
                              ("2024-05-01T14:00:00+02:00", "2.0"), ("2024-05-02 00:00", "3.0")):
            with self.subTest(time):
                self.assertEqual(self.chosen(spec, "--exclude-newer", time), [f"a {version}", "b 1.0"])
        refused = self.kasane("lock", spec, "--exclude-newer", "2024-04-29", "-o", "x.yml", expect=3)
        self.assert_error(refused, "hint: there are newer ones that `--exclude-newer` leaves out: take a later time")

    def test_another_platform_than_this_machine(self):
        channel = self.write_channel("main", record("a"), record("arm-only", depends=["__archspec * aarch64"]),
                                     subdir="linux-aarch64")
        spec = self.write_spec([channel], "arm-only", "a")
        self.assertEqual(self.chosen(spec, "--platform", "linux-aarch64"), ["a 1.0", "arm-only 1.0"])
        self.assertIn("platforms:\n  - linux-aarch64\n", (self.folder / "conda-lock.yml").read_text())
        result = json.loads(self.kasane("lock", spec, "--platform", "linux-aarch64", "--locked", "--json").stdout)
        self.assertTrue(result["platforms"][0]["kept"])
        self.assertIn("/linux-aarch64/", result["platforms"][0]["packages"][0]["url"])

    def test_defaults_and_those_who_do_not_want_them(self):
        channel = self.write_channel("main", record("a"))
        spec = self.write_spec([channel, "nodefaults"], "a")
        self.assertEqual(self.chosen(spec), ["a 1.0"])
        spec = self.write_spec([channel, "defaults"], "a")
        refused = self.kasane("lock", spec, "--offline", "-o", "x.yml", expect=4)
        self.assert_error(refused, "nothing of `pkgs/main/linux-64` is kept, and nothing may be fetched")

    def test_a_path_is_a_channel(self):
        self.write_channel("main", record("a"))
        for text in ("./channels/main", "~/channels/main", self.folder / "channels/main"):
            with self.subTest(text):
                self.assertEqual(self.chosen(self.write_spec([text], "a")), ["a 1.0"])
        refused = self.kasane("lock", self.write_spec(["channels/../main"], "a"), "-o", "x.yml", expect=2)
        self.assertIn("environment.yml:2:5: `channels/../main` is no channel: ", refused.stderr)
        self.assertIn("hint: write a name like `conda-forge`, a URL, or a path that begins with `./`", refused.stderr)

    def test_broken_records_are_skipped_with_one_warning(self):
        records = [record("a"), *(record("b", f"1..{i}") for i in range(5))]
        bad = dict(record("c")[1])
        del bad["depends"]
        records += [("c-1.0-h_0.conda", {**bad, "unknown": [1, {"deep": None}]})]
        spec = self.write_spec([self.write_channel("main", *records)], "a", "c")
        result = self.kasane("lock", spec)
        self.assertEqual(result.stderr.count("warning: "), 1, result.stderr)
        self.assertIn("5 of its records cannot be used and are left out; ", result.stderr)


if __name__ == "__main__":
    unittest.main()
