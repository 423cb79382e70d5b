"""The table of counts, after all tests of generated input."""

import resource

import pytest
from fire_kit import COUNTS, FAULTS, MOST_BYTES


@pytest.fixture(scope="session", autouse=True)
def table():
    """What was answered how often, and what must not be."""
    yield
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    FAULTS["processes over 3 GB"] += largest > MOST_BYTES
    print("\n| kind | answers |\n|---|---|")
    for kind, count in sorted(COUNTS.items()):
        print(f"| {kind} | {count:,} |")
    print(f"| in all | {sum(COUNTS.values()):,} |")
    for kind, count in FAULTS.items():
        print(f"| **{kind}** | {count:,} |")
