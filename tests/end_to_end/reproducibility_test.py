"""The same lock gives the same digest, wherever and however it is built; a small change touches few layers."""

import pathlib
import random
import tempfile
import unittest

from support import (LOCK_ADDED, EndToEndTest, differences, layer_digests, package_path, records, repack, snapshot,
                     write_lock)


class Reproducibility(EndToEndTest):
    own_home = True

    def test_nothing_around_it_matters(self):
        lock = write_lock(self.folder / "conda-lock.yml", ("numpy", "requests", "pyyaml"))
        reference = self.build(lock)
        self.see("reference", reference["image"]["digest"])
        elsewhere = self.folder / "another place"
        for folder in ("tmp", "cwd"):
            (elsewhere / folder).mkdir(parents=True)
        variations = {
            "another cache, folder, time zone, locale": dict(
                env=dict(KASANE_HOME=elsewhere / "home", TMPDIR=elsewhere / "tmp", TZ="Asia/Tokyo",
                         LC_ALL="C", LANG="tr_TR.UTF-8", HOME=elsewhere, USER="somebody"),
                cwd=elsewhere / "cwd"),
            "another umask": dict(wrap=["sh", "-c", 'umask 077; exec "$@"', "sh"],
                                  env=dict(KASANE_HOME=self.folder / "home-umask")),
            "another host name, one core": dict(
                wrap=["unshare", "--uts", "sh", "-c", 'hostname elsewhere; exec taskset -c 0 "$@"', "sh"],
                env=dict(KASANE_HOME=self.folder / "home-host")),
            "one thread, one download at a time": dict(
                more=("--threads", "1", "--parallel", "1"),
                env=dict(KASANE_HOME=self.folder / "home-threads")),
            "another hash seed of Python": dict(
                env=dict(KASANE_HOME=self.folder / "home-seed", PYTHONHASHSEED="7", PYTHONPATH="/nowhere",
                         PYTHONDONTWRITEBYTECODE="1")),
            "the cache of before": {},
        }
        for number, (name, more) in enumerate(variations.items()):
            with self.subTest(name):
                options = more.pop("more", ())
                report = self.build(lock, *options, to=f"oci:{self.folder}/again-{number}:other", **more)
                self.assert_same(reference, report)

    def assert_same(self, one, other):
        """The same digest; else tells which layers differ, and where the file systems do."""
        if one["image"]["digest"] == other["image"]["digest"]:
            return
        layers = [f"{mine['kind']} layer: {mine['digest']} of {mine['diff_id']} != "
                  f"{theirs['digest']} of {theirs['diff_id']}"
                  for mine, theirs in zip(one["layers"], other["layers"])
                  if mine["digest"] != theirs["digest"]]
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        trees = [snapshot(self.unpack(report["image"]["reference"], folder / f"root-{number}"))
                 for number, report in enumerate((one, other))]
        self.fail("\n".join(["the digest differs", *map(str, other["warnings"]), *layers, *differences(*trees)]))

    def test_the_order_of_the_lock_does_not_matter(self):
        roots = ("numpy", "requests", "pyyaml", "rich")
        digests, layers = set(), set()
        for seed in range(3):
            lock = write_lock(self.folder / f"conda-lock-{seed}.yml", roots,
                              shuffle=random.Random(seed).shuffle)
            report = self.build(lock, to=f"oci:{self.folder}/order-{seed}")
            digests.add(report["image"]["digest"])
            layers.add(tuple(layer_digests(report)))
        self.assertEqual((len(digests), len(layers)), (1, 1))

    def test_an_explicit_list_gives_the_same_packages(self):
        lock = write_lock(self.folder / "conda-lock.yml", ("requests",))
        by_name = records()
        explicit = self.folder / "explicit.txt"
        urls = [line.split('"')[1] for line in lock.read_text().splitlines() if line.startswith("  url: ")]
        md5 = {package_path(record).as_uri(): record["md5"] for record in by_name.values()}
        explicit.write_text("@EXPLICIT\n" + "".join(f"{url}#{md5[url]}\n" for url in urls))
        one, two = self.build(lock), self.build(explicit)
        self.assertEqual(layer_digests(one, "packages"), layer_digests(two, "packages"))

    def test_an_added_package_touches_one_layer(self):
        before, after = self.build(), self.build(LOCK_ADDED)
        kept = set(layer_digests(before, "packages")) & set(layer_digests(after, "packages"))
        self.see(len(kept), "of", len(layer_digests(before, "packages")), "package layers kept")
        # It may have joined one of the groups.
        self.assertGreaterEqual(len(kept), len(layer_digests(before, "packages")) - 1)
        self.assertNotEqual(before["environment"]["id"], after["environment"]["id"])

    def test_a_changed_package_leaves_all_other_layers(self):
        changed = repack(records()["rich"], self.folder / "changed", {"site-packages/rich/extra.py": b"x = 1\n"})
        roots = ("numpy", "pandas", "rich", "requests")
        before = self.build(write_lock(self.folder / "a.yml", roots))
        after = self.build(write_lock(self.folder / "b.yml", roots, replace={"rich": changed}))
        lost = set(layer_digests(before, "packages")) - set(layer_digests(after, "packages"))
        self.see(len(lost), "of", len(layer_digests(before, "packages")), "package layers changed")
        self.assertEqual(len(lost), 1)
        self.assertEqual(len(before["layers"]), len(after["layers"]))


if __name__ == "__main__":
    unittest.main()
