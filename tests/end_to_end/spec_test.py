"""What `kasane spec` says of specifications of every kind, and of a user's mistakes."""

import json
import os
import shutil
import unittest

from support import SOURCE, EndToEndTest

SPECS = SOURCE / "fixtures/specs"
EXPECTED = SPECS / "expected"

# Name of the golden, and what is typed.
SAMPLES = {
    "environment": ("environment.yml",),
    "requirements": ("requirements.txt",),
    "windows": ("windows.yml",),
    "template": ("template.yml", "--set", "latest-pypi-version=1.57.0"),
    "azureml_environment": ("azureml_environment.yml",),
    "azureml_v1": ("azureml_environment.json",),
    "runconfig": ("train.runconfig",),
    "job": ("job.yml",),
    "pipeline": ("pipeline.yml",),
    "component": ("component.yml",),
    "internal_component": ("internal_component.yaml",),
    "mlflow_model": ("model",),
    "mlflow_python_env": ("model/python_env.yaml",),
    "dockerfile": ("Dockerfile",),
    "setup_script": ("setup.sh",),
    "pyproject": ("pyproject.toml", "--extra", "all", "--group", "test"),
    "pixi": ("pixi.toml",),
    "explicit": ("explicit.txt",),
    "pylock": ("pylock.toml",),
    "merged": ("environment.yml", "windows.yml", "setup.sh"),
}


class Spec(EndToEndTest):
    maxDiff = None

    def check(self, name, text):
        path = EXPECTED / name
        if os.environ.get("KASANE_ACCEPT"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            self.skipTest("written anew")
        self.assertEqual(text, path.read_text(encoding="utf-8"))

    def test_samples_of_each_kind(self):
        for name, arguments in SAMPLES.items():
            with self.subTest(name=name):
                result = self.kasane("spec", "--json", *arguments, cwd=SPECS)
                self.assertEqual(json.loads(result.stdout)["schema"], "kasane.spec/1")
                self.check(f"{name}.json", result.stdout)

    def test_people_s_form(self):
        result = self.kasane("spec", "environment.yml", cwd=SPECS)
        self.check("environment.txt", result.stdout + "--- stderr\n" + result.stderr)

    def test_mistakes(self):
        (self.folder / "empty.yml").write_bytes(b"")
        (self.folder / "binary.yml").write_bytes(bytes(range(256)))
        (self.folder / "latin.txt").write_bytes("caf\u00e9==1\n".encode("latin-1"))
        (self.folder / "typo.yml").write_text("name: x\ndependancies:\n  - numpy\nchannels: [c]\n")
        (self.folder / "operator.yml").write_text("dependencies:\n  - numpy=>1.26\n")
        (self.folder / "tab.yml").write_text("dependencies:\n\t- numpy\n")
        (self.folder / "conflict.yml").write_text("<<<<<<< HEAD\ndependencies:\n=======\n>>>>>>> x\n")
        (self.folder / "missing.yml").write_text("dependencies:\n- pip:\n  - -r nowhere.txt\n")
        (self.folder / "secret.txt").write_text("--index-ulr https://me:hidden@example.org/simple\n")
        shutil.copy(SPECS / "template.yml", self.folder)
        (self.folder / "directory").mkdir()
        text = ""
        for arguments in (("nowhere.yml",), ("directory",), ("empty.yml",), ("binary.yml",), ("latin.txt",),
                          ("typo.yml",), ("operator.yml",), ("tab.yml",), ("conflict.yml",), ("missing.yml",),
                          ("secret.txt",), ("template.yml",), ("template.yml", "--set", "latest-pypi-version"),
                          ("template.yml", "--platfrom", "linux-64")):
            result = self.kasane("spec", *arguments, expect={1, 2})
            self.assertEqual(result.stdout, "")
            self.assertNotIn("hidden", result.stderr)
            text += f"$ kasane spec {' '.join(arguments)}\n{result.stderr}exit {result.returncode}\n\n"
        self.check("mistakes.txt", text)

    def test_the_digest_keeps_through_order_and_quotes(self):
        (self.folder / "a.yml").write_text("name: a\nchannels: [c]\ndependencies:\n- python=3.10\n- numpy\n")
        (self.folder / "b.yml").write_text("dependencies: ['numpy', \"python 3.10.*\"]\r\nchannels:\r\n- c\r\n")
        digests = {json.loads(self.kasane("spec", "--json", name).stdout)["canonical_digest"]
                   for name in ("a.yml", "b.yml")}
        self.assertEqual(len(digests), 1)


if __name__ == "__main__":
    unittest.main()
