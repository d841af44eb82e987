"""`python -m dashboards.lint`: checks the dashboards that are committed; ends with 1 if something is wrong."""

import sys

from dashboards.boards import boards
from dashboards.lint.exclusions import read
from dashboards.lint.rules import RULES, said


def main() -> int:
    """Say what is wrong. Returns the exit code."""
    checked = boards()
    problems = said(checked, read())
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    counted = f"{len(problems)} problems" if problems else "no problem"
    sys.stdout.write(f"{len(checked)} dashboards, {len(RULES)} rules: {counted}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
