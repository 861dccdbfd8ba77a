#!/usr/bin/env python3
"""Writes the recorded solves of real specifications as questions for conda_cases.

    lock_cases.py DATA > cases.jsonl
    lock_cases.py DATA --tens 200 --channel made > tens.jsonl

DATA is the folder of real data that KASANE_TEST_DATA names. Each line is one question, as JSON:
id, platform, channels, requests, virtual packages (cuda, glibc), and what was recorded. A case
whose specification cannot be read has none of its own, and says why. The recorded solution itself
makes a second question, `pinned`: its packages, each by version and build.

With --tens, each question is ten requests for linux-64, of ten names, drawn from all real
specifications with a fixed seed. What was never asked together may be unsatisfiable together.
With --channel, all questions are about that one channel.
"""

import argparse
import gzip
import json
import pathlib
import random
import re
import tomllib
import urllib.parse

import yaml

LINUX = {"linux-64": {"linux-64", "linux", "unix"}, "linux-aarch64": {"linux-aarch64", "linux", "unix"}}

SOURCE = "source:"


class Unreadable(Exception):
    pass


def channel_name(text):
    """The name in the harvest: a mirror of conda-forge is conda-forge."""
    text = text.rstrip("/")
    if "://" not in text:
        return text
    parts = urllib.parse.urlsplit(text).path.strip("/").split("/")
    return parts[0] if parts[0] != "pkgs" else "defaults"


def spec_of(name, value):
    """A MatchSpec of pixi's way to write one; nothing for what no channel has."""
    if isinstance(value, str):
        return f"{name} {value}" if value not in ("", "*") else name
    if any(key in value for key in ("path", "git", "url", "workspace")):
        return SOURCE + name
    parts = []
    for key, field in (("version", "version"), ("build", "build"), ("build-number", "build_number")):
        if value.get(key, "*") != "*":
            parts.append(f"{field}='{value[key]}'")
    channel = value.get("channel")
    prefix = f"{channel_name(channel)}::" if channel else ""
    return f"{prefix}{name}[{','.join(parts)}]" if parts else prefix + name


def dependencies_in(table, platform):
    specs = []
    for section in ("dependencies", "host-dependencies", "build-dependencies"):
        for name, value in table.get(section, {}).items():
            specs.append(spec_of(name, value))
    for target, inner in table.get("target", {}).items():
        if target in LINUX[platform]:
            specs.extend(dependencies_in(inner, platform))
    return specs


def without_sources(specs):
    """What is built from source is in no channel, whatever else is asked of it."""
    names = {spec.removeprefix(SOURCE) for spec in specs if spec.startswith(SOURCE)}
    return [spec for spec in specs if re.split(r"[ \[]", spec.removeprefix(SOURCE))[0] not in names]


def channels_in(table):
    entries = table.get("channels", [])
    plain = [(entry if isinstance(entry, str) else entry["channel"],
              0 if isinstance(entry, str) else entry.get("priority", 0)) for entry in entries]
    plain.sort(key=lambda entry: -entry[1])
    return [channel_name(name) for name, _ in plain]


def read_toml(text):
    """TOML 1.1 lets inline tables go over lines; Python's reader does not know that yet."""
    joined, depth = [], 0
    for line in text.splitlines():
        code = re.sub(r'"[^"]*"', '""', line.split(" #")[0])
        if depth > 0:
            joined[-1] += " " + line.split(" #")[0].strip()
        else:
            joined.append(line)
        depth += code.count("{") - code.count("}")
    text = "\n".join(joined)
    try:
        return tomllib.loads(re.sub(r",\s*}", "}", text))
    except tomllib.TOMLDecodeError as why:
        raise Unreadable(f"TOML: {why}") from why


def pixi_manifest(files):
    for path, text in files.items():
        if path.endswith("pixi.toml"):
            return read_toml(text)
    for path, text in files.items():
        if path.endswith("pyproject.toml"):
            manifest = read_toml(text)
            if "pixi" in manifest.get("tool", {}):
                requires = manifest.get("project", {}).get("requires-python")
                pixi = manifest["tool"]["pixi"]
                if requires and "python" not in pixi.get("dependencies", {}):
                    pixi.setdefault("dependencies", {})["python"] = requires
                return pixi
    raise Unreadable("no pixi manifest")


