"""`python -m bench [NAME ...]`: run benchmarks, all unless some are named."""

import sys
from collections.abc import Callable, Iterator, Mapping

from bench import api, live, rules
from bench.table import Row, printed

BENCHMARKS: Mapping[str, Callable[[], Iterator[Row]]] = {"api": api.rows, "live": live.rows, "rules": rules.rows}


def main(names: list[str]) -> int:
    """Run benchmarks by name; returns the exit code."""
    if unknown := [name for name in names if name not in BENCHMARKS]:
        print(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    for name in names or BENCHMARKS:
        print(f"\n{name}")
        for line in printed(BENCHMARKS[name]()):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
