"""Papers, without a database server: every byte counts, what is printed is what is inside, facts are total."""

from __future__ import annotations

import asyncio
import copy
import random
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner

from controller.certificate_cli import app
from controller.core import Core, make_core
from controller.erasure.certificates import facts
from controller.erasure.certificates.anchors import Anchors, read_anchors
from controller.erasure.certificates.chainproof import chain_faults
from controller.erasure.certificates.issue import issue_for_machine
from controller.erasure.certificates.paper import draw
from controller.erasure.certificates.signing import sign
from controller.erasure.certificates.statement import Statement, make_statement
from controller.erasure.certificates.store import identity_of, pdf_of
from controller.erasure.certificates.tables import Certificate
from controller.erasure.certificates.verify import verify_pdf
from controller.erasure.certificates.words import TECHNIQUE_NAMES, maker
from controller.errors import RecyclerieError
from controller.migrate import upgrade
from controller.settings import Settings
from controller.trust.signing import signing_identity
from tests import papers
from tests.acceptance.web import scene
from tests.unit.controller.evidence import BLOCK_ERASED, GOOD

HEX = b"0123456789ABCDEF"


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """A computer with two erased drives, its three papers issued."""
    folder = tmp_path_factory.mktemp("papers")
    made = make_core(Settings(data_dir=folder, public_address="recyclerie.test", workshop_name="Récup’ d’Aix"))
    upgrade(made.database)
    with made.database.write() as session:
        drives = [scene.drive("S3Z9NB0K702831"), scene.drive("WD-WCC3F0000001", path="/dev/sdb")]
        machine = papers.machine(session, drives)
        erasures = papers.erase(session, made, machine, [BLOCK_ERASED, GOOD])
        issue_for_machine(session, made, machine, erasures[0].run_id)
    yield made
    made.database.close()


@pytest.fixture(scope="module")
def pdf(core: Core) -> bytes:
    return pdf_of(core, 1)[1]


@pytest.fixture(scope="module")
def anchors(core: Core) -> Anchors:
    return read_anchors((core.settings.keys_dir / "ca.crt").read_bytes(), "ca.crt")


def statement_of(core: Core, number: int = 1) -> Statement:
    with core.database.read() as session:
        certificate = session.get_one(Certificate, number)
        return make_statement(session, core, certificate, identity_of(core).fingerprints)


def again(core: Core, statement: Statement) -> bytes:
    """The paper drawn and signed with the workshop's own key, whatever it states."""
    return sign(draw(statement), identity_of(core), reason="test", place="Aix")


def gap(pdf: bytes) -> tuple[int, int]:
    found = re.search(rb"/ByteRange\s*\[\s*0 (\d+) (\d+)", pdf)
    assert found
    return int(found[1]), int(found[2])


def test_the_real_one_holds(pdf: bytes, anchors: Anchors) -> None:
    verdict = verify_pdf(pdf, anchors)
    assert (verdict.faults, verdict.trusted, verdict.signer) == ((), True, "Récup’ d’Aix")


def test_a_changed_byte_anywhere_is_found(pdf: bytes) -> None:
    """All over the file, with one bit turned."""
    unseen = []
    for at in random.Random(1).sample(range(len(pdf)), 250):
        changed = pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]
        if verify_pdf(changed).ok:
            unseen.append(at)
    assert unseen == []


def test_a_changed_byte_of_the_signature_itself_is_found(pdf: bytes) -> None:
    """Where the signature stands, which it can't cover: another digit, or the same digit in another case."""
    start, end = gap(pdf)
    chance, unseen = random.Random(2), []
    places = [*range(start, start + 120), *chance.sample(range(start + 120, end), 200), end - 2, end - 1]
    for at in places:
        for other in {chance.choice(HEX), pdf[at] ^ 0x20} - {pdf[at]}:
            if verify_pdf(pdf[:at] + bytes([other]) + pdf[at + 1 :]).ok:
                unseen.append((at - start, pdf[at], other))
    assert unseen == []


