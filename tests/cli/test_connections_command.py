"""``ecoflows connections`` as people and scripts use it."""

from __future__ import annotations

import json
import os
import pty
import select
import stat
import subprocess
import sys
import time

import pytest

from earthranger_double import serving
from earthranger_double.server import PASSWORD, TOKEN, USERNAME
from place import Place
from support import command_environment

SPEC = """\
name: tracks
cache_root: cache
workflow:
  - id: obs
    task: get_subjectgroup_observations
    partial: {subject_group_name: Elephants, since: 2024-01-01, until: 2024-01-02}
"""


@pytest.fixture
def own(place: Place) -> Place:
    """A place with a file of connections of its own, and no server."""
    place.home = place.folder / "home"
    place.variables["ECOFLOWS_CONNECTIONS_FILE"] = str(place.folder / "connections.toml")
    return place


def create(
    place: Place, *more: str, name: str = "park", **fields: object
) -> subprocess.CompletedProcess[str]:
    file = place.write("fields.json", json.dumps(fields))
    given = ("--type", "earthranger", "--name", name, "--fields", f"@{file}")
    return place.call("connections", "create", *given, *more)


def test_made_listed_shown_used_and_removed(own: Place) -> None:
    with serving() as double:
        assert own.call("connections", "list").stdout.startswith(
            "no connections; 'ecoflows connections create"
        )
        made = create(own, server=double.url, token=TOKEN)
        assert made.returncode == 0, made.stderr
        assert "does it work?  ecoflows connections check park" in made.stdout
        assert stat.S_IMODE((own.folder / "connections.toml").stat().st_mode) == 0o600
        listed = own.call_json("connections", "list", "--json")
        place = str(own.folder / "connections.toml")
        assert listed["connections"] == [
            {"type": "earthranger", "name": "park", "sources": [{"source": "file", "place": place}]}
        ]
        shown = own.call("connections", "show", "park")
        assert "**********" in shown.stdout
        fields = own.call_json("connections", "show", "PARK", "--json")["fields"]
        assert fields["server"] == {"value": double.url, "source": "file"}
        assert fields["tcp_limit"] == {"value": "5", "source": "default"}
        checked = own.call("connections", "check", "park")
        assert checked.returncode == 0, checked.stdout
        assert "passed   sign-in: as warden\n" in checked.stdout
        assert "passed   may read events\n" in checked.stdout
        own.write("tracks.yaml", SPEC)
        form = own.call("get-params", "tracks.yaml").stdout
        assert "  # text, such as park; REQUIRED\n  client:\n" in form
        target = own.folder / "dag.py"
        root = ("--cache-root", "s3://park/cache")
        own.call("compile", "tracks.yaml", "--target", "airflow", *root, "--outpath", target)
        assert '"examples": ["park"]' in target.read_text()
        for text in (form, target.read_text()):
            assert TOKEN not in text
            assert double.url not in text
        ran = own.call("run", "tracks.yaml", "--engine", "sequential", "--set", "obs.client=park")
        assert ran.returncode == 0, ran.stderr
    wrong = own.call("run", "tracks.yaml", "--engine", "sequential", "--set", "obs.client=prak")
    assert wrong.returncode == 3
    assert "there is no earthranger connection 'prak'; did you mean 'park'? known are park;" in wrong.stderr
    removed = own.call("connections", "delete", "park")
    assert removed.returncode == 0, removed.stderr
    assert own.call("connections", "delete", "park").returncode == 1
    assert not any(
        secret in text for text in (made.stdout, shown.stdout, checked.stdout) for secret in (TOKEN,)
    )


def test_a_check_that_fails_says_how_to_mend_it(own: Place) -> None:
    with serving() as double:
        create(own, server=double.url, token="wrong-token-661")
        checked = own.call("connections", "check", "park")
        assert checked.returncode == 1
        assert "failed   sign-in:" in checked.stdout
        assert "         = make a new one at the site" in checked.stdout
        found = own.call_json("connections", "check", "park", "--json")
        assert found["passed"] is False
        assert {check["state"] for check in found["checks"]} >= {"passed", "failed", "skipped"}
    assert "wrong-token-661" not in checked.stdout + checked.stderr + json.dumps(found)


def test_the_environment_makes_a_connection_and_wins(own: Place) -> None:
    with serving() as double:
        prefix = "ECOFLOWS__CONNECTIONS__EARTHRANGER__PARK__"
        own.variables |= {f"{prefix}SERVER": double.url, f"{prefix}USERNAME": USERNAME}
        own.variables[f"{prefix}PASSWORD"] = PASSWORD
        listed = own.call("connections", "list", "--type", "earthranger")
        assert f"environment: {prefix}*" in " ".join(listed.stdout.split())
        assert own.call("connections", "check", "park").returncode == 0
    refused = own.call("connections", "delete", "park")
    assert refused.returncode == 2
    assert "'park' can only be removed where it is: environment:" in refused.stderr
    assert PASSWORD not in listed.stdout + refused.stderr


