"""Packages over HTTP: broken off, refused for a while, spoilt, missing."""

import unittest

from http_channel import HttpChannel
from support import DEMO, EndToEndTest, package_path, records, write_lock

_ROOTS = ("requests",)


class Fetching(EndToEndTest):
    own_home = True

    def serve(self, faults=None):
        server = HttpChannel(DEMO / "channel", faults)
        server.__enter__()
        self.addCleanup(server.__exit__)
        return server, write_lock(self.folder / "conda-lock.yml", _ROOTS, channel_url=server.url)

    def test_each_package_is_fetched_once(self):
        server, lock = self.serve()
        report = self.build(lock)
        self.assertEqual(set(server.served().values()), {1})
        size = sum(package_path(record).stat().st_size for record in records().values()
                   if f"/{record['file_name']}" in lock.read_text())
        self.assertEqual(report["bytes"]["fetched"], size)
        self.assertEqual(self.build(lock)["bytes"]["fetched"], 0)

    def test_a_transfer_that_breaks_is_taken_up_again(self):
        python = records()["python"]["file_name"]
        server, lock = self.serve({python: ["cut", "cut"]})
        self.build(lock)
        taken_up = [start for path, start in server.ranges() if path.endswith(python)]
        self.see("taken up again at", taken_up)
        self.assertEqual(len(taken_up), 2)

    def test_a_server_that_is_busy_for_a_while(self):
        server, lock = self.serve({"six-1.16.0": [503, 429], records()["six"]["file_name"]: [503, 429, 500]})
        self.build(lock)
        self.assertEqual(server.served()[f"/noarch/{records()['six']['file_name']}"], 4)

    def test_a_spoilt_package_is_never_used(self):
        name = records()["idna"]["file_name"]
        _, lock = self.serve({name: ["spoil"] * 20})
        result = self.kasane("build", lock, "--base", "scratch", "--to", f"oci:{self.folder}/images",
                             expect=5)
        self.assert_error(result, name, "sha256", records()["idna"]["sha256"][:12], "hint: ")
        self.assert_no_image(self.folder / "images")
        self.see(result.stderr.strip().splitlines()[0])

    def test_a_missing_package_is_named(self):
        name = records()["idna"]["file_name"]
        _, lock = self.serve({name: [404] * 20})
        result = self.kasane("build", lock, "--base", "scratch", "--to", f"oci:{self.folder}/images",
                             expect=4)
        self.assert_error(result, name, "404")
        self.see(result.stderr.strip().splitlines()[0])

    def test_nobody_listens(self):
        server, lock = self.serve()
        text = lock.read_text().replace(server.url, "http://127.0.0.1:9")
        lock.write_text(text)
        result = self.kasane("build", lock, "--base", "scratch", "--to", f"oci:{self.folder}/images",
                             expect=4)
        self.assert_error(result, "127.0.0.1")


if __name__ == "__main__":
    unittest.main()
