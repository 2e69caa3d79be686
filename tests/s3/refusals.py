"""Expecting a client to be refused."""

from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError


@contextmanager
def refused(code, status):
    """Expect an error of S3 with this code and status."""
    with pytest.raises(ClientError) as caught:
        yield caught
    response = caught.value.response
    found = (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"])
    assert found == (code, status)
