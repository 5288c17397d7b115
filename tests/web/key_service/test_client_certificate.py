"""A certificate instead of a token at the key service: by real TLS, of the authority that is named and no other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from support.certificate import Authority, certificate_in
from support.country import invented
from support.in_process import jinbao_in
from support.key_service import SCHEME

from jinbao.keys.key_ring import KeyRingRefused, KeyServiceWaits
from jinbao.keys.remote_key_ring import RemoteKeyRing
from jinbao.service.key_service.uses import recorded
from jinbao.web.accounts.users import disable_user
from jinbao.web.key_service import key_service
from jinbao.web.server import Server, listening_socket


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def url(service, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Of the service once more, with TLS, which knows the authority."""
    certificate, key = certificate_in(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    ready, stop = threading.Event(), threading.Event()
    with closing(listening_socket("localhost", 0)) as listener:
        application = key_service(service.custody, service.users)
        server = Server.of(application, ready.set, stop, certificate, key, authority.file)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert ready.wait(10)
        yield f"https://localhost:{listener.getsockname()[1]}"
        stop.set()
        thread.join()


@contextmanager
def ring_at(url: str, token: Path, certificate: Path | None) -> Iterator[RemoteKeyRing]:
    with closing(RemoteKeyRing(url, token, certificate_file=certificate, keep_s=60)) as ring:
        yield ring


def test_a_province_is_known_by_its_certificate_without_a_token(country, service, url, authority, tmp_path):
    service.token_file("37")  # so that there is the user adapter37
    number, nowhere = invented(7_301).number, tmp_path / "no-token"
    with ring_at(url, nowhere, authority.issued("adapter37")) as ring:
        assert ring.relationship_id(number, SCHEME) == country.ring.relationship_id(number, SCHEME)
    (newest,) = recorded(service.folder, "37", 1)
    assert (newest.province, newest.action, newest.outcome) == ("37", "look_up", "given")

    disable_user(service.users, "adapter37")
    with ring_at(url, nowhere, authority.issued("adapter37")) as ring, pytest.raises(KeyServiceWaits, match="no valid"):
        ring.relationship_id(invented(7_302).number, SCHEME)


@pytest.mark.parametrize("name", ["adapter99", "somebody"])
def test_a_certificate_in_nobodys_name_opens_nothing(service, url, authority, tmp_path, name):
    told = pytest.raises(KeyServiceWaits, match="no valid token")
    with ring_at(url, tmp_path / "none", authority.issued(name)) as ring, told:
        ring.relationship_id(invented(7_303).number, SCHEME)


def test_a_certificate_of_others_or_one_that_has_ended_does_not_get_through(service, url, authority, tmp_path):
    service.token_file("41")
    other = tmp_path / "other"
    other.mkdir()
    for certificate in (Authority(other).issued("adapter41"), authority.issued("adapter41", days=-1)):
        with ring_at(url, tmp_path / "none", certificate) as ring, pytest.raises(KeyServiceWaits, match="no answer"):
            ring.relationship_id(invented(7_304).number, SCHEME)


def test_a_service_whose_authority_is_not_known_is_told_with_what_to_name(service, url, tmp_path, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    told = pytest.raises(KeyServiceWaits, match="SSL_CERT_FILE")
    with ring_at(url, service.token_file("41"), None) as ring, told:
        ring.relationship_id(invented(7_305).number, SCHEME)


def test_tokens_go_on_beside_certificates(country, service, url, tmp_path):
    number = country.person("A-1").number
    with ring_at(url, service.token_file("41"), tmp_path / "no-certificate") as ring:
        assert ring.relationship_id(number, SCHEME) == country.ring.relationship_id(number, SCHEME)


def test_a_certificate_that_others_could_read_or_that_is_none_is_refused(authority, tmp_path):
    certificate = authority.issued("adapter41")
    certificate.chmod(0o644)
    with pytest.raises(KeyRingRefused, match="chmod 600"):
        RemoteKeyRing("https://localhost:1", tmp_path / "none", certificate_file=certificate, keep_s=60)
    certificate.chmod(0o600)
    certificate.write_text("nothing")
    with pytest.raises(KeyRingRefused, match="expected PEM"):
        RemoteKeyRing("https://localhost:1", tmp_path / "none", certificate_file=certificate, keep_s=60)


def test_an_authority_of_clients_needs_tls(tmp_path):
    words = ("keys", "serve", "--port", "0", "--client-authority", "ca.pem", "--data", ".")
    refused = jinbao_in(tmp_path, "--lang", "en")(*words)
    told = "jinbao: --client-authority goes with --tls-certificate and --tls-key\n"
    assert (refused.exit_code, refused.output) == (2, told)
