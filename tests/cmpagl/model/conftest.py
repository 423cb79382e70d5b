"""What several tests of models start from."""

import pytest
from tiny import tiny_tokenizer_json

from cmpagl.model.text import load_tokenizer


@pytest.fixture
def tokenizer(tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_bytes(tiny_tokenizer_json())
    return load_tokenizer(path)
