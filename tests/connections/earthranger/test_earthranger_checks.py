"""What a check says of a site, and how to mend it."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

import pytest
from earthranger_site import connection

from earthranger_double import serving
from earthranger_double.server import PASSWORD, TOKEN
from ecoflows.connections import Check, CheckState
from ecoflows.connections.earthranger import EarthRangerConnection


def by_name(found: EarthRangerConnection) -> dict[str, Check]:
    return {check.name: check for check in found.checks()}


@pytest.mark.parametrize("token", [True, False])
def test_all_is_well(token: bool) -> None:
    with serving() as double:
        found = by_name(connection(double, token=token))
    assert list(found) == [
        *("DNS", "TLS", "sign-in", "API version", "may read subject groups", "may read observations"),
        *("may read patrols", "may read events"),
    ]
    assert {check.state for name, check in found.items() if name != "TLS"} == {CheckState.PASSED}
    assert found["sign-in"].detail == "as warden"
    assert found["API version"].detail == "v1.0, site version 2.110.1"


def test_what_the_user_may_not_read() -> None:
    with serving() as double:
        double.forbidden = frozenset({"activity/patrols", "observations"})
        found = by_name(connection(double))
    assert found["may read patrols"].state is CheckState.FAILED
    assert found["may read observations"].state is CheckState.FAILED
    assert found["may read events"].state is CheckState.PASSED
    assert "ask the site's administrator" in str(found["may read patrols"].fix)


def test_a_wrong_token_ends_the_check() -> None:
    with serving() as double:
        found = by_name(EarthRangerConnection(server=double.url, token="wrong-token-5512"))
    assert found["sign-in"].state is CheckState.FAILED
    assert found["sign-in"].fix == "make a new one at the site"
    assert {check.state for name, check in found.items() if name.startswith("may read")} == {
        CheckState.SKIPPED
    }
    assert "wrong-token-5512" not in repr(found)


def test_a_host_that_is_not_there() -> None:
    found = by_name(EarthRangerConnection(server="nowhere.invalid", token=TOKEN))
    assert found["DNS"].state is CheckState.FAILED
    assert found["DNS"].detail == "there is no host 'nowhere.invalid'"
    assert [check.state for name, check in found.items() if name != "DNS"] == [CheckState.SKIPPED] * 7


def test_a_port_at_which_nothing_is(pauses: list[float]) -> None:
    with serving() as double:
        gone = connection(double)
    found = by_name(gone)
    assert found["TLS"].state is CheckState.FAILED
    assert "firewall" in str(found["TLS"].fix)
    assert found["sign-in"].state is CheckState.SKIPPED


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    import socket
    import threading

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            try:
                with listening.accept()[0] as plain:
                    context.wrap_socket(plain, server_side=True)
            except OSError:
                pass  # the other side hangs up

        thread = threading.Thread(target=serve)
        thread.start()
        found = by_name(
            EarthRangerConnection(
                server=f"https://127.0.0.1:{listening.getsockname()[1]}", username="w", password=PASSWORD
            )
        )
        thread.join()
    assert found["TLS"].state is CheckState.FAILED
    assert found["TLS"].detail == "its certificate is self-signed"
    assert "REQUESTS_CA_BUNDLE" in str(found["TLS"].fix)


def _certificate(folder: Path) -> Path:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = folder / "site.pem"
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(private + made.public_bytes(encoding))
    return file
