"""`make demo`, as it is shown to people."""

import re
import subprocess
import time
import unittest

from support import DEMO, KASANE, SOURCE, EndToEndTest


class Demo(EndToEndTest):
    def test_it_runs_within_a_minute(self):
        start = time.monotonic()
        result = subprocess.run(["sh", SOURCE / "fixtures/demo/run.sh", KASANE], text=True, capture_output=True,
                                stdin=subprocess.DEVNULL, timeout=200,
                                env=self.environment(KASANE_DEMO_DIR=DEMO), check=False)
        seconds = time.monotonic() - start
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.see(f"{seconds:.1f} s")
        for part in ("numpy 1.24.2 and pandas 1.5.3", "scikit-learn 1.2.1 is there"):
            self.assertIn(part, result.stdout)
        environments = re.findall(r"^environment +(\S+)$", result.stdout, re.MULTILINE)
        self.assertEqual(len(set(environments)), 2)
        self.assertLess(seconds, 60)


if __name__ == "__main__":
    unittest.main()
