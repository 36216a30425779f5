"""Certificates and destruction sheets on both databases: issued with the fact, made once, found on pages and API."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from controller.access.roles import Role
from controller.access.secrets import hash_secret
from controller.core import Core
from controller.database import utcnow
from controller.erasure.certificates.anchors import published, read_anchors
from controller.erasure.certificates.destroy import record_destruction
from controller.erasure.certificates.issue import issue_for, issue_for_machine, issue_in
from controller.erasure.certificates.store import finish, finish_pending, identity_of, pdf_of
from controller.erasure.certificates.tables import Certificate, Paper
from controller.erasure.certificates.verify import verify_pdf
from controller.erasure.tables import Erasure
from controller.errors import Conflict, RecyclerieError
from controller.health.reports import latest_report
from controller.ledger.chain import read_content
from controller.ledger.kinds import Kind
from controller.ledger.verify import verify
from controller.machines.announce import current_boot
from controller.machines.drives import keep_drives
from controller.machines.tables import Drive, Machine
from controller.settings import Settings
from tests import papers
from tests.acceptance.web import scene
from tests.integration.controller.playing import bearer, core_of, person, serving

SSD, HDD = "S3Z9NB0K702831", "WD-WCC3F0000001"
BAD = {**papers.GOOD, "validator": {**papers.GOOD["validator"], "errors": [{"offset": 4096, "error": "EIO"}]}}


def drives(*serials: str) -> list[dict[str, Any]]:
    """Drives of an inventory."""
    return [scene.drive(s, path=f"/dev/sd{letter}") for s, letter in zip(serials, "abc", strict=False)]


@pytest.fixture
def erased(core: Core) -> Core:
    """Two drives of one computer, one erased by its own command, one overwritten; all papers issued."""
    with core.database.write() as session:
        machine = papers.machine(session, drives(SSD, HDD))
        erasures = papers.erase(session, core, machine, [papers.BLOCK_ERASED, papers.GOOD])
        assert [(e.outcome, e.level) for e in erasures] == [("erased", "purge"), ("erased", "clear")]
        assert issue_for_machine(session, core, machine, erasures[0].run_id) is not None
    return core


@pytest.fixture
def failed(core: Core) -> Core:
    """A drive that could not be erased."""
    with core.database.write() as session:
        machine = papers.machine(session, drives(HDD))
        assert papers.erase(session, core, machine, [BAD])[0].outcome == "not_erased"
    return core


def kinds(core: Core) -> list[str]:
    with core.database.read() as session:
        return [c.kind for c in papers.papers(session)]


def test_each_drive_and_the_computer_get_a_certificate(erased: Core) -> None:
    assert kinds(erased) == ["drive", "drive", "machine"]
    with erased.database.read() as session:
        issued = [read_content(e.content) for e in papers.entries(session, Kind.CERTIFICATE_ISSUED)]
        rows = papers.papers(session)
        assert [i["body"]["certificate"] for i in issued] == [r.id for r in rows]
        assert [i["body"]["token_sha256"] for i in issued] == [hash_secret(r.token) for r in rows]
        assert all(r.token not in json.dumps(issued) for r in rows)
        assert len(issued[2]["body"]["claims"]) == 2
        assert verify(session, erased.keys.ledger.public_key()).ok


def test_no_name_is_in_the_ledger(erased: Core) -> None:
    finish_pending(erased)
    with erased.database.read() as session:
        text = " ".join(e.content for kind in Kind for e in papers.entries(session, kind))
    assert "Karim" not in text
    assert papers.DONOR not in text


def test_issued_once_for_one_erase(erased: Core) -> None:
    with erased.database.write() as session:
        erasure = session.execute(select(Erasure).order_by(Erasure.id)).scalars().first()
        assert erasure is not None
        first = issue_for(session, erased, erasure)
        assert issue_for(session, erased, erasure).id == first.id
    assert kinds(erased) == ["drive", "drive", "machine"]


def test_no_certificate_where_the_facts_are_not_in_the_ledger(core: Core) -> None:
    """An erasure that nobody judged, or whose claim was never recorded, gets none."""
    with core.database.write() as session:
        erasure = papers.erase(session, core, papers.machine(session, drives(SSD)), issue=False)[0]
        erasure.ended_at = None
        with pytest.raises(Conflict, match="not judged"):
            issue_for(session, core, erasure)
        erasure.ended_at, erasure.job_id = utcnow(), "r9-erase-d9-9"
        with pytest.raises(Conflict, match="no claim"):
            issue_for(session, core, erasure)


def test_no_certificate_of_a_computer_with_a_drive_that_is_not_erased(core: Core) -> None:
    with core.database.write() as session:
        machine = papers.machine(session, drives(SSD, HDD))
        erasures = papers.erase(session, core, machine, [papers.GOOD, BAD])
        assert issue_for_machine(session, core, machine, erasures[0].run_id) is None
    assert kinds(core) == ["drive", "destruction"]


def test_made_once_and_kept(erased: Core) -> None:
    assert finish_pending(erased) == 3
    assert finish_pending(erased) == 0
    with erased.database.read() as session:
        rows = papers.papers(session)
        signed = [read_content(e.content)["body"] for e in papers.entries(session, Kind.CERTIFICATE_SIGNED)]
    assert [s["sha256"] for s in signed] == [r.sha256 for r in rows]
    for row in rows:
        _, first = pdf_of(erased, row.id)
        _, second = pdf_of(erased, row.id)
        assert first == second
        assert hashlib.sha256(first).hexdigest() == row.sha256
        assert len(first) == row.size_bytes
    assert sorted(p.stem for p in erased.settings.certificates_dir.iterdir()) == sorted(r.sha256 for r in rows)


def test_made_by_two_at_once_it_is_one_file(erased: Core) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(finish(erased, 1).sha256)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert [p.stem for p in erased.settings.certificates_dir.iterdir()] == [found[0]]
    with erased.database.read() as session:
        assert len(papers.entries(session, Kind.CERTIFICATE_SIGNED)) == 1


def test_a_lost_or_changed_file_is_never_made_again(erased: Core) -> None:
    row, pdf = pdf_of(erased, 1)
    path = erased.settings.certificates_dir / f"{row.sha256}.pdf"
    path.write_bytes(pdf[:-1] + b"X")
    with pytest.raises(RecyclerieError, match="gone or was changed"):
        pdf_of(erased, 1)
    path.unlink()
    with pytest.raises(RecyclerieError, match="backup"):
        pdf_of(erased, 1)
    assert not path.exists()


def test_drawing_and_signing_hold_no_transaction(erased: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a PDF is drawn, others write."""
    from controller.erasure.certificates import paper

    draw = paper.draw

    def slow(*args: Any) -> bytes:
        with erased.database.write() as session:  # would wait thirty seconds, then fail
            session.execute(select(Machine.id))
        return draw(*args)

    monkeypatch.setattr(paper, "draw", slow)
    assert finish(erased, 1).sha256


