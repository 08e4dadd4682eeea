"""The API on a socket: bound first, so that the printed address is the true one and a taken port is one sentence."""

from __future__ import annotations

import gc
import socket
from types import FrameType

import uvicorn

from service.api import create_app
from service.bootstrap import Service
from service.errors import PortTaken, SettingNotUsable
from service.operations.logs import configuration, logger
from service.operations.stopping import Stopping
from service.people.development import WARNING_EN, WARNING_ZH
from service.settings import LOOPBACK, Settings

LOG = logger(__name__)
BETWEEN_COLLECTIONS = 20_000  # objects made and not given back before unreachable rings of them are looked for
SECONDS_TO_CLOSE = 2  # for connections to close when nothing is in flight any more


class Server(uvicorn.Server):
    """Uvicorn, but told to stop it goes on listening until what it had begun is answered: who comes is told 503."""

    def __init__(self, config: uvicorn.Config, stopping: Stopping) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal begins the stop, a second one ends it."""
        if self._stopping.begun:
            super().handle_exit(sig, frame)
            return
        self._captured_signals.append(sig)
        self._stopping.begin()

    async def on_tick(self, counter: int) -> bool:
        """Whether to leave, ten times a second."""
        return await super().on_tick(counter) or self._stopping.over


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
        log_config=configuration(service.settings.log_level),
        access_log=False,  # `service.api.observing` writes it, without paths
        timeout_graceful_shutdown=SECONDS_TO_CLOSE,
        server_header=False,
    )
    if service.settings.development_issuer:
        LOG.warning("development issuer", en=WARNING_EN, zh=WARNING_ZH)
    gc.collect()
    gc.freeze()  # what was made by now stays: looking through it again would hold up a request for a tenth of a second
    gc.set_threshold(BETWEEN_COLLECTIONS)  # by default 700 (2,000 from 3.12), which is about one search a request
    try:
        Server(config, service.stopping).run(sockets=[listening])
    except KeyboardInterrupt:  # uvicorn has stopped in order and passes the signal on
        return
