"""Many processes on one cache: nothing is fetched twice, and all come to the same end."""

import json
import subprocess
import unittest

from http_channel import HttpChannel
from support import BASE, DEMO, KASANE, EndToEndTest, write_lock

_PROCESSES = 8


class Concurrency(EndToEndTest):
    own_home = True

    def test_eight_builds_share_their_work(self):
        with HttpChannel(DEMO / "channel") as server:
            locks = [write_lock(self.folder / f"{name}.yml", roots, channel_url=server.url)
                     for name, roots in (("a", ("requests", "pyyaml", "numpy")), ("b", ("rich", "numpy")))]
            expected = [self.build(lock, to=f"oci:{self.folder}/alone-{lock.stem}",
                                   env=dict(KASANE_HOME=self.folder / "alone"))["image"]["digest"]
                        for lock in locks]
            server.forget()
            builds = [subprocess.Popen([KASANE, "build", locks[number % 2], "--base", BASE, "--to",
                                        f"oci:{self.folder}/images-{number}", "--json"],
                                       env=self.environment(), stdin=subprocess.DEVNULL, text=True,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                      for number in range(_PROCESSES)]
            for number, build in enumerate(builds):
                out, errors = build.communicate(timeout=200)
                self.assertEqual(build.returncode, 0, errors)
                self.assertEqual(json.loads(out)["image"]["digest"], expected[number % 2])
            fetched = server.served()
        self.see(f"{_PROCESSES} builds, {sum(fetched.values())} requests for {len(fetched)} packages")
        self.assertEqual({path: count for path, count in fetched.items() if count > 1}, {})
        self.kasane("cache", "verify")

    def test_eight_builds_into_one_layout(self):
        lock = write_lock(self.folder / "conda-lock.yml", ("requests",))
        builds = [subprocess.Popen([KASANE, "build", lock, "--base", BASE, "--to",
                                    f"oci:{self.folder}/images:tag-{number}"],
                                   env=self.environment(), stdin=subprocess.DEVNULL, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                  for number in range(_PROCESSES)]
        for build in builds:
            _, errors = build.communicate(timeout=200)
            self.assertEqual(build.returncode, 0, errors)
        index = json.loads((self.folder / "images/index.json").read_text())
        tags = [entry["annotations"]["org.opencontainers.image.ref.name"] for entry in index["manifests"]]
        self.assertEqual(sorted(tags), [f"tag-{number}" for number in range(_PROCESSES)])
        self.assertEqual(len({entry["digest"] for entry in index["manifests"]}), 1)


if __name__ == "__main__":
    unittest.main()
