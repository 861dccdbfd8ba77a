"""The demo's channel is what it says, by the judgement of others, and comes out the same again."""

import hashlib
import json
import shutil
import subprocess
import sys
import unittest

from support import DEMO, SOURCE, EndToEndTest, package_path, records


class Channel(EndToEndTest):
    def test_made_again_it_is_the_same(self):
        subprocess.run([sys.executable, "-B", "-m", "channel.make", self.folder / "again", "--debs", DEMO / "debs"],
                       cwd=SOURCE / "fixtures", check=True, capture_output=True,
                       env=self.environment(TZ="Asia/Tokyo", LC_ALL="C"))
        for record in records().values():
            again = self.folder / "again/channel" / record["subdir"] / record["file_name"]
            self.assertEqual(hashlib.sha256(again.read_bytes()).hexdigest(), record["sha256"],
                             record["file_name"])

    def test_another_reader_takes_every_package(self):
        cph = shutil.which("cph", path=self.environment()["PATH"])
        self.assertIsNotNone(cph, "conda-package-handling is missing")
        for record in records().values():
            target = self.folder / record["name"]
            self.run_tool(cph, "x", "--dest", target, package_path(record))
            index = json.loads((target / "info/index.json").read_text())
            self.assertEqual((index["name"], index["version"]), (record["name"], record["version"]))
            for entry in json.loads((target / "info/paths.json").read_text())["paths"]:
                path = target / entry["_path"]
                if entry["path_type"] == "hardlink":
                    self.assertEqual(path.stat().st_size, entry["size_in_bytes"], path)
                else:
                    self.assertTrue(path.is_symlink(), path)
            shutil.rmtree(target)


if __name__ == "__main__":
    unittest.main()
