"""Measures kasane beside the least that the same libraries must do, and beside the usual tools.

    python3 run.py BUILD_DIR WORK_DIR [--rounds 5] [--only NAME,...]

BUILD_DIR holds `kasane` and `tests/benchmarks/reference`. WORK_DIR (on a memory disk, see docs/benchmarks.md) gets the
channel, made once, and all else, removed afterwards. What is compared is run in turn, round by round, and the median of
each counts.
"""

import argparse
import hashlib
import http.client
import io
import json
import multiprocessing
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "end_to_end"))

from docker_registry import DockerRegistry  # noqa: E402
from slow_line import SlowLine  # noqa: E402

FIXTURES = HERE.parent.parent / "fixtures"
DEMO_LOCK = "demo/conda-lock.yml"


class Bench:
    def __init__(self, options):
        self.build = options.build.resolve()
        self.work = options.work.resolve()
        self.rounds = options.rounds
        self.kasane = self.build / "kasane"
        self.reference = self.build / "tests/benchmarks/reference"
        self.base = self.work / "base"
        self.threads = str(len(os.sched_getaffinity(0)))

    # -- what is built on

    def prepare(self):
        if not (self.work / "bench.yml").exists():
            call([sys.executable, "-B", "-m", "bench.make", self.work, "--debs", self.work / "debs"], cwd=FIXTURES)
        if not self.base.exists():
            call([sys.executable, "-B", "-m", "base_image.make", self.work, "--debs", self.work / "debs"], cwd=FIXTURES)
        self.make_room()

    def make_room(self):
        self.room = self.work / "room"
        shutil.rmtree(self.room, ignore_errors=True)
        self.room.mkdir(parents=True)

    def packages(self, lock="bench.yml"):
        text = (self.work / lock).read_text()
        urls = re.findall(r"url: .*?file://(\S+?\.(?:conda|tar\.bz2|whl))['\"]?$", text, re.M)
        digests = re.findall(r"sha256: ['\"]?([0-9a-f]{64})", text)
        return list(zip([pathlib.Path(url) for url in urls], digests))

    def cache_with_packages(self, name, lock="added.yml"):
        """A cache that holds the packages of a lock and nothing else."""
        cache = self.room / name
        shutil.rmtree(cache, ignore_errors=True)
        for path, digest in self.packages(lock):
            place = cache / "v1/blobs"
            place.mkdir(parents=True, exist_ok=True)
            os.link(path, place / digest)
        return cache

    def kasane_build(self, cache, target, lock="bench.yml", *more, compile=False):
        command = [self.kasane, "build", self.work / lock, "--base", f"oci:{self.base}", "--to", f"oci:{target}",
                   "--json", *([] if compile else ["--no-compile"]), *more]
        seconds, memory, out = measured(command, KASANE_CACHE_DIR=str(cache))
        return seconds, memory, json.loads(out)

    def fresh(self, name):
        path = self.room / name
        shutil.rmtree(path, ignore_errors=True)
        return path

    # -- what is measured

    def cold(self):
        """A build with the packages in the cache, against decompressing, compressing and hashing them."""
        for method in ("gzip:1", "zstd:3"):
            ours, least, memory = [], [], []
            for _ in range(self.rounds):
                cache, target = self.cache_with_packages("cache"), self.fresh("image")
                seconds, peak, report = self.kasane_build(cache, target, "bench.yml", "--compression", method)
                ours.append(seconds)
                memory.append(peak)
                command = [self.reference, "make", method, self.threads, *(path for path, _ in self.packages())]
                least.append(measured(command)[0])
            built = report["bytes"]["built"]
            row(f"cold build, {method}", ours, f"{built / 1e6:.0f} MB of layers, peak memory {max(memory)} MB")
            row(f"decompress, compress, hash, {method}", least, ratio(ours, least))

    def join(self):
        """The same with all fragments there and no layer, against reading, hashing and writing the layers."""
        for method in ("gzip:1", "zstd:3"):
            cache, target = self.cache_with_packages("cache"), self.fresh("image")
            _, _, report = self.kasane_build(cache, target, "bench.yml", "--compression", method)
            layers = [target / "blobs/sha256" / layer["digest"][7:] for layer in report["layers"]
                      if layer["kind"] == "packages"]
            ours, joins, copies = [], [], []
            for _ in range(self.rounds):
                ours.append(self.kasane_build(cache, self.fresh("again"), "bench.yml", "--compression", method)[0])
                for kind, times in (("join", joins), ("copy", copies)):
                    directory = self.fresh("copy")
                    directory.mkdir()
                    times.append(measured([self.reference, kind, self.threads, directory, *layers])[0])
            row(f"layers joined, {method}", ours)
            row("read, decode, hash both, write", joins, ratio(ours, joins))
            row("read, hash, write (no decoding)", copies, ratio(ours, copies))

    def change(self):
        """One package added, and nothing changed."""
        colds, added, same = [], [], []
        for _ in range(self.rounds):
            cache, target = self.cache_with_packages("cache"), self.fresh("image")
            colds.append(self.kasane_build(cache, target)[0])
            seconds, _, report = self.kasane_build(cache, target, "added.yml")
            added.append(seconds)
            same.append(self.kasane_build(cache, target, "added.yml")[0])
        row("cold build", colds)
        row("one package added", added, f"{100 * statistics.median(added) / statistics.median(colds):.1f} % of cold, "
            f"{report['bytes']['built'] / 1e6:.1f} MB built")
        row("nothing changed", same, f"{1000 * statistics.median(same):.0f} ms")

    def byte_code(self):
        """What compiling Python's sources adds to a cold build, over the demo's environment."""
        demo = self.work / "demo"
        if not (demo / "demo/conda-lock.yml").exists():
            call(["sh", FIXTURES / "demo/make.sh", demo])
        other = Bench.__new__(Bench)
        other.__dict__.update(self.__dict__, work=demo, base=demo / "base")
        without, with_it = [], []
        for _ in range(self.rounds):
            for times, compiled in ((without, False), (with_it, True)):
                cache, target = other.cache_with_packages("cache", DEMO_LOCK), other.fresh("image")
                seconds, peak, _ = other.kasane_build(cache, target, DEMO_LOCK, compile=compiled)
                times.append(seconds)
        tree = self.fresh("tree")
        call([self.kasane, "unpack", f"oci:{target}", tree])
        files = sum(1 for _ in tree.rglob("*.pyc"))
        row("the demo's environment without byte-code", without)
        row("the same with byte-code", with_it, f"{files} files, peak memory {peak} MB")

    def tools(self):
        """The usual tools, on the same tree over the same base."""
        cache, target = self.cache_with_packages("cache"), self.fresh("image")
        self.kasane_build(cache, target)
        tree = self.fresh("tree")
        call([self.kasane, "unpack", f"oci:{target}", tree])
        prefix = tree / "azureml-envs"
        ours, added = [], []
        buildah = {"gzip": [], "zstd": []}
        umoci = []
        rounds = max(2, self.rounds // 2)
        for _ in range(rounds):
            cache, target = self.cache_with_packages("cache"), self.fresh("image")
            ours.append(self.kasane_build(cache, target)[0])
            added.append(self.kasane_build(cache, target, "added.yml")[0])
            for compression in buildah:
                buildah[compression].append(self.buildah(prefix, compression))
            umoci.append(self.umoci(prefix))
        row("kasane, cold", ours)
        row("kasane, one package added", added)
        for compression, times in buildah.items():
            row(f"buildah copy, commit, push {compression}", times, f"{ratio(times, ours)} cold, {ratio(times, added)} added")
        row("umoci insert", umoci, f"{ratio(umoci, ours)} cold, {ratio(umoci, added)} added")

    def buildah(self, prefix, compression):
        storage = ["--root", self.fresh("storage"), "--runroot", self.fresh("run"), "--storage-driver", "overlay"]
        name = call(["buildah", *storage, "from", f"oci:{self.base}"]).split()[-1]
        begin = time.monotonic()
        call(["buildah", *storage, "copy", "-q", name, prefix, "/azureml-envs"])
        call(["buildah", *storage, "commit", "-q", name, "localhost/bench"])
        call(["buildah", *storage, "push", "-q", "--compression-format", compression, "localhost/bench",
              f"oci:{self.fresh('pushed')}:bench"])
        return time.monotonic() - begin

    def umoci(self, prefix):
        layout = self.fresh("umoci")
        shutil.copytree(self.base, layout)
        tag = json.loads((layout / "index.json").read_text())["manifests"][0]["annotations"][
            "org.opencontainers.image.ref.name"]
        begin = time.monotonic()
        call(["umoci", "insert", "--image", f"{layout}:{tag}", prefix, "/azureml-envs"])
        return time.monotonic() - begin

    def growth(self):
        """From 10 to 1,000 packages of about 2 MB."""
        for count in (10, 100, 1000):
            place = self.work / f"growth-{count}"
            if not (place / "bench.yml").exists():
                call([sys.executable, "-B", "-m", "bench.make", place, "--debs", self.work / "debs", "--packages",
                      str(count), "--size", f"{2 * count}M"], cwd=FIXTURES)
            other = Bench.__new__(Bench)
            other.__dict__.update(self.__dict__, work=place)
            ours = [other.kasane_build(other.cache_with_packages("cache"), other.fresh("image"))
                    for _ in range(self.rounds)]
            seconds = [each[0] for each in ours]
            work = statistics.median(time.processors for time in seconds)
            built = ours[0][2]["bytes"]["built"] / 1e6
            row(f"{count} packages", seconds, f"{built:.0f} MB of layers, {1000 * work / count:.1f} ms of processors a "
                f"package, {1000 * work / built:.1f} ms a MB, peak memory {max(each[1] for each in ours)} MB")
            same = [other.kasane_build(other.room / "cache", other.room / "image")[0] for _ in range(self.rounds)]
            row("the same again", same)

    def push(self):
        """1 GB in 20 layers to docker-registry on loopback, and builds at 30 ms for each request."""
        source, changed = self.room / "source", self.room / "changed"
        # In a process of its own: the peak memory of a program counts that of the one that starts it.
        for arguments in ((source, 20, 50 << 20), (changed, 20, 50 << 20, source)):
            writer = multiprocessing.Process(target=write_layout, args=arguments)
            writer.start()
            writer.join()
        times = {name: [] for name in ("kasane copy", "curl -T", "skopeo copy", "buildah push")}
        again = {name: [] for name in times}
        memory = []
        for _ in range(self.rounds):
            for name, push in times.items():
                with DockerRegistry(self.fresh("registry")) as server:
                    if name == "curl -T":
                        push.append(self.curl(server, source))
                        again[name].append(self.curl(server, changed, but_those_of=source))
                    elif name == "buildah push":
                        for layout, list_of_times in ((source, push), (changed, again[name])):
                            list_of_times.append(self.buildah_push(server, layout, keep=layout == changed))
                    else:
                        seconds, peak, _ = measured(self.copying(name, source, server))
                        push.append(seconds)
                        again[name].append(measured(self.copying(name, changed, server))[0])
                        memory += [peak] if name == "kasane copy" else []
        ours = times["kasane copy"]
        row("kasane copy, 1 GB in 20 layers", ours, f"peak memory {max(memory)} MB")
        for name in ("curl -T", "skopeo copy", "buildah push"):
            row(name, times[name], ratio(ours, times[name]) + " is kasane's time of it")
        row("kasane copy, one layer changed", again["kasane copy"])
        for name in ("curl -T", "skopeo copy", "buildah push"):
            row(f"{name}, one layer changed", again[name], f"{ratio(again[name], again['kasane copy'])} of kasane's time")
        self.latency()

    def latency(self):
        cache = self.cache_with_packages("cache")
        many = ("--max-layer-size", "16MiB", "--max-layers", "64")
        with DockerRegistry(self.fresh("registry")) as server, SlowLine(server.port, 0.03) as line:
            self.kasane_push(cache, f"{line.host}/one:1", *many)
            same = [self.kasane_push(cache, f"{line.host}/one:1", *many) for _ in range(self.rounds)]
            row("unchanged, 30 ms a request", [seconds for seconds, _ in same], f"{same[0][1]['requests']} requests")
            empty = [self.kasane_push(self.fresh("empty"), f"{line.host}/other-{number}:1", *many)
                     for number in range(self.rounds)]
            known = sum(layer["origin"] == "mounted" for layer in empty[0][1]["layers"])
            row("empty disk, 30 ms a request", [seconds for seconds, _ in empty],
                f"{known} layers mounted, {empty[0][1]['requests']} requests, "
                f"{empty[0][1]['bytes']['fetched']} bytes of packages")

    def kasane_push(self, cache, target, *more):
        command = [self.kasane, "build", self.work / "bench.yml", "--base", f"oci:{self.base}", "--push", target,
                   "--no-compile", "--json", *more]
        seconds, _, out = measured(command, KASANE_CACHE_DIR=str(cache))
        return seconds, json.loads(out)

    def copying(self, tool, layout, server):
        if tool == "kasane copy":
            return [self.kasane, "copy", f"oci:{layout}:t", f"{server.host}/app:1"]
        return ["skopeo", "copy", "-q", "--insecure-policy", "--dest-tls-verify=false", f"oci:{layout}:t",
                f"docker://{server.host}/app:1"]

    def curl(self, server, layout, but_those_of=None):
        """The blobs alone, sent by curl, eight at once."""
        places = []
        for path in (layout / "blobs/sha256").iterdir():
            if but_those_of and (but_those_of / "blobs/sha256" / path.name).exists():
                continue
            connection = http.client.HTTPConnection(server.host)
            connection.request("POST", "/v2/app/blobs/uploads/")
            place = connection.getresponse().getheader("Location")
            places.append((path, f"{place}&digest=sha256:{path.name}"))
        arguments = [word for path, url in places for word in ("-T", path, "-o", "/dev/null", url)]
        return measured(["curl", "-sSf", "-Z", "--parallel-max", "8", "-H", "Content-Type: application/octet-stream",
                         *arguments])[0]

    def buildah_push(self, server, layout, keep=False):
        root = self.room / "storage" if keep else self.fresh("storage")
        storage = ["--root", root, "--runroot", self.fresh("run"), "--storage-driver", "overlay"]
        image = call(["buildah", *storage, "pull", "-q", f"oci:{layout}:t"]).strip()
        return measured(["buildah", *storage, "push", "-q", "--tls-verify=false", image,
                         f"docker://{server.host}/app:1"])[0]

    def giant(self):
        """One package of 2 GB."""
        place = self.work / "giant"
        if not (place / "bench.yml").exists():
            call([sys.executable, "-B", "-m", "bench.make", place, "--debs", self.work / "debs", "--packages", "60",
                  "--added", "2G", "--size", "400M"], cwd=FIXTURES)
        other = Bench.__new__(Bench)
        other.__dict__.update(self.__dict__, work=place)
        seconds, memory, report = other.kasane_build(other.cache_with_packages("cache"), other.fresh("image"), "added.yml")
        row("an environment with a 2 GB package", [seconds], f"{report['bytes']['built'] / 1e6:.0f} MB of layers, "
            f"peak memory {memory} MB")

    def index(self):
        """The index of a channel as large as conda-forge was in 2024, against simdjson's walk over the same JSON."""
        data = os.environ.get("KASANE_TEST_DATA")
        if not data:
            print("skipped: KASANE_TEST_DATA is not set, which the channel is made of")
            return
        channel = self.work / "channel"
        if not (channel / "linux-64/repodata.json").exists():
            call([sys.executable, "-B", HERE / "make_conda_channel.py", data, channel])
        for subdir in ("linux-64", "noarch"):
            print(f"{subdir}:\n" + call([self.build / "tests/benchmarks/index_bench", channel / subdir / "repodata.json",
                                        self.room]), end="", flush=True)


def write_layout(layout, count, size, but_last_of=None):
    """An image of layers that do not compress; or that of another layout, but for the last layer."""
    blobs = layout / "blobs/sha256"
    shutil.rmtree(layout, ignore_errors=True)
    blobs.mkdir(parents=True)

    def put(data):
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    layers, diff_ids = [], []
    if but_last_of:
        for path in (but_last_of / "blobs/sha256").iterdir():
            os.link(path, blobs / path.name)
        entry = json.loads((but_last_of / "index.json").read_text())["manifests"][0]
        manifest = json.loads((blobs / entry["digest"][7:]).read_text())
        layers = manifest["layers"][:-1]
        diff_ids = json.loads((blobs / manifest["config"]["digest"][7:]).read_text())["rootfs"]["diff_ids"][:-1]
    for number in range(len(layers), count):
        chance = random.Random(number + 1000 * bool(but_last_of))
        member = tarfile.TarInfo(f"file-{number}")
        member.size = size
        plain = io.BytesIO()
        with tarfile.open(fileobj=plain, mode="w") as tar:
            tar.addfile(member, io.BytesIO(chance.randbytes(size)))
        data = plain.getvalue()
        diff_ids.append("sha256:" + hashlib.sha256(data).hexdigest())
        packed = subprocess.run(["gzip", "-1", "-n"], input=data, capture_output=True, check=True).stdout
        layers.append(dict(put(packed), mediaType="application/vnd.oci.image.layer.v1.tar+gzip"))
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": diff_ids}})
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": dict(put(config.encode()), mediaType="application/vnd.oci.image.config.v1+json"),
                "layers": layers}
    entry = dict(put(json.dumps(manifest).encode()), mediaType=manifest["mediaType"],
                 annotations={"org.opencontainers.image.ref.name": "t"})
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


