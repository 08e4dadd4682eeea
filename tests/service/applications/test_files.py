"""Comments and attachments: kept by hash, bounded in size and type, and leading nowhere but to themselves."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.service.applications.conftest import BOTH, PATH, PDF, Bank, problem_of


def test_a_file_comes_back_as_a_download_that_nothing_runs(bank: Bank, home: Path) -> None:
    """To the byte, under its own name, never shown by a browser; whoever fetched it is told."""
    case = bank.apply()
    made = bank.attach("officer", case, "合同 1.pdf")
    assert made.status_code == 201, made.text
    sha256 = hashlib.sha256(PDF).hexdigest()
    assert made.json()["sha256"] == sha256
    assert (home / "attachments" / sha256[:2] / sha256).read_bytes() == PDF
    fetched = bank.get("approver", made.headers["location"])
    assert fetched.content == PDF
    assert fetched.headers["content-disposition"] == "attachment; filename*=UTF-8''%E5%90%88%E5%90%8C%201.pdf"
    assert fetched.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in fetched.headers["content-security-policy"]
    assert bank.ledger(case["id"])[-1][:2] == ("access", "approver")
    (listed,) = bank.get("approver", f"{PATH}/{case['id']}/attachments").json()["attachments"]
    assert (listed["name"], listed["size"], listed["actor"]) == ("合同 1.pdf", len(PDF), "officer")


@BOTH
def test_the_same_file_is_there_once(bank: Bank) -> None:
    """Sent again under another name it is stored once and has both names; under the same name nothing happens."""
    case = bank.apply()
    bank.attach("officer", case)
    for name in ("again.pdf", "contract.pdf", "again.pdf"):
        assert bank.attach("risk", case, name).status_code == 201
    (listed,) = bank.get("officer", f"{PATH}/{case['id']}/attachments").json()["attachments"]
    assert (listed["name"], listed["names"]) == ("contract.pdf", ["contract.pdf", "again.pdf"])
    assert [kind for kind, _, _ in bank.ledger(case["id"])] == ["transition", "attachment", "attachment"]
    stored = [path for path in bank.service.settings.attachments.rglob("*") if path.is_file()]
    assert len(stored) == 1


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..\\..\\boot.ini",
        "/etc/passwd.pdf",
        "a/b.pdf",
        "..",
        ".pdf",
        ".hidden.pdf",
        "a..pdf",
        "a\u0000.pdf",
        "a\nb.pdf",
        "a\u202egnp.pdf",
        "con:.pdf",
        " a.pdf",
        "a.pdf.",
        "%2e%2e%2fx",
        "a.exe",
        "a.pdf.html",
        "名" * 70 + ".pdf",
        "",
    ],
)
def test_a_name_that_leads_somewhere_is_refused(house: Bank, name: str) -> None:
    """No path, no hidden file, no other ending, nothing invisible."""
    answer = house.attach("officer", house.apply(), name)
    problem = problem_of(answer, 422, "attachment-refused")
    assert problem["field"] == "name"
    assert house.get("officer", answer.request.url.path).json()["attachments"] == []


@pytest.mark.parametrize(
    ("media_type", "name", "content"),
    [
        ("text/html", "a.html", b"<script>"),
        ("image/svg+xml", "a.svg", b"<svg/>"),
        ("application/pdf", "a.pdf", b"MZ\x90"),
        ("application/pdf", "a.pdf", b""),
        ("image/png", "a.png", PDF),
        ("text/plain", "a.txt", b"a\0b"),
        ("text/csv", "a.txt", b"a,b"),
        ("", "a.pdf", PDF),
    ],
)
def test_a_file_of_another_type_is_refused(house: Bank, media_type: str, name: str, content: bytes) -> None:
    """The declared type must be one that is taken, and the content of it; nothing is left on the disk."""
    case = house.apply()
    headers = {**house.headers("officer"), "Content-Type": media_type}
    answer = house.http.post(
        f"{PATH}/{case['id']}/attachments", params={"name": name}, content=content, headers=headers
    )
    problem_of(answer, 422, "attachment-refused")
    assert not [path for path in house.service.settings.attachments.rglob("*") if path.name.startswith("draft")]


@pytest.mark.parametrize("sha256", ["..", "%2e%2e%2f%2e%2e%2fpeople", "0" * 64, "x", "%00", "A" * 64])
def test_no_path_leads_out_of_the_cabinet(house: Bank, sha256: str) -> None:
    """What is not the hash of an attachment of the case is not found."""
    case = house.apply()
    house.attach("officer", case)
    answer = house.get("officer", f"{PATH}/{case['id']}/attachments/{sha256}")
    assert answer.status_code == 404 or (sha256 == ".." and answer.json().keys() == case.keys() - {"etag"})


def test_another_cases_file_is_not_found(bank: Bank) -> None:
    """A hash opens nothing by itself."""
    one, other = bank.apply(), bank.apply("stranger")
    sha256 = bank.attach("officer", one).json()["sha256"]
    problem_of(bank.get("stranger", f"{PATH}/{other['id']}/attachments/{sha256}"), 404, "attachment-not-found")


def test_a_file_that_was_changed_on_disk_is_not_given(bank: Bank, home: Path) -> None:
    """It is not what was stored, and that is said."""
    case = bank.apply()
    made = bank.attach("officer", case)
    sha256 = made.json()["sha256"]
    (home / "attachments" / sha256[:2] / sha256).write_bytes(b"%PDF- another")
    problem_of(bank.get("officer", made.headers["location"]), 503, "store-unusable")


def test_a_file_too_large_is_refused_before_and_while_it_is_read(house: Bank) -> None:
    """A hundred megabytes by their declared length; without one, when there are too many."""
    case = house.apply()
    path, headers = (
        f"{PATH}/{case['id']}/attachments?name=a.pdf",
        {**house.headers("officer"), "Content-Type": "application/pdf"},
    )
    declared = house.http.post(path, content=b"", headers={**headers, "Content-Length": "104857600"})
    problem_of(declared, 413, "body-too-large")
    pieces = (PDF + b" " * 1_000_000 for _ in range(100))
    streamed = house.http.post(path, content=pieces, headers=headers)
    assert streamed.status_code == 413, streamed.text
    assert streamed.headers["content-type"] == "application/problem+json"
    assert not [path for path in house.service.settings.attachments.rglob("*") if path.name.startswith("draft")]


@BOTH
def test_comments_are_kept_in_order_and_told_by_digest(bank: Bank) -> None:
    """The text is with the case, its digest in the ledger; the version stays."""
    case = bank.apply()
    path = f"{PATH}/{case['id']}"
    for at, who in enumerate(("officer", "approver", "risk")):
        made = bank.post(who, f"{path}/comments", {"text": f"note {at}\n第二行"})
        assert made.status_code == 201, made.text
    events = bank.get("risk", f"{path}/events", after=1, limit=2).json()
    assert [(one["kind"], one["actor"], one["content"]["text"]) for one in events["events"]] == [
        ("comment", "officer", "note 0\n第二行"),
        ("comment", "approver", "note 1\n第二行"),
    ]
    assert events["next"] == 3
    assert bank.get("risk", path).json()["version"] == 1
    assert bank.ledger(case["id"])[1][2].keys() == {"text_sha256", "rows_after"}


@pytest.mark.parametrize(
    "body", [b"{" * 1, b'{"text":' + b"[" * 100_000, b'{"text": ""}', b'{"text": "\\u0000"}', b"[" * 100_000]
)
def test_bad_comments_are_problems(house: Bank, body: bytes) -> None:
    """Broken, bottomless, blank: each a problem, none a failure."""
    case = house.apply()
    headers = {**house.headers("officer"), "Content-Type": "application/json"}
    answer = house.http.post(f"{PATH}/{case['id']}/comments", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"
