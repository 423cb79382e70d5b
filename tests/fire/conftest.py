"""The table of counts, after all tests of generated input."""

import pytest
from fire_kit import COUNTS


@pytest.fixture(scope="session", autouse=True)
def table():
    """What was answered how often."""
    yield
    print("\n| kind | answers |\n|---|---|")
    for kind, count in sorted(COUNTS.items()):
        print(f"| {kind} | {count:,} |")
