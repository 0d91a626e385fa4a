"""The class of a role by its name."""

from typing import Dict, Type

from ..parts import Parts
from .compute import Compute
from .controller import Controller
from .role import Role
from .vnc_proxy_retirement import VncProxyRetirement


def role_of(parts: Parts) -> Role:
    """What the context's role has to say."""
    classes: Dict[str, Type[Role]] = {
        "controller": Controller,
        "compute": Compute,
        "vnc-proxy-retirement": VncProxyRetirement,
    }
    return classes[parts.context.role](parts)
