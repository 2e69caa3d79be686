"""The checksums of an upload: those named for its parts, and that of the whole. Nothing is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pachlite.content import sums
from pachlite.errors import DigestMismatch, InvalidPart, UnfitUpload
from pachlite.pfs.infos import IMPLICIT_SUM, Checksum, CompletedPart, SumType


@dataclass(frozen=True, slots=True)
class UploadSums:
    """What an upload was begun with. Without an algorithm one is summed up all the same."""

    declared: str
    declared_type: str

    @property
    def algorithm(self) -> str:
        """The algorithm of the checksum of the whole."""
        return self.declared or IMPLICIT_SUM

    @property
    def type(self) -> SumType:
        """How that checksum is made."""
        if not self.declared:
            return SumType.FULL_OBJECT
        return SumType(self.declared_type or SumType.COMPOSITE)

    def check_type(self, named: str) -> None:
        """Raise `UnfitUpload` when a completion names another type."""
        if self.declared and named and named != self.type:
            raise UnfitUpload(
                f"The upload was created using the {self.type} checksum mode. "
                "The complete request must use the same checksum mode."
            )

    def check_part(self, named: CompletedPart, stored: Sequence[Checksum]) -> None:
        """Raise unless the checksums named for a part are those it arrived with."""
        if not self.declared:
            return
        known = self.of_part(stored)
        for checksum in named.checksums:
            if checksum.algorithm != self.declared:
                raise DigestMismatch(checksum.algorithm, checksum.value, "not of that algorithm")
            if known is not None and checksum.value != known.value:
                reason = f"its {self.declared} is {known.value}, {checksum.value} was named"
                raise InvalidPart(named.number, reason)
        if not named.checksums and self.type is SumType.COMPOSITE:
            raise UnfitUpload(
                f"The upload was created using a {self.declared.lower()} checksum. "
                "The complete request must include the checksum for each part. "
                f"It was missing for part {named.number} in the request."
            )

    def of_part(self, stored: Sequence[Checksum]) -> Checksum | None:
        """Return the checksum of a part that counts."""
        return next((each for each in stored if each.algorithm == self.algorithm), None)

    def of_whole(self, parts: Sequence[tuple[Sequence[Checksum], int]]) -> tuple[Checksum, ...]:
        """Return the checksum of the whole, if every part (checksums, size) has one."""
        found = [
            sums.PartSum(checksum.value, size)
            for stored, size in parts
            if (checksum := self.of_part(stored)) is not None
        ]
        if len(found) != len(parts):
            return ()
        join = sums.full_object if self.type is SumType.FULL_OBJECT else sums.composite
        return (Checksum(self.algorithm, join(self.algorithm, found), self.type),)

    def check_whole(self, named: Sequence[Checksum], computed: Sequence[Checksum]) -> None:
        """Raise `DigestMismatch` unless the checksum that is named is the one of the whole.

        It may come with or without the number of parts. Nothing is asked of a checksum that nobody
        declared when the upload began.
        """
        known = {checksum.algorithm: checksum.value for checksum in computed}
        for checksum in named:
            actual = known.get(checksum.algorithm, "") if self.declared else checksum.value
            if actual not in {checksum.value, f"{checksum.value}-{actual.rpartition('-')[2]}"}:
                raise DigestMismatch(checksum.algorithm, checksum.value, actual)