def test_it_verifies_with_the_published_keys_and_with_nobody_elses(erased: Core, tmp_path: Path) -> None:
    anchors = read_anchors(json.dumps(published(erased, identity_of(erased))).encode(), "keys")
    other = read_anchors((tmp_path / "other").read_bytes(), "other") if other_ca(tmp_path / "other") else None
    for number in (1, 2, 3):
        _, pdf = pdf_of(erased, number)
        verdict = verify_pdf(pdf, anchors)
        assert (verdict.faults, verdict.trusted) == ((), True)
        assert verify_pdf(pdf).trusted is None
        stranger = verify_pdf(pdf, other)
        assert stranger.trusted is False
        assert "not signed by the workshop" in stranger.faults[0]


def other_ca(path: Path) -> bool:
    """Somebody else's CA."""
    from controller.trust.certificates import ensure_ca

    certificate, _ = ensure_ca(path.parent / "elsewhere", "Recyclerie numérique")
    path.write_bytes(certificate.read_bytes())
    return True


def test_poppler_and_qpdf_find_no_fault(erased: Core, tmp_path: Path) -> None:
    if not (shutil.which("pdfsig") and shutil.which("qpdf")):
        pytest.skip("poppler-utils and qpdf are not installed: apt-get install poppler-utils qpdf")
    for number in (1, 2, 3):
        path = tmp_path / f"{number}.pdf"
        row, pdf = pdf_of(erased, number)
        path.write_bytes(pdf)
        said = subprocess.run(["pdfsig", str(path)], capture_output=True, text=True, check=False).stdout
        assert "Signature is Valid" in said
        assert "Total document signed" in said
        assert "ETSI.CAdES.detached" in said
        subprocess.run(["qpdf", "--check", str(path)], check=True, capture_output=True)
        info = subprocess.run(["pdfinfo", str(path)], capture_output=True, text=True, check=True).stdout
        assert "PDF version:     1.7" in info
        folder = tmp_path / f"files-{number}"
        folder.mkdir()
        subprocess.run(["pdfdetach", "-saveall", "-o", str(folder), str(path)], check=True, capture_output=True)
        with erased.database.read() as session:
            claims = {
                read_content(e.content)["body"]["evidence_sha256"] for e in papers.entries(session, Kind.DRIVE_CLAIM)
            }
        evidence = [p for p in folder.iterdir() if p.name.startswith("evidence")]
        assert len(evidence) == len(row.erasure_ids)
        assert {hashlib.sha256(p.read_bytes()).hexdigest() for p in evidence} <= claims  # sha256sum is enough


