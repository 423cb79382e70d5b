"""One explorer for all tests of Look without a page."""

import pytest
from looked import looking_explorer


@pytest.fixture(scope="package")
def explorer(tmp_path_factory):
    return looking_explorer(tmp_path_factory.mktemp("look"))
