"""Killed at any moment: the next build ends as if nothing had happened."""

import os
import random
import signal
import subprocess
import time
import unittest

from support import BASE, KASANE, EndToEndTest, write_lock

_KILLS = 100
_EMPTY_EVERY = 12


class Crash(EndToEndTest):
    own_home = True

    def test_killed_a_hundred_times(self):
        lock = write_lock(self.folder / "conda-lock.yml", ("requests", "pyyaml", "numpy"))
        start = time.monotonic()
        expected = self.build(lock, to=f"oci:{self.folder}/reference")["image"]["digest"]
        whole = time.monotonic() - start
        self.see(f"a build from nothing takes {whole:.2f} s")
        chance = random.Random(20240229)
        killed = finished = checked = 0
        for number in range(_KILLS):
            if number % _EMPTY_EVERY == 0:
                home = self.folder / f"home-{number}"
                target = f"oci:{self.folder}/images-{number}"
                span = whole
            status = self.kill_after(chance.uniform(0, span), lock, target, home)
            killed += status == -signal.SIGKILL
            finished += status == 0
            self.assertIn(status, (0, -signal.SIGKILL))
            # With more in the cache a build is shorter: later moments would come after its end.
            span = span if status else max(0.05, span / 2)
            if number % _EMPTY_EVERY == _EMPTY_EVERY - 1 or number == _KILLS - 1:
                report = self.build(lock, to=target, env=dict(KASANE_HOME=home))
                self.assertEqual(report["image"]["digest"], expected)
                self.kasane("cache", "verify", env=dict(KASANE_HOME=home))
                self.run_tool("skopeo", "copy", "--insecure-policy", report["image"]["reference"],
                              f"dir:{self.folder}/copy-{number}")
                self.assertEqual(self.left_overs(home), [])
                checked += 1
        self.see(f"{killed} builds killed, {finished} ended before, {checked} times all was right after")
        self.assertGreater(killed, _KILLS / 2)

    def kill_after(self, seconds, lock, target, home):
        build = subprocess.Popen([KASANE, "build", lock, "--base", BASE, "--to", target],
                                 env=self.environment(KASANE_HOME=home), cwd=self.folder,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            return build.wait(seconds)
        except subprocess.TimeoutExpired:
            # Those that it started go too, as when a machine goes down.
            os.killpg(build.pid, signal.SIGKILL)
            return build.wait()

    def left_overs(self, home):
        """Images must not hold parts of files: nothing beside what the layout names."""
        return [str(path) for path in self.folder.glob("images-*/**/*")
                if path.is_file() and path.suffix in (".tmp", ".partial", ".part")]


if __name__ == "__main__":
    unittest.main()