def test_another_name_of_the_same_signature_is_found(pdf: bytes) -> None:
    """rsaEncryption for sha256WithRSAEncryption: readers believe both. The one byte that a first version missed."""
    start, end = gap(pdf)
    raw = pdf[start:end]
    at = raw.rfind(b"06092A864886F70D01010B0500")
    assert at > 0
    changed = pdf[: start + at + 21] + b"1" + pdf[start + at + 22 :]
    assert changed != pdf
    assert "frame" in verify_pdf(changed).faults[0]


@pytest.mark.parametrize("tail", [b"\n", b"%%EOF\n", b"1 0 obj\nendobj\n"])
def test_something_appended_or_cut_off_is_found(pdf: bytes, tail: bytes) -> None:
    assert "whole file" in verify_pdf(pdf + tail).faults[0]
    assert not verify_pdf(pdf[:-1]).ok


def test_what_is_no_paper_of_ours() -> None:
    for data in (b"", b"%PDF-1.7", b"\0" * 5000, b"<" * 100):
        assert verify_pdf(data).faults


@pytest.mark.parametrize(
    ("what", "fault"),
    [
        (
            lambda s: s["drives"][1].update(level="purge"),
            "the evidence supports erased clear, the paper says erased purge",
        ),
        (lambda s: s["drives"][0]["key"].update(serial="OTHER"), "the evidence supports unknown"),
        (lambda s: s["drives"][0]["evidence"].update(sha256="0" * 64), "is not the one that is printed"),
        (lambda s: s.update(number="CM-000099"), "number is not the one that the ledger recorded"),
        (lambda s: s.update(kind="destruction"), "a certificate is for erased drives"),
        (lambda s: s["verification"].update(token="x" * 27), "token is not the one"),
        (lambda s: s["chain"]["issued"].update(hash="0" * 64), "content does not match its hash"),
        (lambda s: s["chain"]["checkpoint"].update(signature="AAAA"), "not signed by the key"),
        (lambda s: s["chain"].update(ledger_key="A" * 43 + "="), "checkpoint"),
        (lambda s: s["signature"].update(certificates=["0" * 64]), "certificates in the signature"),
    ],
)
def test_who_has_the_key_can_still_not_state_what_the_evidence_does_not(core: Core, what: Any, fault: str) -> None:
    """Drawn and signed anew with the workshop's key: evidence, ledger and pages must still agree."""
    honest = statement_of(core, 3)
    body = copy.deepcopy(honest.body)
    what(body)
    verdict = verify_pdf(again(core, Statement(body=body, files=honest.files)))
    assert any(fault in found for found in verdict.faults), verdict.faults


def test_pages_that_say_something_else_are_found(core: Core) -> None:
    honest = statement_of(core)
    forged = copy.deepcopy(honest.body)
    forged["drives"][0]["key"]["serial"] = "ANOTHER-SERIAL"

    class TwoFaces(Statement):
        """Prints one thing, embeds another."""

        @property
        def canonical(self) -> bytes:
            return honest.canonical

    verdict = verify_pdf(again(core, TwoFaces(body=forged, files=honest.files)))
    assert verdict.faults == ("the pages say something else than the statement inside: not found are S3Z9NB0K702831",)


def test_the_chain_is_total(core: Core) -> None:
    body = statement_of(core).body
    assert chain_faults(body) == []
    for key in body["chain"]:
        assert chain_faults({**body, "chain": {**body["chain"], key: None}})
    assert chain_faults({})


def test_an_operators_own_certificate(core: Core, tmp_path: Path) -> None:
    """An elliptic-curve key of their own authority: signed with it, checked with it, and with nothing else."""
    import datetime as dt

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ville de Gardanne")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    crt, pem = tmp_path / "own.crt", tmp_path / "own.key"
    crt.write_bytes(certificate.public_bytes(Encoding.PEM))
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    identity = signing_identity(tmp_path, "x", crt, pem)
    with core.database.read() as session:
        statement = make_statement(session, core, session.get_one(Certificate, 1), identity.fingerprints)
    made = sign(draw(statement), identity, reason="test", place="Aix")
    assert verify_pdf(made, read_anchors(crt.read_bytes(), "own.crt")).trusted is True
    ours = read_anchors((core.settings.keys_dir / "ca.crt").read_bytes(), "ca.crt")
    assert verify_pdf(made, ours).trusted is False
    pem.write_bytes((core.settings.keys_dir / "signing.key").read_bytes())
    with pytest.raises(RecyclerieError, match="does not belong"):
        signing_identity(tmp_path, "x", crt, pem)
    with pytest.raises(RecyclerieError, match="can't be read"):
        signing_identity(tmp_path, "x", tmp_path / "nothing", pem)


