"""The API on a socket: bound first, so that the printed address is the true one and a taken port is one sentence."""

from __future__ import annotations

import logging
import socket
from copy import deepcopy
from typing import Any

import uvicorn
from uvicorn.config import LOGGING_CONFIG

from service.api import create_app
from service.bootstrap import Service
from service.errors import PortTaken, SettingNotUsable
from service.people.development import WARNING_EN, WARNING_ZH
from service.settings import LOOPBACK, Settings

LOG = logging.getLogger(__name__)
SECONDS_TO_FINISH = 20  # given to requests in flight when the service is told to stop


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises PortTaken."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as refusal:
        raise PortTaken(
            f"the service cannot listen on {host}:{port}",
            found=refusal.strerror or str(refusal),
            expected="an address of this machine and a free port",
            advice=f"choose another: assetlight serve --port {port + 1 if 0 < port < 65535 else 8001}",
        ) from None
    listening.set_inheritable(True)
    return listening


def refuse_development_beyond_loopback(settings: Settings) -> None:
    """The development issuer is for this machine alone. Raises SettingNotUsable."""
    if settings.development_issuer and settings.host not in LOOPBACK:
        raise SettingNotUsable(
            "the development issuer cannot be on where other machines can call",
            field="ASSETLIGHT_HOST",
            expected=", ".join(sorted(LOOPBACK)),
            found=settings.host,
            advice="set up the bank's identity provider, or serve on 127.0.0.1",
        )


def address(listening: socket.socket) -> str:
    """The URL of a listening socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(service: Service, listening: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM; requests in flight are finished."""
    config = uvicorn.Config(
        create_app(service),
        log_config=logging_on_standard_error(),
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
        server_header=False,
    )
    if service.settings.development_issuer:
        LOG.warning("%s %s", WARNING_EN, WARNING_ZH)
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:  # uvicorn has stopped in order and passes the signal on
        return


def logging_on_standard_error() -> dict[str, Any]:
    """Uvicorn's log, none of it on standard output; the service's own log beside it."""
    config = deepcopy(LOGGING_CONFIG)
    config["handlers"]["access"]["stream"] = "ext://sys.stderr"
    config["loggers"]["service"] = {"handlers": ["default"], "level": "INFO", "propagate": False}
    return config
