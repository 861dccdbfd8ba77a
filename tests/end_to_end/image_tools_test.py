"""Other people's tools read what kasane writes: skopeo, umoci."""

import json
import unittest

from support import BASE, DEMO, LOCK, EndToEndTest, differences, layer_digests, snapshot


class ImageTools(EndToEndTest):
    def setUp(self):
        super().setUp()
        self.report = self.build()
        self.image = self.report["image"]["reference"]

    def test_skopeo_reads_and_copies(self):
        seen = json.loads(self.run_tool("skopeo", "inspect", self.image))
        self.assertEqual(seen["Digest"], self.report["image"]["digest"])
        self.assertEqual(seen["Layers"], layer_digests(self.report))
        self.assertEqual((seen["Os"], seen["Architecture"]), ("linux", "amd64"))
        path = self.report["environment"]["path"]
        settings = dict(entry.split("=", 1) for entry in seen["Env"])
        self.assertTrue(settings["PATH"].startswith(f"{path}/bin:"), settings["PATH"])
        self.assertEqual(settings["AZUREML_CONDA_ENVIRONMENT_PATH"], path)
        self.assertEqual(settings["CONDA_PREFIX"], path)
        self.assertEqual(seen["Labels"]["io.kasane.environment.id"], self.report["environment"]["id"])
        self.assertEqual(seen["Labels"]["example.base"], "debian")
        self.see(len(seen["Layers"]), "layers,", seen["Digest"])
        for target in ("oci:copy", "oci-archive:copy.tar", "dir:copied", "docker-archive:docker.tar:name:tag"):
            kind, place = target.split(":", 1)
            self.run_tool("skopeo", "copy", "--insecure-policy", self.image, f"{kind}:{self.folder}/{place}")
        again = json.loads(self.run_tool("skopeo", "inspect", f"oci:{self.folder}/copy"))
        self.assertEqual(again["Digest"], seen["Digest"], "skopeo verified every digest and changed none")

    def test_umoci_unpacks_the_same_tree(self):
        ours = self.unpack(self.image, self.folder / "ours")
        self.run_tool("umoci", "unpack", "--image", f"{self.folder}/images:test", f"{self.folder}/theirs")
        left, right = snapshot(ours), snapshot(self.folder / "theirs/rootfs")
        self.see(len(left), "entries compared")
        self.assertGreater(len(left), 9000)
        self.assertEqual(differences(left, right), [])

    def test_umoci_unpacks_the_same_tree_of_a_base_with_whiteouts(self):
        image = f"oci:{DEMO / 'base-conda'}:latest"
        ours = self.unpack(image, self.folder / "ours")
        self.run_tool("umoci", "unpack", "--image", f"{DEMO / 'base-conda'}:latest", f"{self.folder}/theirs")
        self.assertEqual(differences(snapshot(ours), snapshot(self.folder / "theirs/rootfs")), [])

    def test_archives_hold_the_same_image(self):
        tree = snapshot(self.unpack(self.image, self.folder / "layout"))
        for kind in ("oci-archive", "docker-archive"):
            with self.subTest(kind):
                target = f"{kind}:{self.folder}/image.{kind}"
                report = self.build(LOCK, to=target)
                self.assertEqual(report["image"]["config_digest"], self.report["image"]["config_digest"])
                seen = json.loads(self.run_tool("skopeo", "inspect", target))
                self.assertEqual(seen["Os"], "linux")
                if kind == "oci-archive":
                    self.assertEqual(seen["Digest"], self.report["image"]["digest"])
                self.assertEqual(differences(tree, snapshot(self.unpack(target, self.folder / kind))), [])

    def test_other_compressors_hold_the_same_tree(self):
        tree = snapshot(self.unpack(self.image, self.folder / "gzip"))
        report = self.build(LOCK, "--compression", "zstd:3", to=f"oci:{self.folder / 'zstd'}")
        self.assertEqual(report["environment"]["id"], self.report["environment"]["id"])
        own = [layer for layer in report["layers"] if layer["kind"] != "base"]
        self.assertEqual({layer["media_type"] for layer in own},
                         {"application/vnd.oci.image.layer.v1.tar+zstd"})
        self.assertEqual([layer["diff_id"] for layer in report["layers"]],
                         [layer["diff_id"] for layer in self.report["layers"]])
        self.run_tool("skopeo", "copy", "--insecure-policy", report["image"]["reference"],
                      f"oci:{self.folder}/copy")
        unpacked = self.unpack(report["image"]["reference"], self.folder / "root")
        self.assertEqual(differences(tree, snapshot(unpacked)), [])

    def test_the_base_is_taken_as_it_is(self):
        base = json.loads(self.run_tool("skopeo", "inspect", f"{BASE}:latest"))
        self.assertEqual(layer_digests(self.report, "base"), base["Layers"])
        self.assertEqual(self.report["base"]["digest"], base["Digest"])


if __name__ == "__main__":
    unittest.main()