def test_another_language_is_a_paper_of_its_own(erased: Core) -> None:
    with erased.database.write() as session:
        first = session.get_one(Certificate, 1)
        other = "fr" if first.language == "en" else "en"
        second = issue_in(session, erased, first, other, "user:1")
        assert issue_in(session, erased, first, other, "user:1").id == second.id
        assert (second.id, second.token) != (first.id, first.token)
        with pytest.raises(Conflict):
            issue_in(session, erased, first, "de", "user:1")
        made = second.id
    row, pdf = pdf_of(erased, made)
    verdict = verify_pdf(pdf)
    assert verdict.ok, verdict.faults
    assert (verdict.statement["language"], row.number) == (other, verdict.statement["number"])


def test_the_destruction_sheet_and_its_end(failed: Core) -> None:
    assert kinds(failed) == ["destruction"]
    _, pdf = pdf_of(failed, 1)
    verdict = verify_pdf(pdf)
    assert verdict.ok, verdict.faults
    assert verdict.statement["drives"][0]["outcome"] == "not_erased"
    today = utcnow().date()
    with failed.database.write() as session:
        drive = session.execute(select(Drive).where(Drive.serial == HDD)).scalar_one()
        user = papers.technician(session)
        how: dict[str, Any] = {
            "method": "drilled",
            "person": user,
            "photo": "album de Karim, IMG_2041",
            "actor": user.actor,
        }
        wrongs: list[dict[str, Any]] = [{"method": "hammered"}, {"destroyed_on": today + dt.timedelta(days=9)}]
        for wrong in wrongs:
            with pytest.raises(Conflict):
                record_destruction(session, failed, drive, **{**how, "destroyed_on": today, **wrong})
        sheet = record_destruction(session, failed, drive, destroyed_on=today, **how)
        assert sheet.paper is Paper.DESTROYED
        with pytest.raises(Conflict, match="already"):
            record_destruction(session, failed, drive, destroyed_on=today, **how)
        number = sheet.id
    verdict = verify_pdf(pdf_of(failed, number)[1])
    assert verdict.ok, verdict.faults
    assert verdict.statement["destruction"]["person"]["name"] == "Karim Benali"
    with failed.database.read() as session:
        entry = papers.entries(session, Kind.DRIVE_DESTROYED)[0].content
    assert "IMG_2041" not in entry
    assert read_content(entry)["body"] | {"claim": 0} == {
        "machine": 1,
        "claim": 0,
        "method": "drilled",
        "on": today.isoformat(),
        "person": user.actor,
        "photo": True,
    }


