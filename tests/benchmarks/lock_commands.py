"""Times `kasane lock` as people run it, over a channel as large as conda-forge was in May 2024.

    python3 lock_commands.py BUILD_DIR CHANNEL CASES.jsonl [--count 60] [--rounds 20]

CHANNEL is what make_conda_channel.py made, CASES are ten requirements each (`lock_cases.py DATA --tens 200 --channel
made`). Times are of the whole command, from its start to its end, and so is peak memory.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time


class Commands:
    def __init__(self, options, folder):
        self.kasane = options.build.resolve() / "kasane"
        self.channel = options.channel.resolve()
        self.folder = pathlib.Path(folder)
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": folder, "KASANE_HOME": f"{folder}/home",
                            "CONDA_OVERRIDE_GLIBC": "2.35"}

    def write_spec(self, name, requests):
        place = self.folder / name
        place.mkdir()
        lines = ["channels:", f"  - {self.channel.as_uri()}", "dependencies:"]
        lines += [f"  - {json.dumps(text)}" for text in requests]
        (place / "environment.yml").write_text("\n".join(lines) + "\n")
        return place / "environment.yml"

    def run(self, *arguments):
        """Seconds, peak memory in MB, and the exit code."""
        begin = time.monotonic()
        process = subprocess.Popen([self.kasane, *arguments], env=self.environment, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        return time.monotonic() - begin, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)


def row(what, runs):
    times = sorted(seconds * 1000 for seconds, _, _ in runs)
    high = times[max(0, -(-len(times) * 95 // 100) - 1)]
    print(f"{what:44} {len(runs):3} runs: median {statistics.median(times):7.1f} ms, 95 % {high:7.1f} ms, "
          f"most {times[-1]:7.1f} ms; peak {max(memory for _, memory, _ in runs):5.0f} MB", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("channel", type=pathlib.Path)
    parser.add_argument("cases", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    cases = [json.loads(line) for line in options.cases.read_text().splitlines()][:options.count]
    folder = tempfile.mkdtemp(prefix="kasane-bench-", dir="/dev/shm")
    try:
        commands = Commands(options, folder)
        small = commands.write_spec("small", ["python"])
        row("the first lock, which makes the indexes", [commands.run("lock", small)])
        row("version", [commands.run("--version") for _ in range(options.rounds)])
        row("a lock that fits", [commands.run("lock", small) for _ in range(options.rounds)])
        specs = [commands.write_spec(case["id"], case["requests"]) for case in cases]
        for time_ in ("the first time", "warm"):
            runs = []
            for spec in specs:
                (spec.parent / "conda-lock.yml").unlink(missing_ok=True)
                runs.append(commands.run("lock", spec))
            row(f"ten requirements, solved, {time_}", [run for run in runs if run[2] == 0])
            row(f"ten requirements, refused, {time_}", [run for run in runs if run[2] == 3])
            odd = {run[2] for run in runs} - {0, 3}
            assert not odd, odd
        row("a lock of ten requirements that fits",
            [commands.run("lock", spec) for spec in specs if (spec.parent / "conda-lock.yml").exists()])
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