def test_a_script_makes_one_of_its_environment(own: Place) -> None:
    prefix = "ECOFLOWS__CONNECTIONS__EARTHRANGER__PARK__"
    command = ("connections", "create", "--type", "earthranger", "--name", "Park")
    refused = own.run(*command, **{f"{prefix}TOKEN": TOKEN})
    assert refused.returncode == 2
    assert "there is no terminal to ask for 'server'; give --fields, or the settings in" in refused.stderr
    made = own.run(*command, **{f"{prefix}TOKEN": TOKEN, f"{prefix}SERVER": "mep.pamdas.org"})
    assert made.returncode == 0, made.stderr
    assert f'token = "{TOKEN}"' in (own.folder / "connections.toml").read_text()
    assert TOKEN not in refused.stderr + made.stdout + made.stderr


def test_what_is_wrong_is_told_and_nothing_is_written(own: Place) -> None:
    cases = [
        (
            create(own, server="https://mep.pamdas.org", tokn=TOKEN),
            "'tokn' (given) is no setting of it; did you",
        ),
        (create(own, server="http://mep.pamdas.org", token=TOKEN), "would send the secret in the clear"),
        (create(own, server="mep.pamdas.org"), "give 'token', or 'username' and 'password'"),
        (create(own, name="a b", server="mep.pamdas.org", token=TOKEN), "--name: 'a b' is no name of a conn"),
        (
            own.call("connections", "create", "--type", "erthranger", "--name", "x"),
            "did you mean 'earthranger'?",
        ),
        (own.call("connections", "show", "nobody"), "there is no connection 'nobody'; none is known here"),
    ]
    for done, message in cases:
        assert done.returncode in (1, 2), message
        assert message in done.stderr
        assert TOKEN not in done.stderr
        assert "Traceback" not in done.stderr
    assert not (own.folder / "connections.toml").exists()


def test_a_name_that_is_taken_is_written_over_only_if_asked(own: Place) -> None:
    assert create(own, server="mep.pamdas.org", token=TOKEN).returncode == 0
    before = (own.folder / "connections.toml").read_text()
    taken = create(own, name="Park", server="other.pamdas.org", token=TOKEN)
    assert taken.returncode == 2
    assert "write over it with --replace" in taken.stderr
    assert (own.folder / "connections.toml").read_text() == before
    assert create(own, "--replace", server="other.pamdas.org", token=TOKEN).returncode == 0
    assert own.call_json("connections", "show", "park", "--json")["fields"]["server"]["value"] == (
        "https://other.pamdas.org"
    )


def test_a_secret_on_the_command_line_is_warned_of(own: Place) -> None:
    fields = json.dumps({"server": "mep.pamdas.org", "token": TOKEN})
    done = own.call("connections", "create", "--type", "earthranger", "--name", "park", "--fields", fields)
    assert done.returncode == 0
    assert "a secret in a command line is seen by others" in done.stderr


def test_a_file_that_others_can_read_is_refused(own: Place) -> None:
    create(own, server="mep.pamdas.org", token=TOKEN)
    (own.folder / "connections.toml").chmod(0o644)
    for command in ("list", "show park", "check park", "delete park"):
        done = own.call("connections", *command.split())
        assert done.returncode == 1
        assert "others can read it (mode 0644)" in done.stderr
        assert "chmod 600" in done.stderr


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (("mep.pamdas.org", TOKEN), {"token": TOKEN}),
        (("mep.pamdas.org", "", USERNAME, PASSWORD), {"username": USERNAME, "password": PASSWORD}),
    ],
    ids=["token", "password"],
)
def test_asked_on_a_terminal_without_showing_secrets(
    own: Place, answers: tuple[str, ...], expected: dict[str, str]
) -> None:
    shown = answered(own, answers, "connections", "create", "--type", "earthranger", "--name", "park")
    assert "token: An access token of the site. (leave empty for another way)" in shown
    assert "wrote earthranger park" in shown
    assert TOKEN not in shown
    assert PASSWORD not in shown
    written = (own.folder / "connections.toml").read_text()
    for name, value in {"server": "https://mep.pamdas.org", **expected}.items():
        assert f'{name} = "{value}"' in written


def answered(place: Place, answers: tuple[str, ...], *arguments: str) -> str:
    """What a command shows on a terminal where somebody answers its questions."""
    ours, theirs = pty.openpty()
    variables = command_environment(ECOFLOWS_HOME=str(place.home), **place.variables)
    process = subprocess.Popen(
        [sys.executable, "-m", "ecoflows", *arguments],
        cwd=place.folder,
        env=variables,
        preexec_fn=lambda: os.login_tty(theirs),  # for /dev/tty to be this terminal
    )
    os.close(theirs)
    shown, waiting, deadline = "", list(answers), time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([ours], [], [], 0.2)[0]:
            try:
                shown += os.read(ours, 4096).decode()
            except OSError:  # the process has ended
                break
        elif waiting and shown.endswith(": "):
            os.write(ours, f"{waiting.pop(0)}\n".encode())
            time.sleep(0.1)
    assert process.wait(30) == 0, shown
    os.close(ours)
    return shown
