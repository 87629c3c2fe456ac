"""Signatures are those of Amazon's own examples."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from phlo.errors import OperationError
from phlo.operations.s3.signing import Request, Store, signed
from phlo.values import Secret

# Amazon S3 API reference, "Signature Calculations for the Authorization Header", the examples.
STORE = Store(
    endpoint="http://examplebucket.s3.amazonaws.com",
    access_key="AKIAIOSFODNN7EXAMPLE",
    secret_key=Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
)
NOW = datetime(2013, 5, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("request_", "signature"),
    [
        (
            Request(method="GET", path="/test.txt", headers={"Range": "bytes=0-9"}),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            Request(
                method="PUT",
                path="/test$file.text",
                headers={"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
                digest="44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
            ),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            Request(method="GET", path="/", query={"lifecycle": ""}),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            Request(method="GET", path="/", query={"prefix": "J", "max-keys": "2"}),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_a_request_is_signed_as_in_the_example(request_: Request, signature: str) -> None:
    assert signed(request_, STORE, NOW)["authorization"].endswith(f"Signature={signature}")


def test_a_name_is_encoded_where_it_is_sent_and_where_it_is_signed() -> None:
    request = Request(method="GET", path="/b/a b+ü", query={"x y": "1/2"})

    assert request.target == "/b/a%20b%2B%C3%BC?x%20y=1%2F2"


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [("http://minio:9000", ("minio", 9000)), ("http://store", ("store", 80))],
)
def test_the_address_is_that_of_the_endpoint(endpoint: str, address: tuple[str, int]) -> None:
    assert Store(endpoint=endpoint, access_key="a", secret_key="b").address == address


@pytest.mark.parametrize("endpoint", ["https://store:9000", "store:9000", "http://:9000"])
def test_an_endpoint_that_no_container_reaches_is_refused(endpoint: str) -> None:
    with pytest.raises(OperationError, match="is not an address that a container reaches"):
        _ = Store(endpoint=endpoint, access_key="a", secret_key="b").address
