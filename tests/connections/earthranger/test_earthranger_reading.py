"""What a site holds equals what the task returns, whatever a retry can heal goes wrong on the way."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from earthranger_site import SPAN, client, expected_rows, rows

from earthranger_double import Faults, Site, serving
from earthranger_double.data import START, STEP
from earthranger_double.server import TOKEN
from ecoflows.progress import Advance, told_to
from ecoflows.tasks.io import get_subjectgroup_observations
from ecoflows.tasks.types import TimeRange

read = get_subjectgroup_observations.function


@pytest.mark.parametrize("cursors", [False, True], ids=["numbers", "cursors"])
@pytest.mark.parametrize("token", [True, False], ids=["token", "password"])
@pytest.mark.parametrize(
    "faults",
    [
        [],
        [Faults("429", at=frozenset({2}))],
        [Faults("429 date", at=frozenset({3}))],
        [Faults("500", at=frozenset({0, 1, 2, 9}))],
        [Faults("502", at=frozenset({4, 5, 6}))],
        [Faults("503", rate=0.2)],
        [Faults("truncated", at=frozenset({2, 5, 11}))],
        [Faults("dropped", at=frozenset({2, 5, 11}))],
        [Faults("dropped", rate=0.1), Faults("truncated", rate=0.1, seed=2), Faults("429", rate=0.1, seed=3)],
    ],
    ids=lambda faults: "+".join(fault.kind for fault in faults) or "none",
)
def test_all_rows_come_under_faults(
    cursors: bool, token: bool, faults: list[Faults], pauses: list[float]
) -> None:
    fresh = [Faults(one.kind, one.at, one.rate, one.seed) for one in faults]
    with serving(Site(subjects=5, each=23), cursors=cursors, most=7) as double:
        double.faults = fresh
        with client(double, token=token, tcp_limit=3) as found:
            table = read(client=found, subject_group_name="All", time_range=SPAN, filter="all")
        assert rows(table) == expected_rows(double)
        assert len(table) == 115
        assert list(table["groupby_col"].drop_duplicates()) == sorted(double.site.numbers)
        for _, of_one in table.groupby("groupby_col"):
            assert of_one["fixtime"].is_monotonic_increasing
    assert len(pauses) == sum(fault.made for fault in fresh)


def test_one_failing_request_in_a_hundred(pauses: list[float]) -> None:
    with serving(Site(subjects=4, each=500), most=5) as double:
        double.faults = [Faults("503", rate=0.01)]
        with client(double) as found:
            table = read(client=found, subject_group_name="All", time_range=SPAN, filter="all")
        assert rows(table) == expected_rows(double)
        assert double.faults[0].made > 0


def test_only_the_failing_page_is_asked_for_again(pauses: list[float]) -> None:
    with serving(Site(subjects=1, each=50), most=10) as double:
        double.faults = [Faults("dropped", at=frozenset({3}), path="observations")]
        with client(double, tcp_limit=1) as found:
            read(client=found, subject_group_name="All", time_range=SPAN, filter="all")
        pages = [query.get("page", "1") for query in double.asked("observations")]
        assert pages == ["1", "2", "3", "4", "4", "5"]


def test_a_slow_page_is_waited_for() -> None:
    with serving(Site(subjects=1, each=4)) as double:
        double.faults = [Faults("slow", at=frozenset({1}))]
        with client(double) as found:
            table = read(client=found, subject_group_name="All", time_range=SPAN, filter="all")
        assert len(table) == 4


@pytest.mark.parametrize("kind", ["429", "429 date"])
def test_retry_after_is_honoured(kind: str, pauses: list[float]) -> None:
    with serving(Site(subjects=1)) as double:
        double.wait = 37
        double.faults = [Faults(kind, at=frozenset({1}))]
        with client(double) as found:
            read(client=found, subject_group_name="All", time_range=SPAN)
    (pause,) = pauses
    assert 35 <= pause <= 37


def test_pauses_grow_without_retry_after(pauses: list[float]) -> None:
    with serving(Site(subjects=1)) as double:
        double.faults = [Faults("500", at=frozenset(range(1, 6)))]
        with client(double) as found:
            read(client=found, subject_group_name="All", time_range=SPAN)
    assert len(pauses) == 5
    assert pauses[0] <= 1.5
    assert pauses[-1] >= 4


def test_a_password_signs_in_anew_when_its_token_expires(pauses: list[float]) -> None:
    with serving(Site(subjects=3, each=30), most=5) as double:
        double.expires_after = 6
        with client(double, token=False, tcp_limit=1) as found:
            table = read(client=found, subject_group_name="All", time_range=SPAN, filter="all")
        assert rows(table) == expected_rows(double)
        assert double.logins > 2


def test_links_lead_nowhere_but_to_the_site_itself() -> None:
    with serving(Site(subjects=1, each=30), most=7, root="https://elsewhere.example.org") as double:
        with client(double) as found:
            read(client=found, subject_group_name="All", time_range=SPAN)
        assert set(double.signatures) == {f"Bearer {TOKEN}"}


def test_sites_that_add_a_slash_are_followed() -> None:
    with serving(Site(subjects=2, each=20), most=7) as double, client(double) as found:
        double.slashes = True
        table = read(client=found, subject_group_name="All", time_range=SPAN, filter="all")
        assert rows(table) == expected_rows(double)


def test_a_netrc_file_does_not_sign_requests(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(Site(subjects=1)) as double, client(double) as found:
        read(client=found, subject_group_name="All", time_range=SPAN)
        assert set(double.signatures) == {f"Bearer {TOKEN}"}


def test_times_are_instants_whatever_their_zone() -> None:
    since, until = START + 3 * STEP, START + 6 * STEP
    zones = ("2024-01-01T00:45:00", "2024-01-01T03:45:00+03:00")
    with serving(Site(subjects=2)) as double, client(double) as found:
        for text in zones:
            table = read(
                client=found,
                subject_group_name="All",
                filter="all",
                since=TimeRange(since=text, until=until).since,
                until=until,
            )
            assert rows(table) == expected_rows(double, since=since, until=until)
        assert str(table["fixtime"].dt.tz) == "UTC"
        (query, *_) = double.asked("observations")
        assert query["since"] == "2024-01-01T00:45:00+00:00"


def test_data_that_changes_while_it_is_read_is_read_again(pauses: list[float]) -> None:
    with serving(Site(subjects=1, each=20), most=6) as double, client(double) as found:
        original, calls = double.answers._paged, []

        def paged(path, query, count, row):
            answer = original(path, query, count, row)
            calls.append(path)
            if len(calls) == 2:  # a row came in before this page: all others move by one
                answer["count"] += 1
                answer["results"] = answer["results"][:-1]
            return answer

        double.answers._paged = paged
        table = read(client=found, subject_group_name="All", time_range=SPAN, filter="all")
        assert rows(table) == expected_rows(double)
        assert len(calls) > 4


def test_memory_holds_pages_as_arrow_and_progress_is_told() -> None:
    told: list[Advance] = []
    with serving(Site(subjects=3, each=40), most=8) as double, client(double) as found, told_to(told.append):
        read(client=found, subject_group_name="All", time_range=SPAN, filter="all")
    assert (told[-1].done, told[-1].total, told[-1].what) == (120, 120, "observations")
    assert told[0].text.endswith("observations")


def test_observations_without_a_position_are_left_out_and_told(caplog: pytest.LogCaptureFixture) -> None:
    with serving(Site(subjects=1, each=10)) as double, client(double) as found:
        original = Site.observation

        def nowhere(site, subject, index):
            return original(site, subject, index) | ({"location": None} if index == 4 else {})

        with pytest.MonkeyPatch.context() as patch, caplog.at_level(logging.WARNING, "ecoflows"):
            patch.setattr(Site, "observation", nowhere)
            table = read(client=found, subject_group_name="All", time_range=SPAN, filter="all")
    assert len(table) == 9
    assert "1 of 10 observations have no position" in caplog.text


def test_the_time_range_is_given_in_one_way() -> None:
    with serving(Site(subjects=1)) as double, client(double) as found:
        with pytest.raises(ValueError, match="give time_range, or since and until; here is since"):
            read(client=found, subject_group_name="All", since=START)
        with pytest.raises(ValueError, match="here are time_range and until"):
            read(client=found, subject_group_name="All", time_range=SPAN, until=START + timedelta(days=1))
        assert double.requests == []