@pytest.mark.parametrize(
    "evidence", [None, {}, [], "x", {"attempts": 3, "writer": [], "validator": "?"}, {"attempts": [None]}]
)
def test_facts_are_total(evidence: Any) -> None:
    """Whatever a machine sent, a destruction sheet can be printed from it."""
    facts.technique_of(evidence)
    assert facts.tools_of(evidence) == []
    assert facts.validator_of(evidence) == ""
    assert facts.validation(evidence) in (([], []),)
    facts.verification(evidence), facts.hidden(evidence), facts.health(evidence), facts.times(evidence)
    assert facts.medium(evidence, {}) in {"unknown", "hdd", "ssd"}


def test_facts_of_good_evidence() -> None:
    assert facts.technique_of(BLOCK_ERASED) == "ata-sanitize-block"
    assert facts.tools_of(BLOCK_ERASED) == ["hdparm 1"]
    assert facts.tools_of(GOOD) == ["recyclerie direct writer 1"]
    method, result = facts.validation(BLOCK_ERASED)
    assert "{places}" in str(method[0]["message"])
    assert [r["params"] for r in result][-1] == {"n": 3, "found": 0}


def test_every_technique_has_a_name() -> None:
    from typing import get_args

    from agent.protocol_erase import Technique

    assert set(TECHNIQUE_NAMES) == set(get_args(Technique))


@pytest.mark.parametrize(
    ("model", "name"),
    [("WDC WD5000LPLX", "Western Digital"), ("ST500DM002", "Seagate"), ("SAMSUNG MZ7LN256", "Samsung"), ("XYZ", "")],
)
def test_makers(model: str, name: str) -> None:
    assert maker(model) == name


@pytest.mark.parametrize(
    "name", ["", "Recyclerie", "é" * 200, "Association pour le réemploi solidaire du numérique en pays d’Aix"]
)
def test_a_workshop_of_any_name_can_sign(tmp_path: Path, name: str) -> None:
    """A name in a certificate holds 64 bytes: a longer one is cut between two letters, not refused."""
    identity = signing_identity(tmp_path, name)
    said = str(identity.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    assert 1 <= len(said.encode()) <= 64
    assert name.startswith(said) or said == "Recyclerie"


def test_the_command(pdf: bytes, core: Core, tmp_path: Path) -> None:
    """Exit status and words: held, changed, and that who signed was not checked."""
    good, bad = tmp_path / "good.pdf", tmp_path / "bad.pdf"
    good.write_bytes(pdf)
    bad.write_bytes(pdf[:500] + bytes([pdf[500] ^ 1]) + pdf[501:])
    ca = str(core.settings.keys_dir / "ca.crt")
    run = CliRunner()
    alone = run.invoke(app, ["verify", str(good)])
    assert alone.exit_code == 0
    assert "WHO signed was not checked" in alone.output
    known = run.invoke(app, ["verify", "--ca", ca, str(good)])
    assert known.exit_code == 0
    assert "signed by the workshop given" in known.output
    assert "WHO signed" not in known.output
    both = run.invoke(app, ["verify", "--ca", ca, str(good), str(bad)])
    assert both.exit_code == 1
    assert "changed after it was signed" in both.output


def test_inside_an_event_loop_too(core: Core, pdf: bytes) -> None:
    """pyHanko runs a loop of its own, which a thread with a running one refuses."""

    async def both() -> tuple[bool, bool]:
        return verify_pdf(pdf).ok, verify_pdf(again(core, statement_of(core))).ok

    with ThreadPoolExecutor(max_workers=1) as pool:  # the browser tests leave a loop running in this thread
        assert pool.submit(lambda: asyncio.run(both())).result() == (True, True)
