"""The image in container engines: Docker 20.10 and podman, each started for this test alone."""

import os
import shutil
import signal
import subprocess
import time
import unittest

from support import LOCK, EndToEndTest

_PROGRAM = ("import numpy, pandas, sys, os; "
            "print(sys.version_info[:2], numpy.__version__, pandas.__version__, os.environ['CONDA_PREFIX'])")


class Engines(EndToEndTest):
    def setUp(self):
        super().setUp()
        self.assertEqual(os.geteuid(), 0, "engines are started by root here")

    def check(self, printed, report):
        self.see(printed.strip())
        self.assertEqual(printed.split("\n")[0],
                         f"(3, 11) 1.24.2 1.5.3 {report['environment']['path']}")

    def test_docker_loads_and_runs_it(self):
        archive = self.folder / "image.tar"
        report = self.build(LOCK, to=f"docker-archive:{archive}:demo:first")
        with Docker(self) as docker:
            loaded = docker("load", "-i", archive)
            self.see(loaded.strip())
            self.assertEqual(loaded, "Loaded image: demo:first\n")
            name = "demo:first"
            self.check(docker("run", "--rm", "--network", "none", name, "python", "-c", _PROGRAM), report)
            printed = docker("run", "--rm", "--network", "none", name, "pygmentize", "-V")
            self.assertIn("Pygments version", printed)
            printed = docker("run", "--rm", "--network", "none", name, "pip", "check")
            self.assertEqual(printed, "No broken requirements found.\n")

    def test_podman_runs_it(self):
        report = self.build()
        podman = ["podman", "--storage-driver", "overlay", "--root", self.folder / "podman", "--runroot",
                  self.folder / "podman-run", "--runtime", "runc", "--cgroup-manager", "cgroupfs",
                  "--events-backend", "none"]
        image = self.run_tool(*podman, "pull", "-q", report["image"]["reference"]).strip()
        self.addCleanup(subprocess.run, [*map(str, podman), "rmi", "--all", "--force"],
                        capture_output=True, env=self.environment(), check=False)
        printed = self.run_tool(*podman, "run", "--rm", "--network", "none", "--ulimit", "nofile=1024:1024",
                                "--ulimit", "nproc=1024:1024", image, "python", "-c", _PROGRAM)
        self.check(printed, report)


class Docker:
    """A Docker daemon with its own socket and data, ended when left."""

    def __init__(self, test):
        self._test = test
        self._folder = test.folder / "docker"
        self._socket = self._folder / "docker.sock"

    def __enter__(self):
        self._folder.mkdir()
        self._mounted = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", self._folder], check=False,
                                       capture_output=True).returncode == 0
        self._log = open(self._test.folder / "dockerd.log", "w+", encoding="utf-8")
        dockerd = shutil.which("dockerd", path=self._test.environment()["PATH"]) or "dockerd"
        self._daemon = subprocess.Popen(
            [dockerd, "--iptables=false", "--ip6tables=false", "--bridge=none", "--ip-forward=false",
             "-H", f"unix://{self._socket}", "--data-root", self._folder / "data", "--exec-root",
             self._folder / "exec", "-p", self._folder / "pid", "--storage-driver", "overlay2"],
            stdout=self._log, stderr=self._log, env=self._test.environment(), start_new_session=True)
        deadline = time.monotonic() + 60
        while not self._answers():
            if self._daemon.poll() is not None or time.monotonic() > deadline:
                self._log.seek(0)
                log = self._log.read()[-3000:]
                self.__exit__(None, None, None)
                self._test.fail(f"dockerd did not start\n{log}")
            time.sleep(0.2)
        self._test.see("docker", self("version", "--format", "{{.Server.Version}}").strip())
        return self

    def __call__(self, *arguments):
        return self._test.run_tool("docker", "-H", f"unix://{self._socket}", *arguments)

    def __exit__(self, *_):
        if self._daemon.poll() is None:
            self._daemon.send_signal(signal.SIGTERM)
            try:
                self._daemon.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self._daemon.pid, signal.SIGKILL)
                self._daemon.wait()
        self._log.close()
        if self._mounted:
            subprocess.run(["umount", "-l", self._folder], check=False, capture_output=True)

    def _answers(self):
        return subprocess.run(["docker", "-H", f"unix://{self._socket}", "version"], capture_output=True,
                              check=False, env=self._test.environment()).returncode == 0


if __name__ == "__main__":
    unittest.main()