def call(command, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))[:200]}\n{done.stdout}{done.stderr}")
    return done.stdout


def measured(command, **environment):
    """Seconds (on the clock, and of the processors), peak memory in MB and output of a program."""
    begin = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env={**os.environ, **environment})
    out = process.stdout.read()
    error = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begin
    if status != 0:
        raise SystemExit(f"{' '.join(map(str, command))[:200]}\n{error.decode()}")
    return Seconds(seconds, usage.ru_utime + usage.ru_stime), usage.ru_maxrss // 1024, out.decode()


class Seconds(float):
    """Seconds on the clock, with those that the processors worked."""

    def __new__(cls, clock, processors):
        made = super().__new__(cls, clock)
        made.processors = processors
        return made


def ratio(these, those):
    text = f"{statistics.median(these) / statistics.median(those):.2f} x"
    if all(isinstance(time, Seconds) for time in [*these, *those]):
        work = [statistics.median(time.processors for time in times) for times in (these, those)]
        text += f" ({work[0] / work[1]:.2f} x in processor time)"
    return text


def row(what, times, note=""):
    work = ""
    if all(isinstance(time, Seconds) for time in times):
        work = f", {statistics.median(time.processors for time in times):.3f} s of processors"
    print(f"{what:44} {statistics.median(times):8.3f} s  ({min(times):.3f} to {max(times):.3f}){work}  {note}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="cold,join,change,byte_code,tools,growth,giant,push,index")
    options = parser.parse_args()
    bench = Bench(options)
    names = options.only.split(",")
    if names == ["index"]:
        bench.make_room()
    else:
        bench.prepare()
    for name in names:
        print(f"-- {name}: {getattr(bench, name).__doc__.splitlines()[0]}", flush=True)
        getattr(bench, name)()
    shutil.rmtree(bench.room)


if __name__ == "__main__":
    main()