def read_pixi(case):
    manifest = pixi_manifest(case["spec_files"])
    workspace = manifest.get("workspace", manifest.get("project", {}))
    features = manifest.get("feature", {})
    environment = manifest.get("environments", {}).get(case["environment"])
    if environment is None and case["environment"] != "default":
        raise Unreadable(f"no environment {case['environment']}")
    if isinstance(environment, dict):
        names = environment.get("features", [])
        with_default = not environment.get("no-default-feature", False)
    else:
        names, with_default = environment or [], True
    tables = [features.get(name, {}) for name in names] + ([manifest] if with_default else [])
    requests, channels, system = [], [], {}
    for table in tables:
        requests += dependencies_in(table, case["platform"])
        system = {**table.get("system-requirements", {}), **system}
    for table in tables:
        channels += channels_in(table) if table is not manifest else []
    channels += channels_in(workspace)
    priority = workspace.get("channel-priority", "strict")
    return without_sources(requests), channels, system, priority


def recorded_channels(case):
    entries = case["meta"].get("channels", [])
    if isinstance(entries, dict):
        entries = entries.get(case["environment"], [])
    return [channel_name(entry if isinstance(entry, str) else entry["url"]) for entry in entries]


def read_conda_lock(case):
    requests, channels = [], []
    sources = [pathlib.PurePath(source).name for source in case["meta"].get("sources", [])]
    for path, text in case["spec_files"].items():
        name = pathlib.PurePath(path).name
        if name == "virtual-packages.yml" or (sources and name not in sources):
            continue
        if not name.endswith((".yml", ".yaml")):
            raise Unreadable(f"{name} is no environment.yml")
        lines = [line for line in text.splitlines()
                 if not any(f"[{other}" in line for other in ("win", "osx", "arm64"))]
        spec = yaml.safe_load("\n".join(lines))
        channels += [channel_name(channel) for channel in spec.get("channels", [])]
        requests += [entry for entry in spec.get("dependencies", []) if isinstance(entry, str)]
    if not requests:
        raise Unreadable("no environment.yml")
    # conda-lock takes it that the hosts have a GPU.
    return requests, channels or recorded_channels(case), {"cuda": "12.9"}, "strict"


def pinned(case):
    requests = []
    for url in case["solution_conda"]:
        stem = url.rsplit("/", 1)[-1]
        if "://" not in url or not stem.endswith((".conda", ".tar.bz2")):
            return None
        for ending in (".conda", ".tar.bz2"):
            stem = stem.removesuffix(ending)
        name, version, build = stem.rsplit("-", 2)
        requests.append(f"{name} =={version} {build}")
    return requests


def system_of(table):
    libc = table.get("libc", {})
    version = libc.get("version", libc.get("glibc")) if isinstance(libc, dict) else libc
    return {"cuda": str(table["cuda"]) if "cuda" in table else None, "glibc": version}


def question(case):
    out = {"id": case["id"], "platform": case["platform"], "format": case["format"],
           "source": f"{case['source']} {case['path']} {case['environment']}",
           "whole": case["n_unsat"] == 0 and case["records_missing"] == 0,
           "recorded": case["solution_conda"], "pinned": pinned(case)}
    try:
        by_pixi = any(path.endswith("pixi.toml") for path in case["spec_files"])
        read = read_pixi if by_pixi or "pixi" in case["format"] else read_conda_lock
        out["requests"], channels, system, out["priority"] = read(case)
        out.update(system_of(system))
    except Unreadable as why:
        channels = recorded_channels(case)
        out["unreadable"] = str(why)
    used = [channel_name(url.rsplit("/", 2)[0]) for url in case["solution_conda"]
            if url.startswith("https://")]
    out["channels"] = [channel for channel in dict.fromkeys(channels + used)
                       if channel not in ("", "defaults", "nodefaults")]
    return out


def questions(data):
    for path in sorted((data / "lock-cases").glob("*.json.gz")):
        yield question(json.loads(gzip.decompress(path.read_bytes())))


def name_of(request):
    return re.split(r"[ =<>!~\[]", request.split("::")[-1].strip())[0].lower()


def tens(data, count, channel):
    asked = {}
    for item in questions(data):
        if item["platform"] == "linux-64" and item["channels"] == ["conda-forge"]:
            for request in item.get("requests", []):
                if "::" not in request:
                    asked.setdefault(name_of(request), set()).add(request)
    source = random.Random(20240501)
    for number in range(count):
        names = source.sample(sorted(asked), 10)
        yield {"id": f"ten-{number}", "platform": "linux-64", "channels": [channel], "check": False,
               "may_fail": True, "glibc": "2.35",
               "requests": [source.choice(sorted(asked[name])) for name in names]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--tens", type=int, default=0)
    parser.add_argument("--channel")
    options = parser.parse_args()
    found = tens(options.data, options.tens, options.channel) if options.tens else questions(options.data)
    for item in found:
        if options.channel:
            item["channels"], item["check"] = [options.channel], False
        print(json.dumps(item))


main()
