#!/usr/bin/env python3
"""Writes recorded solves of conda and pip together, and of pip alone, as questions for joint_cases.

    joint_cases.py DATA joint OUT    conda-lock's and pixi's environments over both sides
    joint_cases.py DATA pip OUT      resolvelib's and pyrax's indexes, an index and a case for each

OUT gets NAME.index.json (project to version to requires_python, requires_dist, files) and NAME.jsonl. Of a recorded
environment, `pinned` and `pip` are what was chosen; wheels that were built of local sources or of git are left out.
"""

import argparse
import gzip
import json
import pathlib
import re
import subprocess
import sys
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent


def wheel_of(url):
    name = urllib.parse.unquote(urllib.parse.urlsplit(url).path.rsplit("/", 1)[-1])
    if url.startswith("git+") or not name.endswith(".whl"):
        return None
    project, version = name.split("-")[:2]
    return re.sub(r"[-_.]+", "-", project).lower(), version


def joint(data, out):
    listed = {entry["id"] for entry in json.loads((data / "lock-cases/JOINT.json").read_text())}
    questions = subprocess.run([sys.executable, HERE / "lock_cases.py", data], check=True, text=True,
                               stdout=subprocess.PIPE).stdout
    index = json.loads(gzip.decompress((data / "pypi/index.json.gz").read_bytes()))
    lines = []
    for line in questions.splitlines():
        question = json.loads(line)
        if question["id"] not in listed:
            continue
        case = json.loads(gzip.decompress((data / f"lock-cases/{question['id']}.json.gz").read_bytes()))
        wheels = [wheel_of(entry["url"]) for entry in case["solution_pypi"]]
        question["pip"] = [f"{name}=={version}" for name, version in filter(None, wheels)
                           if version in index.get(name, {})]
        question["wheels_without_index"] = [f"{name}=={version}" for name, version in filter(None, wheels)
                                            if version not in index.get(name, {})]
        question["sources"] = wheels.count(None)
        lines.append(json.dumps(question))
    (out / "joint.index.json").write_text(json.dumps(index))
    (out / "joint.jsonl").write_text("\n".join(lines) + "\n")


def pure(project, version):
    return {f"{project.replace('-', '_')}-{version}-py3-none-any.whl": {}}


def plain(text):
    """`six (>=1.10.0,<2.0.0)` as PEP 508 has it."""
    return re.sub(r"\s*\(([^)]*)\)", r"\1", text)


def normalised(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def write(out, name, index, question):
    (out / f"{name}.index.json").write_text(json.dumps(index))
    (out / f"{name}.jsonl").write_text(json.dumps(dict(question, id=name)) + "\n")


def pip(data, out):
    inputs = data / "resolvelib/python/inputs"
    for path in sorted((inputs / "case").glob("*.json")):
        case = json.loads(path.read_text())
        recorded = json.loads((inputs / f"index/{case['index']}.json").read_text())
        index = {}
        for project, versions in recorded.items():
            if not isinstance(versions, dict):
                continue
            entries = index.setdefault(normalised(project), {})
            for version, said in versions.items():
                entries[version] = {"requires_dist": [plain(text) for text in said.get("dependencies", [])],
                                    "requires_python": said.get("requires_python"),
                                    "files": pure(normalised(project), version)}
        write(out, path.stem, index, {"python": "3.7.6", "pip": [plain(text) for text in case["requested"]],
                                      "resolved": case.get("resolved")})
    recorded = json.loads((data / "pip-resolver-benchmarks/pyrax_198.json").read_text())
    index = {}
    for project, versions in recorded["packages"].items():
        entries = index.setdefault(normalised(project), {})
        for version, said in versions.items():
            texts = []
            for extra, needs in said["depends_by_extra"].items():
                for text in needs:
                    requirement, _, marker = text.partition(";")
                    conditions = [f"({marker.strip()})"] if marker and extra else [marker.strip()] if marker else []
                    conditions += [f"extra == '{extra}'"] if extra else []
                    texts.append(requirement + (" ; " + " and ".join(conditions) if conditions else ""))
            entries[version] = {"requires_dist": texts, "requires_python": said.get("requires_python"),
                                "files": pure(normalised(project), version)}
    write(out, "pyrax", index, {"python": "3.11.6", "pip": recorded["input"]["requirements"]})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("kind", choices=("joint", "pip"))
    parser.add_argument("out", type=pathlib.Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    (joint if options.kind == "joint" else pip)(options.data, options.out)


main()
