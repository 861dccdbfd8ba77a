"""Killed at any moment: the next build ends as if nothing had happened."""

import os
import random
import shutil
import signal
import subprocess
import time
import unittest

from support import BASE, KASANE, EndToEndTest, write_lock

_KILLS = 100


class Crash(EndToEndTest):
    own_home = True

    def test_killed_a_hundred_times(self):
        self.lock = write_lock(self.folder / "conda-lock.yml", ("requests",))
        start = time.monotonic()
        self.expected = self.build(self.lock, to=f"oci:{self.folder}/reference")["image"]["digest"]
        whole = time.monotonic() - start
        self.see(f"a build from nothing takes {whole:.2f} s")
        chance = random.Random(20240229)
        kills = rounds = 0
        while kills < _KILLS:
            # One cache and one layout from nothing to the end, killed on the way as often as it takes.
            home, target = self.folder / f"home-{rounds}", f"oci:{self.folder}/images-{rounds}"
            # Later moments come in the next tries, which go on from what is there.
            while kills < _KILLS and self.killed_after(chance.uniform(0, 0.6 * whole), target, home):
                kills += 1
            self.check(target, home)
            shutil.rmtree(home)
            rounds += 1
        self.see(f"{kills} builds killed in {rounds} caches; all was right after each")

    def killed_after(self, seconds, target, home):
        """Whether the build was killed; if not, it ended well before."""
        build = subprocess.Popen([KASANE, "build", self.lock, "--base", BASE, "--to", target],
                                 env=self.environment(KASANE_HOME=home), cwd=self.folder,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, text=True, start_new_session=True)
        try:
            _, errors = build.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            # Those that it started go too, as when a machine goes down.
            os.killpg(build.pid, signal.SIGKILL)
            build.communicate()
            return True
        self.assertEqual(build.returncode, 0, errors)
        return False

    def check(self, target, home):
        report = self.build(self.lock, to=target, env=dict(KASANE_HOME=home))
        self.assertEqual(report["image"]["digest"], self.expected)
        self.kasane("cache", "verify", env=dict(KASANE_HOME=home))
        self.run_tool("skopeo", "copy", "--insecure-policy", report["image"]["reference"],
                      f"dir:{self.folder}/copy-of-{home.name}")


if __name__ == "__main__":
    unittest.main()
