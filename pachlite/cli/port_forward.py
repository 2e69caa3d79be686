"""The command that forwards a local port to a gateway elsewhere, through all interruptions."""

from __future__ import annotations

import sys
from typing import Annotated, Final

import typer

from pachlite.cli import forward_options as options
from pachlite.cli.config_file import session_token
from pachlite.cli.context import default_target, runtime_directory
from pachlite.cli.forward_display import Display, LogFormat, show_running
from pachlite.forward.chaos import parse_duration
from pachlite.forward.kubernetes.target import Place
from pachlite.forward.limits import allow_connections
from pachlite.forward.listening import listen_on
from pachlite.forward.port_owner import port_owner
from pachlite.forward.preflight import check
from pachlite.forward.settings import NEVER_REACHED, TARGET_LOST, Mode, Probe, Service, Settings
from pachlite.forward.targets import Route, Target

_REASONS: Final = {
    TARGET_LOST: "error: the target is lost\n",
    NEVER_REACHED: "error: no target could be reached\n",
}


def port_forward(
    targets: options.TargetsArgument = None,
    *,
    target: options.TargetOption = None,
    route: options.RouteOption = None,
    port: options.PortOption = None,
    s3gateway_port: options.GatewayPortOption = None,
    remote_port: options.RemotePortOption = None,
    remote_s3gateway_port: options.RemoteGatewayPortOption = None,
    address: options.AddressOption = None,
    hold: options.HoldOption = "30s",
    dead_after: options.DeadAfterOption = "20s",
    idle_timeout: options.IdleTimeoutOption = "0",
    drain: options.DrainOption = "10s",
    max_connections: options.MaxConnectionsOption = 512,
    max_pending: options.MaxPendingOption = 256,
    probe: Annotated[
        Probe,
        typer.Option(
            "--probe",
            help="How to look after targets: connect, ask for /~/healthz (auto does where a "
            "target is named as a URL), or not at all.",
        ),
    ] = Probe.AUTO,
    mode: Annotated[
        Mode,
        typer.Option(
            "--mode",
            help="Go through a tunnel, in which connections outlive broken links, or not; auto "
            "does where the target is another machine's gateway.",
        ),
    ] = Mode.AUTO,
    wait_ready: Annotated[
        str,
        typer.Option(
            "--wait-ready",
            metavar="DURATION",
            help="Say that it is ready only when a target was reached; exit with 3 if none is in "
            "that time.",
        ),
    ] = "",
    exit_on_loss: Annotated[
        bool,
        typer.Option("--exit-on-loss", help="Exit with 2 when the targets can no more be reached."),
    ] = False,
    on_reconnect: Annotated[
        str,
        typer.Option(
            "--on-reconnect", metavar="COMMAND", help="Run this in a shell when a target is back."
        ),
    ] = "",
    metrics: Annotated[
        str,
        typer.Option(
            "--metrics", metavar="ADDRESS:PORT", help="Serve metrics for Prometheus there."
        ),
    ] = "",
    status: Annotated[
        bool, typer.Option("--status", help="Show the forwarders that run now, and exit.")
    ] = False,
    json: Annotated[
        bool,
        typer.Option("--json", help="Print where it listens as JSON; with --status that as well."),
    ] = False,
    log_format: Annotated[
        LogFormat, typer.Option("--log-format", help="How events are written to standard error.")
    ] = LogFormat.TEXT,
    chaos: options.ChaosOption = None,
    chaos_seed: Annotated[
        int, typer.Option("--chaos-seed", metavar="N", help="Draw the same faults again.")
    ] = 0,
    namespace: options.NamespaceOption = "",
    kube_context: options.KubeContextOption = "",
    kubeconfig: options.KubeconfigOption = "",
    oidc_port: options.OidcPortOption = "",
    remote_oidc_port: options.RemoteOidcPortOption = "",
    dex_port: options.DexPortOption = "",
    remote_dex_port: options.RemoteDexPortOption = "",
    console_port: options.ConsolePortOption = "",
    remote_console_port: options.RemoteConsolePortOption = "",
) -> None:
    """Forward a local port to a gateway, and keep it open whatever happens to the gateway.

    While no target can be reached, clients are held and served as soon as there is one. To a
    gateway on another machine connections go through a tunnel: when the link breaks, they go on
    over the next one. Elsewhere, whoever was connected when a connection broke sees a reset, never
    a clean end. Runs until interrupted.

    Examples:
      pachlite port-forward gw.example.com
      pachlite port-forward gw-a:30600 gw-b:30600 --port 9000
      pachlite port-forward https://gw.example.com:443 --wait-ready 30s --json
      pachlite port-forward gw.example.com -L 9000:30600 -L 9090:9090
      pachlite port-forward svc/pachlite --namespace data
      pachlite port-forward --status

    Next: aws --endpoint-url http://localhost:30600 s3 ls
    """
    if status:
        show_running(runtime_directory(), is_json=json)
        return
    ports = options.chosen_ports(
        [(port, remote_port), (s3gateway_port, remote_s3gateway_port)], has_routes=bool(route)
    )
    place = Place(namespace, kube_context, kubeconfig)
    names = [*(targets or []), *(target or [])]
    chosen = options.chosen_targets(names, default_target(), place)
    settings = Settings(
        chosen,
        options.chosen_routes(ports, route or [], address or []),
        hold_s=parse_duration(hold),
        dead_after_s=parse_duration(dead_after),
        idle_timeout_s=parse_duration(idle_timeout),
        drain_s=parse_duration(drain),
        max_connections=allow_connections(max_connections),
        max_pending=max_pending,
        probe=probe,
        mode=mode,
        token=session_token(),
        chaos=options.chosen_chaos(chaos or [], chaos_seed),
    )
    service = Service(
        wait_ready_s=parse_duration(wait_ready) if wait_ready else None,
        exits_on_loss=exit_on_loss,
        on_reconnect=on_reconnect,
        metrics=Route.at(metrics) if metrics else None,
    )
    oidc, dex, console = (oidc_port, remote_oidc_port), (dex_port, remote_dex_port), console_port
    unused = namespace if all(isinstance(each, Target) for each in chosen) else ""
    sys.stderr.write(options.ignored(unused, *oidc, *dex, console, remote_console_port))
    _forward(settings, service, Display(log_format, is_json=json, asked=max_connections))


def _forward(settings: Settings, service: Service, display: Display) -> None:
    """Check, listen, and run to the end."""
    display.warn(check(settings.targets, settings.routes))
    listeners = listen_on(settings.routes, port_owner)
    from pachlite.forward.run import Occasion, run

    code = run(Occasion(listeners, settings, service, display, runtime_directory()))
    if code:
        sys.stderr.write(_REASONS[code])
        raise typer.Exit(code)
