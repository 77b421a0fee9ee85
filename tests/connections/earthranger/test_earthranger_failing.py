"""What no retry heals: told clearly, nothing stored, no secret shown."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import pytest
from earthranger_site import SECRETS, SPAN, client, connection

from earthranger_double import Faults, Site, serving
from earthranger_double.server import PASSWORD, TOKEN
from ecoflows.connections.earthranger import EarthRangerConnection
from ecoflows.connections.sources.file import ConnectionsFile
from ecoflows.errors import ConnectionFailedError, NodeError
from ecoflows.runtime import Call, run_node
from ecoflows.store import Store
from ecoflows.tasks.io import get_subjectgroup_observations

read = get_subjectgroup_observations.function


@pytest.mark.parametrize("cursors", [False, True], ids=["numbers", "cursors"])
@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Faults("401", at=frozenset({3}), for_good=True), "it refuses the token: it is wrong or has expired"),
        (Faults("403", path="observations", for_good=True), "the user may not read 'observations'"),
        (Faults("404", path="subjects", for_good=True), "it has no 'subjects': is it the address of an"),
        (Faults("500", at=frozenset({3}), for_good=True), r"500 Internal Server Error: out of order \(8 att"),
        (Faults("truncated", at=frozenset({3}), for_good=True), r"its answer is cut off \(8 attempts\)"),
        (Faults("dropped", at=frozenset({3}), for_good=True), r"broke off in the middle of an answer \(8 a"),
    ],
    ids=lambda value: value.kind if isinstance(value, Faults) else "",
)
def test_what_stays_is_told_and_nothing_is_stored(
    cursors: bool,
    fault: Faults,
    message: str,
    tmp_path: Path,
    pauses: list[float],
    caplog: pytest.LogCaptureFixture,
) -> None:
    fault = Faults(fault.kind, fault.at, path=fault.path, for_good=True)
    store = Store(str(tmp_path / "cache"))
    with (
        serving(Site(subjects=2, each=30), cursors=cursors, most=7) as double,
        caplog.at_level(logging.DEBUG),
    ):
        double.faults = [fault]
        ConnectionsFile().put("earthranger", "park", {"server": double.url, "token": TOKEN})
        arguments = {"client": "park", "subject_group_name": "All", "time_range": SPAN.model_dump()}
        with pytest.raises(NodeError, match=message) as raised:
            run_node(Call(get_subjectgroup_observations, arguments), store)
    assert not list((tmp_path / "cache").rglob("*.json"))
    shown = "".join(traceback.format_exception(raised.value)) + caplog.text
    assert not any(secret in shown for secret in SECRETS)


def test_rows_that_the_site_counts_but_does_not_give(pauses: list[float]) -> None:
    with serving(Site(subjects=1, each=20), most=6, miscount=2) as double, client(double) as found:
        with pytest.raises(ConnectionFailedError, match="20 rows of 'observations' came, the site counts 22"):
            read(client=found, subject_group_name="All", time_range=SPAN, filter="all")
        firsts = [query for query in double.asked("observations") if "page" not in query]
        assert len(firsts) == 3


def test_a_cursor_that_loses_rows_is_noticed(pauses: list[float]) -> None:
    site = Site(subjects=1, each=20)
    lost = pytest.raises(ConnectionFailedError, match="20 rows of 'observations' came, the site counts 21")
    with serving(site, most=6, cursors=True, miscount=1) as double, client(double) as found, lost:
        read(client=found, subject_group_name="All", time_range=SPAN, filter="all")


def test_what_goes_on_beside_a_failure_is_stopped(pauses: list[float]) -> None:
    with serving(Site(subjects=6, each=200), most=2) as double, client(double, tcp_limit=3) as found:
        double.faults = [Faults("403", at=frozenset({3}), path="observations")]
        with pytest.raises(ConnectionFailedError, match="the user may not read 'observations'"):
            read(client=found, subject_group_name="All", time_range=SPAN, filter="all")
        assert len(double.asked("observations")) < 60


def test_a_redirection_to_another_site_is_not_followed() -> None:
    with serving() as double, serving() as other, client(double) as found:
        double.leads_to = other.url
        with pytest.raises(ConnectionFailedError, match=r"it leads elsewhere, to 'http://127\.0"):
            read(client=found, subject_group_name="All", time_range=SPAN)
        assert other.requests == []


def test_how_far_it_came_is_told(pauses: list[float]) -> None:
    with serving(Site(subjects=1, each=20), most=6) as double, client(double) as found:
        double.faults = [Faults("503", at=frozenset({2}), path="observations", for_good=True)]
        with pytest.raises(ConnectionFailedError) as raised:
            read(client=found, subject_group_name="All", time_range=SPAN, filter="all")
    assert raised.value.__notes__ == ["12 of 20 rows of 'observations' had been read"]


def test_a_wrong_password_is_told_once_without_it(
    pauses: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    with serving() as double, caplog.at_level(logging.DEBUG):
        wrong = EarthRangerConnection(server=double.url, username="warden", password="wrong-but-secret-44")
        with wrong.connect() as found, pytest.raises(ConnectionFailedError) as raised:
            read(client=found, subject_group_name="All", time_range=SPAN)
        assert "refuses to sign in 'warden': the user name or the password is wrong" in str(raised.value)
        assert double.requests == []
    shown = "".join(traceback.format_exception(raised.value)) + caplog.text + repr(found) + repr(wrong)
    assert "wrong-but-secret" not in shown
    assert pauses == []


def test_a_user_who_signs_in_but_is_refused_is_not_signed_in_for_ever(pauses: list[float]) -> None:
    with serving() as double, client(double, token=False) as found:
        double.faults = [Faults("401", for_good=True)]
        with pytest.raises(ConnectionFailedError, match="it refuses 'warden', who could sign in"):
            read(client=found, subject_group_name="All", time_range=SPAN)
        assert double.logins == 1


def test_a_very_long_pause_is_not_waited_for(pauses: list[float]) -> None:
    with serving() as double, client(double) as found:
        double.wait = 86_400
        double.faults = [Faults("429", for_good=True)]
        with pytest.raises(ConnectionFailedError, match="it asks to wait 86,400 s"):
            read(client=found, subject_group_name="All", time_range=SPAN)
    assert pauses == []


def test_a_server_that_is_not_there_is_given_up_soon(pauses: list[float]) -> None:
    with serving() as double:
        gone = connection(double)
    with gone.connect() as found, pytest.raises(ConnectionFailedError) as raised:
        read(client=found, subject_group_name="All", time_range=SPAN)
    assert "nothing answers at that port" in str(raised.value)
    assert len(pauses) == 2


def test_a_page_that_is_no_api(pauses: list[float]) -> None:
    with serving() as double, client(double) as found:
        with pytest.raises(ConnectionFailedError, match="it has no '/'"):
            found.get_url(f"{double.url}/index.html")
        with pytest.raises(ConnectionFailedError, match="names '/other/place' as the next page"):
            found.own("https://example.org/other/place?x=1")


def test_a_group_that_is_not_there_names_the_nearest() -> None:
    wrong = pytest.raises(ValueError, match="no subject group 'Elefants'; did you mean 'Elephants'")
    with serving() as double, client(double) as found, wrong:
        read(client=found, subject_group_name="Elefants", time_range=SPAN)


@pytest.mark.parametrize(
    ("server", "message"),
    [
        ("http://mep.pamdas.org", "would send the secret in the clear"),
        ("https://user:pass@mep.pamdas.org", "not to hold a user or a password"),
        ("ftp://mep.pamdas.org", "the name of a site"),
        ("", "the name of a site"),
    ],
)
def test_addresses_that_are_refused(server: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        EarthRangerConnection(server=server, token=TOKEN)
    assert TOKEN not in str(raised.value)


@pytest.mark.parametrize(
    "server",
    [
        "mep.pamdas.org",
        "https://mep.pamdas.org/",
        " mep.pamdas.org/api/v1.0 ",
        "https://mep.pamdas.org/api/v1.0/",
    ],
)
def test_addresses_however_they_are_written(server: str) -> None:
    assert EarthRangerConnection(server=server, token=TOKEN).server == "https://mep.pamdas.org"


def test_how_to_sign_in_is_given_in_one_way() -> None:
    for how in ({}, {"username": "warden"}, {"token": TOKEN, "username": "w", "password": PASSWORD}):
        with pytest.raises(ValueError, match="give 'token', or 'username' and 'password'"):
            EarthRangerConnection.model_validate({"server": "mep.pamdas.org", **how})
