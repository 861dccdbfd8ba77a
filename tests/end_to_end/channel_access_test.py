"""Channels as people have them: behind passwords, tokens and labels, gone, offline; and no secret left behind."""

import json
import unittest

from http_channel import HttpChannel
from support import BASE, DEMO, EndToEndTest

PASSWORD = "pa55-w0rd"
USER = f"somebody:{PASSWORD}"


class ChannelAccess(EndToEndTest):
    own_home = True

    def environment(self, **more):
        return super().environment(**{"CONDA_OVERRIDE_GLIBC": "2.36", **more})

    def write_spec(self, channel, *requirements):
        path = self.folder / "environment.yml"
        path.write_text("\n".join(["channels:", f"  - {channel}", "dependencies:",
                                   *(f"  - {text}" for text in requirements)]) + "\n")
        return path

    def write_netrc(self, path, server, password=PASSWORD):
        host = server.url.split("/")[2].split(":")[0]
        path.write_text(f"machine elsewhere.example login x password y\nmachine {host}\n  login somebody\n"
                        f"  password {password}\n")
        return path

    def assert_no_secret(self, *results, secret=PASSWORD, spare=()):
        """Neither in what was printed, nor in any file but those to spare."""
        for result in results:
            self.assertNotIn(secret, result.stdout + result.stderr)
        for path in self.folder.rglob("*"):
            if path.is_file() and path not in spare:
                self.assertNotIn(secret.encode(), path.read_bytes(), path)

    def test_netrc_opens_what_wants_a_password(self):
        with HttpChannel(DEMO / "channel", user=USER) as server:
            spec = self.write_spec(server.url, "idna", "python")
            shut = self.kasane("lock", spec, expect=4)
            self.assert_error(shut, "HTTP status 401", "hint: the channel wants credentials: give them in its URL, "
                                                       "or for its host in netrc")
            named = self.write_netrc(self.folder / "my netrc", server)
            locked = self.kasane("lock", spec, "--json", env={"NETRC": named})
            built = self.kasane("build", spec, "--base", BASE, "--json", env={"NETRC": named})
            self.assertGreater(json.loads(built.stdout)["bytes"]["fetched"], 0)
            self.assert_no_secret(shut, locked, built, spare=[named])
            own = self.write_netrc(self.folder / ".netrc", server)
            again = self.kasane("lock", spec, "--refresh", "--upgrade")
            wrong = self.write_netrc(self.folder / "wrong", server, password=PASSWORD + "-no")
            refused = self.kasane("lock", spec, "--refresh", "--upgrade", env={"NETRC": wrong}, expect=4)
            self.assert_error(refused, "HTTP status 401")
            self.assert_no_secret(again, refused, spare=[named, own, wrong])

    def test_a_password_in_the_url_stays_there(self):
        with HttpChannel(DEMO / "channel", user=USER) as server:
            spec = self.write_spec(server.url.replace("://", f"://{USER}@"), "idna", "python")
            locked = self.kasane("lock", spec, "--json")
            built = self.kasane("build", spec, "--base", BASE, "--json")
            why = self.kasane("why", spec, "python")
            gone = self.kasane("lock", self.write_spec(server.url.replace("://", f"://{USER}@") + "/none", "idna"),
                               "-o", self.folder / "new.yml", expect=4)
            self.assert_no_secret(locked, built, why, gone, spare=[spec])

    def test_a_token_stays_in_the_specification(self):
        token = "tk-s3cret"
        (self.folder / "www/t" / token).mkdir(parents=True)
        (self.folder / "www/t" / token / "mine").symlink_to(DEMO / "channel")
        with HttpChannel(self.folder / "www") as server:
            spec = self.write_spec(f"{server.url}/t/{token}/mine", "idna", "python")
            locked = self.kasane("lock", spec, "--json")
            self.assertIn(f"{server.url}/mine/", locked.stdout)
            built = self.kasane("build", spec, "--base", BASE, "--json")
            (self.folder / "www/t" / token / "mine").unlink()
            gone = self.kasane("lock", spec, "--refresh", "--upgrade", expect=4)
            self.assert_no_secret(locked, built, gone, secret=token, spare=[spec])

    def test_a_mirror_is_asked_and_not_locked(self):
        with HttpChannel(DEMO / "channel", user=USER) as server:
            spec = self.write_spec("some-channel", "idna", "python")
            own = server.url.replace("://", f"://{USER}@")
            broken = "http://127.0.0.1:9/nobody"
            locked = self.kasane("lock", spec, "--json", "--mirror", f"some-channel={own}")
            text = (self.folder / "conda-lock.yml").read_text()
            self.assertIn("https://conda.anaconda.org/some-channel/noarch/idna-", text)
            self.assertNotIn(server.url, text)
            self.kasane("lock", spec, "--upgrade", "--refresh", "--mirror", f"some-channel={broken}", "--mirror", f"some-channel={own}")
            self.assertEqual((self.folder / "conda-lock.yml").read_text(), text)
            built = self.kasane("build", spec, "--base", BASE, "--json", "--mirror", f"some-channel={own}")
            self.assertGreater(json.loads(built.stdout)["bytes"]["fetched"], 0)
            wrong = self.kasane("lock", spec, "--mirror", f"some-channel:{own}", expect=2)
            self.assert_error(wrong, "expected `--mirror CHANNEL=URL`, got `some-channel:http://***@127.0.0.1")
            self.assert_no_secret(locked, built, wrong)

    def test_offline_takes_what_is_known_and_refresh_asks_for_all(self):
        with HttpChannel(DEMO / "channel") as server:
            spec = self.write_spec(server.url, "idna", "python")
            nothing = self.kasane("lock", spec, "--offline", expect=4)
            self.assert_error(nothing, "nothing may be fetched", "hint: run it once without `--offline`")
            self.assertEqual(server.served(), {})
            self.kasane("lock", spec)
            first = server.served()
            server.forget()
            self.kasane("lock", spec, "--upgrade", "--offline")
            self.assertEqual(server.served(), {})
            self.kasane("lock", spec, "--upgrade", "--refresh")
            self.assertEqual(server.served(), first)

    def test_a_label_is_a_channel_of_its_own(self):
        (self.folder / "www/mine/label").mkdir(parents=True)
        (self.folder / "www/mine/label/dev").symlink_to(DEMO / "channel")
        with HttpChannel(self.folder / "www") as server:
            self.kasane("lock", self.write_spec(f"{server.url}/mine/label/dev", "idna", "python"))
            refused = self.kasane("lock", self.write_spec(f"{server.url}/mine", "idna"), "-o", "x.yml", expect=4)
            self.assert_error(refused, f"expected a conda channel at `{server.url}/mine`",
                              "hint: check the channel's name and its labels")

    def test_a_channel_that_goes_away_leaves_the_lock_alone(self):
        with HttpChannel(DEMO / "channel") as server:
            spec = self.write_spec(server.url, "idna", "python")
            self.kasane("lock", spec)
        lock = self.folder / "conda-lock.yml"
        before = lock.read_bytes()
        self.write_spec(server.url, "idna", "python", "numpy")
        gone = self.kasane("lock", spec, "--refresh", expect=4)
        self.assert_error(gone, f"while reading the channel `{server.url}/")
        self.assertEqual(lock.read_bytes(), before)
        self.kasane("lock", spec, "--offline")
        self.assertNotEqual(lock.read_bytes(), before)

    def test_an_answer_that_breaks_off_is_asked_for_again(self):
        with HttpChannel(DEMO / "channel", faults={"repodata.json": ["cut", 503, "cut"]}) as server:
            self.kasane("lock", self.write_spec(server.url, "idna", "python"))

    def test_a_page_for_people_is_no_channel(self):
        for subdir in ("linux-64", "noarch"):
            (self.folder / "www" / subdir).mkdir(parents=True)
            (self.folder / "www" / subdir / "repodata.json").write_text("<!DOCTYPE html><title>Sign in</title>")
        with HttpChannel(self.folder / "www") as server:
            refused = self.kasane("lock", self.write_spec(server.url, "idna"), expect=5)
            self.assert_error(refused, "expected repodata as a JSON object, found `<!DOCTYPE html>",
                              "hint: is that the address of a conda channel?")
            self.assertFalse((self.folder / "conda-lock.yml").exists())


if __name__ == "__main__":
    unittest.main()
