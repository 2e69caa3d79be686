"""The options of `port-forward`: what their texts mean, and the settings that they come to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import typer

from pachlite.errors import InvalidOption
from pachlite.forward.chaos import ChaosPlan, Fault
from pachlite.forward.kubernetes.target import ClusterTarget, Place, is_in_cluster
from pachlite.forward.targets import (
    DEFAULT_PORT,
    LOCALHOST,
    MAX_PORT,
    Route,
    Target,
    is_loopback,
    listen_addresses,
)

TargetsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[TARGET]...",
        show_default="PACHLITE_ADDRESS or PACHD_ADDRESS",
        help="Where to forward to: HOST:PORT, https://HOST:PORT for a gateway behind TLS, or "
        "svc/NAME, pod/NAME, deploy/NAME in Kubernetes. Of several, the first that can be reached.",
    ),
]
TargetOption = Annotated[
    list[str] | None,
    typer.Option("--target", metavar="TARGET", help="The same as an option; may be repeated."),
]
RouteOption = Annotated[
    list[str] | None,
    typer.Option(
        "-L",
        metavar="[ADDRESS:]LOCAL:REMOTE",
        help="Listen on a local port for a port of the target; may be repeated.",
    ),
]
PortOption = Annotated[
    int | None,
    typer.Option(
        "--port",
        "-p",
        metavar="PORT",
        min=0,
        max=MAX_PORT,
        show_default=str(DEFAULT_PORT),
        help="Listen on this port; 0: a free one.",
    ),
]
GatewayPortOption = Annotated[
    int | None,
    typer.Option(
        "--s3gateway-port",
        "-s",
        metavar="PORT",
        min=0,
        max=MAX_PORT,
        help="Listen on this port as well; S3 and commands share what they connect to.",
    ),
]
RemotePortOption = Annotated[
    int | None,
    typer.Option(
        "--remote-port",
        metavar="PORT",
        min=1,
        max=MAX_PORT,
        show_default="the target's",
        help="The port of the target that --port leads to.",
    ),
]
RemoteGatewayPortOption = Annotated[
    int | None,
    typer.Option(
        "--remote-s3gateway-port",
        metavar="PORT",
        min=1,
        max=MAX_PORT,
        show_default="the target's",
        help="The port of the target that --s3gateway-port leads to.",
    ),
]
AddressOption = Annotated[
    list[str] | None,
    typer.Option(
        "--address",
        metavar="ADDRESS",
        show_default=LOCALHOST,
        help="Listen on this address; may be repeated. Others than this machine's own let "
        "everybody in who can reach them.",
    ),
]
HoldOption = Annotated[
    str,
    typer.Option(
        "--hold",
        metavar="DURATION",
        help="How long a client waits while no target can be reached; 0: it is refused at once.",
    ),
]
DeadAfterOption = Annotated[
    str,
    typer.Option(
        "--dead-after",
        metavar="DURATION",
        help="Break a connection whose other end has been silently gone for so long; 0: never.",
    ),
]
IdleTimeoutOption = Annotated[
    str,
    typer.Option(
        "--idle-timeout",
        metavar="DURATION",
        help="Break a connection that has carried nothing for so long; 0: never.",
    ),
]
DrainOption = Annotated[
    str,
    typer.Option(
        "--drain",
        metavar="DURATION",
        help="How long connections may go on after the signal to stop.",
    ),
]
MaxConnectionsOption = Annotated[
    int,
    typer.Option(
        "--max-connections", metavar="N", min=1, help="Clients at a time; more have to wait."
    ),
]
MaxPendingOption = Annotated[
    int,
    typer.Option(
        "--max-pending", metavar="N", min=1, help="Clients that are held; more have to wait."
    ),
]
ChaosOption = Annotated[
    list[str] | None,
    typer.Option(
        "--chaos",
        metavar="FAULT",
        help="Inject a fault, to see how a client copes: reset, reset-up, reset-down, black-hole, "
        "cut=BYTES, delay=TIME, drip=BYTES or refuse, then ,p=SHARE ,after=TIME ,every=TIME.",
    ),
]


def ignored_option(*names: str) -> typer.models.OptionInfo:
    """Return an option that scripts written for pachctl give."""
    found: typer.models.OptionInfo = typer.Option(
        *names, metavar="VALUE", help="Ignored: pachlite has no such service."
    )
    return found


OidcPortOption = Annotated[str, ignored_option("--oidc-port")]
RemoteOidcPortOption = Annotated[str, ignored_option("--remote-oidc-port")]
DexPortOption = Annotated[str, ignored_option("--dex-port")]
RemoteDexPortOption = Annotated[str, ignored_option("--remote-dex-port")]
ConsolePortOption = Annotated[str, ignored_option("--console-port")]
RemoteConsolePortOption = Annotated[str, ignored_option("--remote-console-port")]
NamespaceOption = Annotated[
    str,
    typer.Option(
        "--namespace",
        "-n",
        metavar="NAME",
        help="The Kubernetes namespace of svc/, pod/ and deploy/; others have none.",
    ),
]
KubeContextOption = Annotated[
    str,
    typer.Option("--kube-context", metavar="NAME", help="The context of the kubeconfig to use."),
]
KubeconfigOption = Annotated[
    str,
    typer.Option(
        "--kubeconfig", metavar="FILE", help="The kubeconfig to use, if not the one of kubectl."
    ),
]

_IGNORED: Final = (
    "--namespace",
    "--oidc-port",
    "--remote-oidc-port",
    "--dex-port",
    "--remote-dex-port",
    "--console-port",
    "--remote-console-port",
)
Ports = dict[int, int | None]

_NO_TARGET: Final = "there is no target to forward to"


def chosen_targets(
    named: Sequence[str], default: str, place: Place
) -> tuple[Target | ClusterTarget, ...]:
    """Return the targets that are named, or the default one; `place` is of those in a cluster."""
    names = named or ([default] if default else [])
    if not names:
        raise InvalidOption(
            _NO_TARGET, hint="name one: pachlite port-forward HOST:PORT, or set PACHLITE_ADDRESS"
        )
    if (place.context or place.kubeconfig) and not any(map(is_in_cluster, names)):
        raise InvalidOption(
            "--kube-context and --kubeconfig are for targets in Kubernetes",
            hint="name one as svc/NAME, pod/NAME or deploy/NAME",
        )
    return tuple(
        dict.fromkeys(
            ClusterTarget.parse(each, place) if is_in_cluster(each) else Target.parse(each)
            for each in names
        )
    )


def chosen_ports(given: Sequence[tuple[int | None, int | None]], *, has_routes: bool) -> Ports:
    """Return local ports and the remote port of each; without any it is the usual one.

    Args:
        given: Local and remote ports; a remote port alone goes with the usual local one.
        has_routes: Whether there is something else to listen on.
    """
    ports = {
        DEFAULT_PORT if local is None else local: remote
        for local, remote in given
        if (local, remote) != (None, None)
    }
    return ports if ports or has_routes else {DEFAULT_PORT: None}


def chosen_routes(
    ports: Ports, typed: Sequence[str], addresses: Sequence[str]
) -> tuple[Route, ...]:
    """Return where to listen.

    Args:
        ports: Local ports, and the remote port of each.
        typed: What was given with -L.
        addresses: What was given with --address.
    """
    where = listen_addresses(list(addresses) or [LOCALHOST])
    routes = [Route.parse(each, where) for each in typed]
    for route in routes:
        hidden = [each for each in route.addresses if not (is_loopback(each) or each in where)]
        if hidden:
            raise InvalidOption(
                f"-L listens on {hidden[0]}, which others can reach",
                hint=f"say that it is meant: --address {hidden[0]}",
            )
    return (*(Route(where, port, remote) for port, remote in ports.items()), *routes)


def chosen_chaos(faults: Sequence[str], seed: int) -> ChaosPlan | None:
    """Return the faults to inject, if there are any."""
    return ChaosPlan(tuple(Fault.parse(each) for each in faults), seed) if faults else None


def ignored(*values: str) -> str:
    """Return a line about the options that are given and ignored, or nothing."""
    names = [name for name, value in zip(_IGNORED, values, strict=True) if value]
    return f"ignored: {', '.join(names)}\n" if names else ""
