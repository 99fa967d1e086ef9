"""How fast is the search beside other engines? Measures and writes ``docs/benchmarks.md``."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks import page
from benchmarks.engines import ENGINES
from benchmarks.measure import measure

SIZES = (1_000, 10_000, 100_000)
LARGE = (1_000_000,)


def main() -> int:
    """Read the command line, measure, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--large", action="store_true", help="a million documents (30 minutes)")
    parser.add_argument("--sizes", type=int, nargs="+", help="other numbers of documents")
    parser.add_argument(
        "--engines",
        nargs="+",
        default=[],
        choices=[engine.name for engine in ENGINES],
        help="only these, and nothing is written",
    )
    parser.add_argument("--page", action="store_true", help="write the page anew, measure nothing")
    arguments = parser.parse_args()
    runs = {run.documents: run for run in page.saved()}
    sizes = () if arguments.page else arguments.sizes or (LARGE if arguments.large else SIZES)
    missing = [engine.name for engine in ENGINES if not engine.installed]
    if missing and not arguments.page:
        print(f"Not installed, left out: {', '.join(missing)}.", file=sys.stderr)
    for size in sizes:
        folder = Path(tempfile.mkdtemp(prefix="wenju-benchmark-"))
        try:
            run = measure(size, folder, only=arguments.engines)
        finally:
            shutil.rmtree(folder)
        runs[size] = run
        print(page.table(run), flush=True)
    if not arguments.engines:
        ordered = [runs[size] for size in sorted(runs)]
        lines = json.dumps([run.to_json() for run in ordered], indent=1, ensure_ascii=False)
        page.RESULTS.write_text(lines + "\n", encoding="utf-8")
        page.write_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