def test_an_erased_drive_is_not_one_to_destroy(erased: Core) -> None:
    with erased.database.write() as session, pytest.raises(Conflict, match="not one to destroy"):
        record_destruction(
            session,
            erased,
            session.get_one(Drive, 1),
            method="drilled",
            destroyed_on=utcnow().date(),
            person=papers.technician(session),
            photo="",
            actor="user:1",
        )


def test_certificates_follow_the_drive(erased: Core) -> None:
    """Put into another computer and erased there again, it shows both; each certificate stays its machine's."""
    with erased.database.write() as session:
        before = current_boot(session, 1)
        assert before is not None
        before.linked = False  # switched off: a drive can't be in two machines that are on
        second = papers.machine(session, drives("S-ANOTHER"), "PAPER02", session.get_one(Machine, 1).lot)
        report = latest_report(session, second.id, "inventory")
        assert report is not None
        moved = drives(SSD)
        report.body = {**report.body, "drives": moved}
        assert [d.id for d in keep_drives(session, second, moved)] == [1]
        papers.erase(session, erased, second, [papers.GOOD])
        number = second.id
    with serving(erased.settings) as client:
        _, token = person(core_of(client), Role.TECHNICIAN, "viewer")
        found = client.get("/api/drives/1", headers=bearer(token)).json()
    assert found["machine_id"] == number
    assert [e["machine_id"] for e in found["erasures"]] == [number, 1]
    papers_of = [(c["kind"], c["machine_id"]) for c in found["certificates"]]
    assert papers_of == [("drive", number), ("machine", 1), ("drive", 1)]


@pytest.fixture
def client(failed: Core, settings: Settings) -> Iterator[TestClient]:
    with failed.database.write() as session:
        machine = papers.machine(session, drives(SSD), "PAPER02", session.get_one(Machine, 1).lot)
        papers.erase(session, failed, machine, [papers.BLOCK_ERASED])
    with serving(settings) as found:
        _, token = person(core_of(found), Role.TECHNICIAN, "viewer")
        found.headers.update(bearer(token))
        yield found


def test_the_api(client: TestClient) -> None:
    rows = client.get("/api/certificates").json()
    assert [r["kind"] for r in rows] == ["drive", "destruction"]
    assert [r["id"] for r in client.get("/api/certificates?machine=1").json()] == [1]
    assert [r["id"] for r in client.get("/api/certificates?drive=2").json()] == [2]
    assert client.get("/api/certificates?drive=99").status_code == 404
    answer = client.get("/api/certificates/2/pdf")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    row = client.get("/api/certificates/2").json()
    assert row["sha256"] == hashlib.sha256(answer.content).hexdigest()
    assert row["number"] in answer.headers["content-disposition"]
    other = client.post("/api/certificates/2/language", json={"language": "fr"}).json()
    assert (other["language"], other["id"]) == ("fr", 3)
    body = {"method": "crushed", "destroyed_on": utcnow().date().isoformat(), "photo": "IMG_1"}
    assert client.post("/api/drives/1/destroyed", json=body).json()["kind"] == "destroyed"
    assert client.post("/api/drives/1/destroyed", json=body).status_code == 409
    assert client.get("/api/drives/1").json()["destruction"]["method"] == "crushed"


def page_of(client: TestClient, kind: str) -> str:
    with core_of(client).database.read() as session:
        return next(f"/verify/{c.token}" for c in papers.papers(session) if c.kind == kind)


