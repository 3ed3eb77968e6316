"""skips.py REPORT.xml [ALLOWED REASON ...]: fail if a test was skipped for another reason, or if none ran.

Tests that need the real data of FINOBS_DATA_DIR may skip where that folder is not there, and only there.
"""

import os
import sys
import xml.etree.ElementTree as tree
from pathlib import Path


def main(arguments: list[str]) -> int:
    summary = "--summary" in arguments
    report, *allowed = [word for word in arguments if word != "--summary"]
    cases = list(tree.parse(report).iter("testcase"))  # noqa: S314 (the report is our own)
    skips = [(case, skip.get("message") or "") for case in cases for skip in case.iter("skipped")]
    sys.stdout.write(f"{Path(report).stem}: {len(cases)} tests, {len(skips)} of them skipped\n")
    if summary:
        return 0
    data = Path(os.environ.get("FINOBS_DATA_DIR") or Path(__file__).parents[2] / "shared" / "data")
    if not data.is_dir():
        allowed += ["FINOBS_DATA_DIR", "no data at"]
    wrong = [(case, why) for case, why in skips if not any(reason.lower() in why.lower() for reason in allowed)]
    for case, why in wrong:
        sys.stderr.write(f"skipped, and must not be: {case.get('classname')}::{case.get('name')}: {why}\n")
    if len(cases) == len(skips):
        sys.stderr.write(f"{report}: no test ran\n")
        return 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
