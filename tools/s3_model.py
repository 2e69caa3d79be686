"""What botocore knows of the operations of S3, kept in a file so that nothing else needs botocore.

Usage: python -m tools.s3_model
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

KEPT: Final = Path(__file__).with_name("s3_model.json")
_SELECTING_HEADERS: Final = ("x-amz-copy-source", "x-amz-request-route")


@dataclass(frozen=True, slots=True)
class ModelOperation:
    """What a request of an operation looks like at least."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: list[str] = field(default_factory=list)


def load_model() -> dict[str, ModelOperation]:
    """Return the operations by name, as they have been kept."""
    kept = json.loads(KEPT.read_text())
    return {name: ModelOperation(**fields) for name, fields in kept.items()}


def read_model() -> dict[str, ModelOperation]:
    """Return the operations that the installed botocore knows."""
    import botocore.session  # noqa: PLC0415 - whoever reads what is kept needs none

    service = botocore.session.get_session().get_service_model("s3")
    return {name: _describe(service.operation_model(name)) for name in service.operation_names}


def _describe(operation: Any) -> ModelOperation:  # noqa: ANN401 - botocore has no types
    path, _, query = operation.http["requestUri"].partition("?")
    shape = operation.input_shape
    places = [
        shape.members[name].serialization for name in (shape.required_members if shape else ())
    ]
    required = [place["name"] for place in places if place.get("location") == "querystring"]
    headers = [place["name"] for place in places if place.get("location") == "header"]
    return ModelOperation(
        operation.http["method"],
        path,
        {**dict(parse_qsl(query, keep_blank_values=True)), **dict.fromkeys(required, "1")},
        [name for name in headers if name in _SELECTING_HEADERS],
    )


def main() -> None:
    """Keep what the installed botocore knows."""
    model = {name: asdict(operation) for name, operation in sorted(read_model().items())}
    lines = [f"{json.dumps(name)}: {json.dumps(fields)}" for name, fields in model.items()]
    KEPT.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
