"""A file system as one subject may use it: every method checks first, lists leave out the rest.

`guard_rules.py` says what each method needs; a method it does not name cannot be called at all.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self, cast

from pachlite.pfs.api import PFS
from pachlite.pfs.infos import StoreInfo
from pachlite.pfs.permissions import Permission, Resource
from pachlite.store.access import AccessCheck
from pachlite.store.guard_rules import RULES, Need, Rule, resource_of


class GuardedPFS:
    """See `pfs.api.PFS`. Its methods are made of the rules; it closes nothing.

    Args:
        pfs: Does the work; it records the subject as the creator of what it makes.
        access: Says what the subject may do.
    """

    def __init__(self, pfs: PFS, access: AccessCheck, subject: str) -> None:
        self.pfs = pfs
        self.subject = subject
        self._access = access

    def __repr__(self) -> str:
        return f"<GuardedPFS {self.subject} on {self.pfs!r}>"

    @property
    def reads_inline(self) -> bool:
        return self.pfs.reads_inline

    def inspect_store(self) -> StoreInfo:
        return self.pfs.inspect_store()

    def allows(self, permission: Permission, resource: Resource) -> bool:
        """Say whether the subject has a permission."""
        return self._access.allows(self.subject, permission, resource)

    def require(self, permission: Permission, resource: Resource) -> None:
        """Raise `NotAuthorized` unless the subject has a permission."""
        self._access.require(self.subject, permission, resource)

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass


def guarded(pfs: PFS, access: AccessCheck, subject: str) -> PFS:
    """Return a file system as a subject may use it."""
    return cast("PFS", GuardedPFS(pfs, access, subject))


def _method(name: str, rule: Rule) -> Callable[..., Any]:
    """Make the method that checks what a rule says, and then does it."""
    signature = inspect.signature(getattr(PFS, name))
    checks = list(_placed(signature, rule))

    def checked(self: GuardedPFS, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any method
        for need, place in checks:
            value = args[place] if place < len(args) else kwargs.get(need.argument)
            if value is not None or need.argument not in rule.optional:
                self.require(need.permission, resource_of(need, value))
        if rule.run is None:
            return getattr(self.pfs, name)(*args, **kwargs)
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        return rule.run(self, **dict(list(bound.arguments.items())[1:]))

    checked.__name__ = name
    return checked


def _placed(signature: inspect.Signature, rule: Rule) -> Iterator[tuple[Need, int]]:
    """Yield what is needed, and where among the arguments its resource stands."""
    names = list(signature.parameters)[1:]
    for need in rule.needs:
        yield need, names.index(need.argument) if need.argument else len(names)


for _name, _rule in RULES.items():
    setattr(GuardedPFS, _name, _method(_name, _rule))
