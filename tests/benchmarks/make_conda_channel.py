#!/usr/bin/env python3
"""Makes a conda channel as large as conda-forge was in May 2024, for benchmarks.

    make_conda_channel.py DATA OUT [--scale 1.0]

DATA is the folder of real data that KASANE_TEST_DATA names. OUT gets linux-64/repodata.json and
noarch/repodata.json. The records of the harvest are in it as they are; all others are made up:
real names, chains of real versions, dependency lists of real records whose targets are renamed
by rank. A made-up record only asks for what older records give, so that each can be
installed. The same bytes come out each time. Nothing measured on it is a timing of conda-forge.
"""

import argparse
import hashlib
import json
import pathlib
import random
import subprocess

TARGETS = {"linux-64": 465_000, "noarch": 190_000}
PYTHONS = ("39", "310", "311", "312")
FIRST_DAY = 1_450_000_000_000
LAST_DAY = 1_716_000_000_000


def read_harvest(data, subdir):
    path = data / "conda/harvest/conda-forge" / subdir / "repodata.json.zst"
    repodata = json.loads(subprocess.run(["zstdcat", path], check=True, capture_output=True).stdout)
    records = {}
    for section in ("packages", "packages.conda"):
        records.update(repodata.get(section, {}))
    return records


def version_order(text):
    """Near enough to conda's order to make rising chains."""
    return [int(part) if part.isdigit() else -1 for part in text.replace("_", ".").split(".")]


def read_versions(data):
    lines = (data / "vectors/rattler/data/versions.txt").read_text().split("\n")
    plain = [line for line in lines if line and line.replace(".", "").isdigit() and len(line) < 12]
    return sorted(plain, key=version_order)


class Maker:
    def __init__(self, data):
        self.random = random.Random(20240515)
        self.versions = read_versions(data)
        mapping = json.loads((data / "mapping/grayskull_pypi_mapping.json").read_text())
        parselmouth = sorted((data / "mapping/parselmouth").rglob("*.json"))
        names = set(entry["conda_name"].lower() for entry in mapping.values())
        for path in parselmouth:
            names.update(name.lower() for name in json.loads(path.read_text()))
        self.names = sorted(names)
        self.random.shuffle(self.names)
        # Of each made-up name, the versions that exist, oldest first.
        self.chains = []

    def chain(self):
        length = min(120, int(self.random.lognormvariate(1.6, 1.0)) + 1)
        start = self.random.randrange(len(self.versions) - 4 * length)
        picked = self.random.sample(range(start, start + 4 * length), length)
        return [self.versions[i] for i in sorted(picked)]

    def requirement(self, real, age):
        """What takes the place of a real requirement, in a record of an age between 0 and 1."""
        name = real.split(" ")[0]
        if name.startswith("__") or name in ("python", "python_abi") or self.random.random() < 0.5:
            return real
        if not self.chains:
            return name
        rank = min(int(self.random.paretovariate(0.6)) - 1, len(self.chains) - 1)
        target, versions = self.chains[rank]
        oldest = versions[int(age * 0.5 * (len(versions) - 1))]
        return f"{target} >={oldest}" if self.random.random() < 0.8 else target

    def record(self, template, name, version, build, number, age, subdir):
        file_name = f"{name}-{version}-{build}"
        digest = hashlib.sha256(file_name.encode()).hexdigest()
        depends = sorted({self.requirement(text, age) for text in template.get("depends", [])})
        record = {
            "build": build, "build_number": number, "depends": depends,
            "license": template.get("license", "MIT"), "license_family": "MIT",
            "md5": digest[:32], "name": name, "sha256": digest,
            "size": int(self.random.lognormvariate(12, 2)), "subdir": subdir,
            "timestamp": int(FIRST_DAY + age * (LAST_DAY - FIRST_DAY)), "version": version,
        }
        if subdir == "noarch":
            record["noarch"] = "python"
        if template.get("constrains"):
            record["constrains"] = template["constrains"]
        return record

    def package(self, name, templates, subdir):
        template = self.random.choice(templates)
        versions = self.chain()
        for i, version in enumerate(versions):
            age = (i + 1) / len(versions)
            digest = hashlib.md5(f"{name}{version}".encode()).hexdigest()[:7]
            per_python = subdir != "noarch" and any(
                text.startswith("python ") for text in template.get("depends", []))
            for number in range(1 + (self.random.random() < 0.25)):
                if per_python:
                    for python in PYTHONS:
                        build = f"py{python}h{digest}_{number}"
                        yield self.record(template, name, version, build, number, age, subdir)
                else:
                    prefix = "pyhd8ed1ab" if subdir == "noarch" else f"h{digest}"
                    yield self.record(template, name, version, f"{prefix}_{number}", number, age,
                                      subdir)
        self.chains.append((name, versions))


def write_members(out, records):
    for i, (file_name, record) in enumerate(records):
        out.write(",\n" if i else "\n")
        out.write(f"{json.dumps(file_name)}:{json.dumps(record, separators=(',', ':'))}")


def write_repodata(path, subdir, records):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        out.write(f'{{"info":{{"subdir":"{subdir}"}},"packages":{{')
        write_members(out, sorted((n, r) for n, r in records.items() if not n.endswith(".conda")))
        out.write('},"packages.conda":{')
        write_members(out, sorted((n, r) for n, r in records.items() if n.endswith(".conda")))
        out.write('},"removed":[],"repodata_version":1}\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--scale", type=float, default=1.0)
    options = parser.parse_args()
    maker = Maker(options.data)
    harvests = {subdir: read_harvest(options.data, subdir) for subdir in TARGETS}
    taken = {record["name"] for records in harvests.values() for record in records.values()}
    fresh = iter(name for name in maker.names if name not in taken)
    round_number = 0
    for subdir in ("noarch", "linux-64"):
        records = dict(harvests[subdir])
        templates = list(records.values())
        while len(records) < TARGETS[subdir] * options.scale:
            name = next(fresh, None)
            if name is None:
                round_number += 1
                fresh = iter(f"{name}-v{round_number}" for name in maker.names)
                continue
            for record in maker.package(name, templates, subdir):
                ending = ".conda" if record["timestamp"] > 1_600_000_000_000 else ".tar.bz2"
                stem = f"{record['name']}-{record['version']}-{record['build']}"
                records[stem + ending] = record
        write_repodata(options.out / subdir / "repodata.json", subdir, records)
        print(f"{subdir}: {len(records)} records")


if __name__ == "__main__":
    main()
