"""Check what can be known before anything starts: names, loops, who could come in."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Iterator, Sequence

from pachlite.errors import InvalidOption
from pachlite.forward.health import describe
from pachlite.forward.kubernetes.checking import check_in_cluster
from pachlite.forward.kubernetes.target import ClusterTarget
from pachlite.forward.resolve import Address, lookup
from pachlite.forward.targets import Route, Target, bracketed, is_loopback


def check(targets: Sequence[Target | ClusterTarget], routes: Sequence[Route]) -> list[str]:
    """Return warnings about what is odd but can work.

    Raises:
        InvalidOption: It cannot work: a host does not exist, or a target is the forwarder itself.
    """
    warnings = [*_exposure(routes)]
    reached = dict.fromkeys(each.at_port(route.remote_port) for route in routes for each in targets)
    warnings += check_in_cluster(each for each in reached if isinstance(each, ClusterTarget))
    for target in reached:
        if not isinstance(target, Target):
            continue
        try:
            addresses = lookup(target.host, target.port)
        except OSError as error:
            warnings.append(_unresolved(target, error, is_only=len(targets) == 1))
            continue
        _refuse_loop(target, addresses, routes)
    return list(dict.fromkeys(warnings))


def _exposure(routes: Sequence[Route]) -> Iterator[str]:
    for route in routes:
        for address in route.addresses:
            if not is_loopback(address):
                yield (
                    f"everybody who can reach {bracketed(address)}:{route.port} can use the target;"
                    " only its own authentication protects it"
                )


def _unresolved(target: Target, error: OSError, *, is_only: bool) -> str:
    message = f"cannot resolve {target.host}: {describe(error)}"
    is_final = error.errno in {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None)}
    if is_final and is_only:
        raise InvalidOption(message, hint="check the name, or give the address") from error
    return message


def _refuse_loop(target: Target, addresses: Sequence[Address], routes: Sequence[Route]) -> None:
    listening = {(address, route.port) for route in routes for address in route.addresses}
    for address in addresses:
        host, port = address.sockaddr[:2]
        host = host.partition("%")[0]  # the zone of a link-local address
        everywhere = {("0.0.0.0", port), ("::", port)} & listening  # noqa: S104 - compared only
        if (host, port) in listening or (everywhere and _is_here(host)):
            raise InvalidOption(
                f"target {target} is where the forwarder itself listens",
                hint="listen on another port with --port, or name another target",
            )


def _is_here(host: str) -> bool:
    """Say whether an address is one of this machine's own."""
    if ipaddress.ip_address(host).is_unspecified:
        return True
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as trial:
        try:
            trial.bind((host, 0))
        except OSError as error:
            return error.errno not in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
    return True
