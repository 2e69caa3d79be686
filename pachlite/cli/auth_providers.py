"""The commands of pachctl about identity providers: they say in one line that there are none."""

from __future__ import annotations

from pachlite.errors import NoIdentityProvider


def auth_get_config() -> None:
    """Say that there is no identity provider to configure.

    Examples:
      pachlite auth get-config

    Next: pachlite auth get-auth-token alice
    """
    raise NoIdentityProvider("auth get-config")


def auth_set_config() -> None:
    """Say that there is no identity provider to configure.

    Examples:
      pachlite auth set-config

    Next: pachlite auth get-auth-token alice
    """
    raise NoIdentityProvider("auth set-config")


def auth_get_groups() -> None:
    """Say that there is no identity provider, and so there are no groups.

    Examples:
      pachlite auth get-groups

    Next: pachlite auth set project default projectWriter allClusterUsers
    """
    raise NoIdentityProvider("auth get-groups")
