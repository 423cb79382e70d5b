"""The guards of conftest.py guard."""

import os
import socket
import urllib.request
from pathlib import Path

import pytest
from network import NetworkDenied


def test_other_machines_cannot_be_reached():
    """Neither by name, nor by address, nor through a library on top."""
    with pytest.raises(NetworkDenied, match=r"example\.org"):
        socket.create_connection(("example.org", 80), timeout=1)
    with pytest.raises(NetworkDenied, match=r"192\.0\.2\.1"), socket.socket() as client:
        client.connect(("192.0.2.1", 80))
    with pytest.raises(NetworkDenied):
        urllib.request.urlopen("http://example.org/", timeout=1)


def test_this_machine_can_be_reached():
    """A server on loopback answers, as the page's tests need."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=5) as client,
    ):
        client.sendall(b"x")
        served, _ = server.accept()
        with served:
            assert served.recv(1) == b"x"


def test_home_is_not_the_users(own_home):
    """`~` is a fresh folder, also for what a test starts."""
    assert Path.home() == own_home == Path(os.environ["HOME"])