def test_the_public_page_needs_no_sign_in_and_names_nobody(client: TestClient) -> None:
    del client.headers["authorization"]
    for kind, said in (("drive", "This certificate is genuine"), ("destruction", "could not be erased")):
        answer = client.get(page_of(client, kind), headers={"Accept": "text/html", "Accept-Language": "en"})
        assert answer.status_code == 200
        assert said in answer.text
        assert (SSD if kind == "drive" else HDD) in answer.text
        for name in ("Karim", papers.DONOR, "user:", "viewer"):
            assert name not in answer.text
        assert "noindex" in answer.headers["x-robots-tag"]
    missing = client.get("/verify/AAAAAAAAAAAAAAAAAAAAAAAAAAA", headers={"Accept": "text/html"})
    assert missing.status_code == 404


def test_the_public_page_compares_a_file(client: TestClient) -> None:
    pdf = client.get("/api/certificates/2/pdf").content
    sheet = client.get("/api/certificates/1/pdf").content
    del client.headers["authorization"]
    url = page_of(client, "drive")
    english = {"Accept": "text/html", "Accept-Language": "en"}

    def give(data: bytes) -> str:
        answer = client.post(url, files={"file": ("c.pdf", data, "application/pdf")}, headers=english)
        return str(answer.text)

    assert "to the last byte" in give(pdf)
    assert "another paper: FD-000001" in give(sheet)
    assert "was changed" in give(pdf[:2000] + bytes([pdf[2000] ^ 1]) + pdf[2001:])
    assert "was changed" in give(b"%PDF-1.7 nothing")
    assert client.post(url, files={}, headers=english).status_code == 400
    assert client.post(url, content=b"", headers={**english, "Content-Length": "999999999"}).status_code == 400


def test_the_public_page_says_when_something_does_not_hold(client: TestClient) -> None:
    """Somebody changed the tables: the evidence no longer is what the ledger recorded."""
    with core_of(client).database.write() as session:
        erasure = session.get_one(Erasure, 2)
        erasure.evidence = {**(erasure.evidence or {}), "agent_version": "x"}
    answer = client.get(page_of(client, "drive"), headers={"Accept": "text/html", "Accept-Language": "en"})
    assert "rely on this paper" in answer.text


def test_a_certificate_is_withdrawn_with_its_erase(client: TestClient) -> None:
    """A second person's reading failed: made or not yet, it isn't handed out, and the public page says so."""
    core = core_of(client)
    with core.database.write() as session:
        erasure = session.get_one(Erasure, 2)
        erasure.outcome, erasure.level = "not_erased", ""
    assert client.get("/api/certificates/2/pdf").status_code == 409
    assert client.post("/api/certificates/2/language", json={"language": "fr"}).status_code == 409
    assert finish_pending(core) == 1  # the other one
    answer = client.get(page_of(client, "drive"), headers={"Accept": "text/html", "Accept-Language": "en"})
    assert "was withdrawn" in answer.text


def test_the_public_page_is_rate_limited(failed: Core, settings: Settings) -> None:
    with serving(settings.model_copy(update={"verify_per_minute": 3})) as client:
        url = page_of(client, "destruction")
        asked = [client.get(url, headers={"Accept": "text/html"}).status_code for _ in range(5)]
    assert asked == [200, 200, 200, 429, 429]


def test_published_keys(client: TestClient) -> None:
    del client.headers["authorization"]
    answer = client.get("/verify/keys.json")
    assert answer.status_code == 200
    assert "PRIVATE" not in answer.text
    assert len(read_anchors(answer.content, "keys").certificates) == 2


def test_pages(client: TestClient) -> None:
    page = client.get("/drives/1", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "FD-000001" in page.text
    assert "/drives/1/destroyed" in page.text
    number = client.get("/api/certificates/2").json()["machine_id"]
    tab = client.get(f"/machines/{number}?tab=drives", headers={"Accept": "text/html"})
    assert "/certificates/2.pdf" in tab.text
    assert client.get("/certificates/2.pdf").headers["content-type"] == "application/pdf"
    assert client.get("/certificates/99.pdf").status_code == 404
    assert client.get("/drives/99", headers={"Accept": "text/html"}).status_code == 404
