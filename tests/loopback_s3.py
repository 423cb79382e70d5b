"""An object store of S3's kind on this machine, by moto, and the environment that leads to it."""

from __future__ import annotations

import os
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def object_store(bucket: str) -> Iterator[dict[str, str]]:
    """A bucket; gives what the environment of who uses it has to say."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        url = "http://{}:{}".format(*server.get_host_and_port())
        made = urllib.request.Request(f"{url}/{bucket}", method="PUT")
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(made).close()
        yield {
            "AWS_ENDPOINT": url,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "anyone",
            "AWS_SECRET_ACCESS_KEY": "anything",
        }
    finally:
        server.stop()


def main() -> None:
    """Open a bucket, say where as lines NAME=VALUE, and close it at the end of the input."""
    with object_store(sys.argv[1]) as said:
        print(*(f"{name}={value}" for name, value in said.items()), "", sep=os.linesep, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
