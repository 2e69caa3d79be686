"""Ask a cluster, with the credentials of a kubeconfig: the only module that knows kr8s."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import yaml

from pachlite.errors import Unsupported
from pachlite.forward.connect import Identity
from pachlite.forward.kubernetes.pods import Json
from pachlite.forward.kubernetes.target import Place
from pachlite.forward.targets import Target

if TYPE_CHECKING:
    import httpx
    from kr8s.asyncio import Api

ANSWER_TIMEOUT_S: Final = 10.0
_HTTPS_PORT: Final = 443
_HTTP_PORT: Final = 80
_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_FIRST_ERROR: Final = 400
_VERSIONS: Final = {"deployments": "apps/v1"}
_UNREADABLE: Final = (
    *(ValueError, LookupError, TypeError, AttributeError, yaml.YAMLError),  # a wrong kubeconfig
    *(FileNotFoundError, IsADirectoryError, ssl.SSLError),  # what it names is not there, or wrong
    RuntimeError,  # a program that was to give a token ended with an error
)
_FILES: Final = {
    "client_key_file": "client-key",
    "client_cert_file": "client-certificate",
    "server_ca_file": "certificate-authority",
}
"""Where kr8s has files, and what names them in a kubeconfig; those that are not named it wrote."""


@dataclass(frozen=True, slots=True)
class ApiServer:
    """How to reach an API server, and as whom.

    Attributes:
        path: What all its paths begin with.
        identity: What to trust, where it speaks TLS.
    """

    target: Target
    path: str
    identity: Identity | None
    authorization: str = field(repr=False)


class Cluster:
    """A cluster, as one user sees it. Whoever is refused reads the credentials again, once.

    Args:
        place: Where its kubeconfig is, and which of its contexts.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._api: Api | None = None
        self._server: ApiServer | None = None
        self._opening = asyncio.Lock()

    @property
    def namespace(self) -> str:
        """The namespace that is looked into, once the credentials are known."""
        if self._place.namespace or self._api is None:
            return self._place.namespace or "default"
        auth = self._api.auth
        if not hasattr(auth, "kubeconfig"):
            return auth.namespace
        found: Json = auth.kubeconfig.get_context(auth.active_context)
        return str(found.get("namespace") or "default")

    async def server(self) -> ApiServer:
        """Return the API server with valid credentials.

        Raises:
            OSError: The credentials cannot be had.
        """
        await self._opened()
        assert self._server is not None, "it was opened"
        return self._server

    async def renew(self) -> None:
        """Read the credentials again.

        Raises:
            OSError: They cannot be had.
        """
        api = await self._opened()
        with _understood():
            await api.reauthenticate()
            await self._keep(api)

    async def get(self, plural: str, name: str) -> Json:
        """Return an object of the namespace.

        Raises:
            FileNotFoundError: There is none of that name.
            PermissionError: The role does not let us.
            OSError: The cluster cannot be asked now.
        """
        return await self._ask("get", plural, name)

    async def list_pods(self, selector: str) -> list[Json]:
        """Return the pods that a selector chooses, as `get` does."""
        found = await self._ask("list", "pods", params={"labelSelector": selector})
        return list(found.get("items") or ())

    async def _ask(
        self, verb: str, plural: str, name: str = "", params: Mapping[str, str] | None = None
    ) -> Json:
        await self._opened()
        response = await self._request(plural, name, params or {}, is_last=False)
        if response.status_code == _UNAUTHORIZED:
            response = await self._request(plural, name, params or {}, is_last=True)
        self._check(response, f"{verb} {plural}", f"{plural.removesuffix('s')} {name}")
        try:
            found: Json = response.json()
        except ValueError as error:
            raise ConnectionRefusedError("what answers is no API server") from error
        return found

    async def _request(
        self, plural: str, name: str, params: Mapping[str, str], *, is_last: bool
    ) -> httpx.Response:
        """Send a request; where it is the last try, kr8s reads the credentials again by itself."""
        from kr8s import ServerError  # noqa: PLC0415 - see _opened

        api = await self._opened()
        with _understood():
            try:
                async with api.call_api(
                    version=_VERSIONS.get(plural, "v1"),
                    namespace=self.namespace,
                    url=f"{plural}/{name}".rstrip("/"),
                    params=dict(params),
                    headers={"Connection": "close"},
                    raise_for_status=is_last,
                ) as response:
                    found = response
            except ServerError as error:
                if error.response is None:
                    raise
                found = error.response
            if is_last:
                await self._keep(api)
        return found

    def _check(self, response: httpx.Response, action: str, what: str) -> None:
        code = response.status_code
        if code == _UNAUTHORIZED:
            raise PermissionError("the API server does not accept the credentials (401)")
        if code == _FORBIDDEN:
            raise PermissionError(f"the role may not {action} in namespace {self.namespace} (403)")
        if code == _NOT_FOUND:
            raise FileNotFoundError(f"there is no {what} in namespace {self.namespace}")
        if code >= _FIRST_ERROR:
            raise ConnectionRefusedError(f"the API server answers {code} {response.reason_phrase}")

    async def _opened(self) -> Api:
        """Read the credentials, if that has not been done."""
        import kr8s.asyncio  # noqa: PLC0415 - it takes a second, and may be missing

        async with self._opening:
            if self._api is not None:
                return self._api
            with _understood(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # versions of clusters that it was not tried with
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    api = await kr8s.asyncio.api(
                        kubeconfig=self._place.kubeconfig or None,
                        context=self._place.context or None,
                    )
                api.timeout = ANSWER_TIMEOUT_S
                await self._keep(api)
            self._api = api
            return api

    async def _keep(self, api: Api) -> None:
        """Keep the credentials in memory only: kr8s leaves private keys in temporary files."""
        if api.auth.proxy:
            raise ConnectionRefusedError("clusters behind a proxy-url cannot be forwarded to")
        trust = await api.auth.ssl_context()  # type: ignore[no-untyped-call] # True or a context
        url = urlsplit(api.auth.server)
        is_tls = url.scheme == "https"
        port = url.port or (_HTTPS_PORT if is_tls else _HTTP_PORT)
        host = url.hostname or ""
        tls = trust if isinstance(trust, ssl.SSLContext) else ssl.create_default_context()
        self._server = ApiServer(
            Target(host, port, is_tls=is_tls),
            url.path.rstrip("/"),
            Identity(tls, api.auth.tls_server_name or host) if is_tls else None,
            f"Bearer {api.auth.token.strip()}" if api.auth.token else "",
        )
        _remove_temporary(api)

    def __repr__(self) -> str:
        return f"Cluster({self._place}, {'known' if self._api else 'unknown'})"


def require_kr8s() -> None:
    """Load what asks clusters; raise `Unsupported` if it is not installed."""
    try:
        import kr8s  # noqa: F401, PLC0415 - see _opened
    except ImportError as error:
        raise Unsupported(
            "forwarding to Kubernetes needs the package kr8s",
            hint="pip install 'pachlite[k8s]'",
        ) from error


class NoCredentials(ConnectionRefusedError):
    """The kubeconfig does not say who to be, or what it names cannot tell."""


@contextmanager
def _understood() -> Iterator[None]:
    """Turn what kr8s and the libraries below it raise into errors of a dial."""
    import httpx  # noqa: PLC0415 - it comes with kr8s
    from kr8s import APITimeoutError, ServerError  # noqa: PLC0415 - see _opened

    try:
        yield
    except (httpx.HTTPError, APITimeoutError) as error:
        said = str(error) or "it broke the connection off"
        raise ConnectionRefusedError(f"the API server cannot be reached: {said}") from error
    except ServerError as error:
        raise PermissionError(f"the API server refuses: {error}") from error
    except _UNREADABLE as error:
        lines = str(error).strip("'").splitlines() or [type(error).__name__]
        said = lines[-1 if isinstance(error, RuntimeError) else 0]
        raise NoCredentials(f"no credentials for a cluster: {said}") from error


def _remove_temporary(api: Api) -> None:
    """Remove the files that kr8s has written a user's key into; they have been read."""
    auth = api.auth
    if not hasattr(auth, "kubeconfig"):
        return
    context: Json = auth.kubeconfig.get_context(auth.active_context)
    named = {
        *auth.kubeconfig.get_user(context["user"]),
        *auth.kubeconfig.get_cluster(context["cluster"]),
    }
    for attribute, name in _FILES.items():
        path = getattr(auth, attribute)
        if path and name not in named:
            with suppress(OSError):
                Path(str(path)).unlink()
