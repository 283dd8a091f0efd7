import pytest

from tests.engine.node import Node
from tests.engine.pages import small_tokenizer


@pytest.fixture(scope="session")
def node():
    process = Node()
    yield process
    process.close()


@pytest.fixture(scope="session")
def tokenizer():
    return small_tokenizer(420)
