"""Where events may be sent, as it is written and as it is when the connection is made."""

from __future__ import annotations

import asyncio

import pytest

from service.outbox.addresses import Guard
from service.outbox.errors import AddressRefused
from service.outbox.sending import Sender
from tests.service.outbox.conftest import START, Bank


@pytest.mark.parametrize(
    "url",
    [
        "http://erp.bank.example/in",
        "ftp://erp.bank.example/in",
        "https://user:word@erp.bank.example/in",
        "https://169.254.169.254/latest/meta-data",
        "https://[fe80::1]/in",
        "https://[::ffff:169.254.169.254]/in",
        "https://0.0.0.0/in",
        "https://224.0.0.1/in",
        "https://localhost:8443/in",
        "https://api.localhost/in",
        "https://127.0.0.2/in",
        "https://[::ffff:127.0.0.1]/in",
        "https:///in",
        "https://erp.bank.example:99999/in",
        "https://erp.bank.example/in#part",
        "https://erp.bank.example/i n",
        "file:///etc/passwd",
        "https://erp.bank.example/" + "x" * 2000,
    ],
)
def test_an_address_that_is_no_consumer_is_refused(url: str) -> None:
    """Plain http beyond this machine, credentials in the address, link-local, multicast, nonsense."""
    with pytest.raises(AddressRefused, match="not sent there"):
        Guard().check(url)


@pytest.mark.parametrize(
    "url", ["https://erp.bank.example/in", "https://10.2.3.4:8443/in", "http://127.0.0.1:9/in", "http://[::1]:9/in"]
)
def test_https_anywhere_and_http_on_this_machine_are_let_through(url: str) -> None:
    """A bank's consumers live in its own network."""
    Guard().check(url)


def test_a_list_of_hosts_lets_through_those_alone() -> None:
    """By https or http, whatever the port."""
    guard = Guard(hosts=("erp.bank.example",))
    guard.check("http://ERP.bank.example:8080/in")
    for url in ("https://other.example/in", "http://127.0.0.1/in"):
        with pytest.raises(AddressRefused, match="WEBHOOK_HOSTS"):
            guard.check(url)


@pytest.mark.parametrize("address", ["169.254.169.254", "127.0.0.1", "0.0.0.0", "::1"])  # noqa: S104
def test_a_name_that_leads_elsewhere_by_then_is_not_connected_to(address: str) -> None:
    """The address is looked at when the connection is made (DNS rebinding)."""
    guard = Guard(resolve=lambda *_: [address])
    outcome = asyncio.run(Sender(guard, 5).send("https://erp.bank.example/in", b"s" * 32, "id", b"{}", START))
    assert outcome.problem is not None
    assert outcome.problem.startswith("AddressRefused")


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f000001", "erp.bank.example"])
def test_https_to_this_machine_is_refused_when_somebody_subscribes(host: str) -> None:
    """Whatever name leads there; where the host is named in the settings it is meant."""
    guard = Guard(resolve=lambda *_: ["10.2.3.4", "127.0.0.1"])
    with pytest.raises(AddressRefused, match="leads to this machine"):
        guard.check_where_it_leads(f"https://{host}:8443/in")
    Guard((host,), guard.resolve).check_where_it_leads(f"https://{host}:8443/in")


def test_a_name_that_leads_nowhere_yet_may_be_subscribed() -> None:
    """The consumer may come later; it is looked at again whenever something is sent."""

    def nowhere(*_: object) -> list[str]:
        raise OSError("no such name")

    Guard(resolve=nowhere).check_where_it_leads("https://erp.bank.example/in")
    Guard().check_where_it_leads("http://localhost:9/in")


@pytest.mark.parametrize("url", ["https://localhost:8443/in", "https://127.1:8443/in"])
def test_a_subscription_of_before_is_not_delivered_there(url: str) -> None:
    """The worker looks at address and name again."""
    outcome = asyncio.run(Sender(Guard(), 5).send(url, b"s" * 32, "id", b"{}", START))
    assert outcome.problem is not None
    assert outcome.problem.startswith("AddressRefused")


def test_no_such_subscription_is_made(bank: Bank) -> None:
    """Nothing is kept of it."""
    with pytest.raises(AddressRefused, match="leads to this machine"):
        bank.subscriptions.add(
            name="engine", url="https://localhost:8443/in", types=("*",), actor="risk", at=bank.clock()
        )
    assert bank.subscriptions.every() == []
