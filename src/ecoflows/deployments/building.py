"""``ecoflows deployment build``: the files that a team reviews, from specs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecoflows import source
from ecoflows.deployments import modules, prefect_file
from ecoflows.deployments.entries import (
    Asked,
    entry,
    flow_parameters,
    option_problems,
    parameter_problems,
    schedule,
)
from ecoflows.deployments.files import put
from ecoflows.deployments.merging import merged
from ecoflows.deployments.prefect_file import Entry, PrefectFile, part
from ecoflows.deployments.profiles import Profile, find_profile, load_profile
from ecoflows.deployments.schedules import CRON_HINT, cron_problem, timezone_problem
from ecoflows.deployments.secrecy import unseen
from ecoflows.deployments.specs import Found, load_all, spec_files
from ecoflows.deployments.templates import unknown_variables
from ecoflows.errors import Problem, ProblemError, UsageError, did_you_mean, in_order
from ecoflows.flows.build import parameter_names
from ecoflows.resources import check_image_name
from ecoflows.settings import DEFAULT_CACHE_ROOT
from ecoflows.source import Source
from ecoflows.workflow.model import Workflow
from ecoflows.workflow.params import bind
from ecoflows.workflow.typecheck import require_no_refuted

_SPEC = "{spec}"


@dataclass(frozen=True)
class Request:
    """What is to be built.

    Attributes:
        specs: The specs, as paths or patterns.
        out: The folder of the deployments, below the current one.
        profile: The name of a profile, or its file.
        pool: The work pool; wins over the profile.
        image: The image; wins over the profile.
        params: The params file; ``{spec}`` in it stands for the spec's file without ``.yaml``.
        cron: When the deployments run by themselves.
        timezone: The timezone of that.
        tags: More words to find them by.
        concurrency_limit: How many runs of each go on at the same time, at most.
        project: What marks the deployments of this file.
        force: Whether files and deployments that people wrote are written over.
    """

    specs: Sequence[str]
    out: Path
    profile: str | None = None
    pool: str | None = None
    image: str | None = None
    params: str | None = None
    cron: str | None = None
    timezone: str | None = None
    tags: tuple[str, ...] = ()
    concurrency_limit: int | None = None
    project: str | None = None
    force: bool = False


@dataclass(frozen=True)
class Built:
    """What came of it.

    Attributes:
        file: The ``prefect.yaml``.
        names: The deployments.
        written: The files that were written.
        unchanged: Those that stayed as they were.
        left_out: The params files among the specs.
        warnings: What the user should know.
    """

    file: Path
    names: tuple[str, ...]
    written: tuple[Path, ...]
    unchanged: tuple[Path, ...]
    left_out: tuple[Path, ...] = ()
    warnings: tuple[Problem, ...] = ()


@dataclass
class _Work:
    """What is known so far, and what is wrong with it."""

    request: Request
    profile: Profile
    profile_source: Source
    file: PrefectFile | None
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def build(request: Request) -> Built:
    """Write the ``prefect.yaml`` and the modules of deployments; all of them, or none.

    Args:
        request: What is to be built.

    Raises:
        ProblemError: With all that is wrong with the specs, the profile, the params and the file.
        EcoflowsError: If a file that is not ours would be overwritten, or cannot be written.
        UsageError: If options are missing or contradict each other.
    """
    _require_consistent(request)
    paths, left_out = spec_files(request.specs)
    found, problems, warnings = load_all(paths)
    problems += _option_problems(request)
    work = _Work(request, *_environment(request, problems), problems, warnings)
    project = _project(request, work.file)
    work.warnings += _instance_warnings(work, found)
    entries, texts = [], {}
    for one in found:
        file = request.out / modules.FOLDER / modules.file_name(one.workflow.name)
        entries.append(_entry(work, one, file))
        if not request.force and file.exists() and not modules.is_ours(file):
            message = "this file was not made by 'ecoflows deployment build'"
            hint = "move it away, or write over it with --force"
            work.problems.append(Problem("not-ours", message, str(file), hint=hint))
        texts[file] = modules.module_text(one.path, file.parent)
    if len(texts) < len(found):
        message = "the names of two specs come to the same file name under flows/; rename one of them"
        work.problems.append(Problem("duplicate-name", message))
    if work.problems:
        raise ProblemError(unseen(in_order(work.problems)))
    target = request.out / prefect_file.NAME
    before = work.file.source.text if work.file else None
    texts[target] = merged(before, project, entries)
    written = [file for file, text in texts.items() if put(file, text)]
    names = tuple(str(found_entry["name"]) for found_entry in entries)
    unchanged = tuple(file for file in texts if file not in written)
    told = (*work.warnings, *(work.file.warnings if work.file else ()))
    return Built(target, names, tuple(written), unchanged, tuple(left_out), told)


def deployment_name(workflow: str, profile: str | None) -> str:
    """What the deployment of a workflow is called.

    Args:
        workflow: The workflow's name.
        profile: The profile's name or file, where one was named.
    """
    plain = "".join("-" if char in "/%&<>" else char for char in workflow)
    return f"{plain}-{Path(profile).stem}" if profile else plain


def _require_consistent(request: Request) -> None:
    if request.profile is None and request.pool is None:
        raise UsageError("name an environment with --profile, or at least its work pool with --pool")
    if request.timezone is not None and request.cron is None:
        raise UsageError("--timezone is that of --cron, which is not given")
    whole, here = request.out.resolve(), Path.cwd()
    if not whole.is_relative_to(here):
        raise UsageError(f"--out {request.out} is not below the current folder, which flows are loaded from")


def _option_problems(request: Request) -> list[Problem]:
    """What is wrong with the values of single options."""
    problems = [*option_problems(Asked(tags=request.tags, image=request.image, pool=request.pool))]
    if request.cron is not None and (why := cron_problem(request.cron)):
        problems.append(Problem("bad-cron", why, "--cron", hint=CRON_HINT))
    if request.timezone is not None and (found := timezone_problem(request.timezone)):
        problems.append(Problem("bad-timezone", found[0], "--timezone", hint=found[1]))
    if request.image is not None and (why := check_image_name(request.image)):
        problems.append(Problem("bad-image", why, "--image"))
    return problems


def _environment(request: Request, problems: list[Problem]) -> tuple[Profile, Source, PrefectFile | None]:
    """The profile and the file as it is; what is wrong with both comes with the specs' problems."""
    profile, found, file = Profile(pool="unknown", type="process"), Source(""), None
    try:
        profile, found = _profile(request, problems)
    except ProblemError as error:
        problems += error.problems
    target = request.out / prefect_file.NAME
    try:
        file = prefect_file.read(target) if target.exists() else None
    except ProblemError as error:
        problems += error.problems
    return profile, found, file


def _profile(request: Request, problems: list[Problem]) -> tuple[Profile, Source]:
    if request.profile is None:
        # An image is what pods have; without one the pool is taken for one of processes.
        kind: Any = "kubernetes" if request.image else "process"
        given = {"pool": request.pool or "", "type": kind, "image": request.image}
        return Profile(pool="unknown", type="process").model_copy(update=given), Source("")
    profile, found = load_profile(find_profile(request.profile, request.out))
    if request.image and profile.type == "process" and profile.execution.mode != "pod":
        message = f"the profile '{request.profile}' is of a process pool, which has no images"
        problems.append(Problem("no-pods", message, "--image"))
    update = {"pool": request.pool or profile.pool, "image": request.image or profile.image}
    profile = profile.model_copy(update=update)
    problems += unknown_variables(profile, found, request.out)
    return profile, found


def _instance_warnings(work: _Work, found: Sequence[Found]) -> list[Problem]:
    """The task instances of a profile that no spec has."""
    known = {name for one in found for name in one.workflow.nodes}
    return [
        work.profile_source.problem(
            ("execution", "instances", name),
            "unknown-instance",
            f"none of these specs has a task instance '{name}'",
            hint=did_you_mean(name, known, what="task instances"),
            side="key",
            severity="warning",
        )
        for name in work.profile.execution.instances
        if name not in known
    ]


def _project(request: Request, file: PrefectFile | None) -> str:
    """What the file calls itself."""
    known = file.project if file else None
    if known and request.project and known != request.project:
        raise UsageError(f"--project {request.project}: the file is of the project '{known}' already")
    return known or request.project or Path.cwd().name


def _entry(work: _Work, found: Found, module: Path) -> dict[str, Any]:
    """What stands in the file of one deployment."""
    request, workflow = work.request, found.workflow
    name = deployment_name(workflow.name, request.profile)
    there = work.file.entry(name) if work.file else None
    if there is not None and there.project is None and not request.force and work.file is not None:
        message = f"'{name}' was written by a person, and this build would write over it"
        hint = "rename one of the two, or write over it with --force"
        work.problems.append(work.file.source.problem(there.path, "not-ours", message, hint=hint))
    asked = Asked(
        parameters=_parameters(work, found, there),
        schedule=schedule(request.cron, request.timezone or "UTC") if request.cron else None,
        concurrency_limit=request.concurrency_limit,
        tags=request.tags,
    )
    work.problems += _cache_root_problems(work, workflow)
    entrypoint = f"{_relative(module)}:{modules.FLOW}"
    return entry(workflow, name, entrypoint, work.profile, asked)


def _relative(path: Path) -> str:
    return path.resolve().relative_to(Path.cwd()).as_posix()


def _parameters(work: _Work, found: Found, there: Entry | None) -> dict[str, Any] | None:
    """The parameters that runs start with; ``None`` where those of the file stay."""
    workflow = found.workflow
    scheduled = work.request.cron is not None or bool(there and there.data.get("schedules"))
    try:
        given = _given(work, found, there)
        if given is not None:
            work.problems += parameter_problems(workflow, given)
        # Nobody fills in a form for a run that starts by itself.
        bound = bind(workflow, given, complete=scheduled)
        require_no_refuted(bound)
    except ProblemError as error:
        work.problems += error.problems
        return None
    if work.request.params is None and there is not None:
        return None
    return flow_parameters(workflow, bound)


def _given(work: _Work, found: Found, there: Entry | None) -> Source | None:
    """What is given for the parameters: by the params file, or in the file as it is."""
    if work.request.params is not None:
        name = work.request.params.replace(_SPEC, found.path.name.removesuffix(found.path.suffix))
        return source.load(name)
    if there is None or work.file is None or not isinstance(there.data.get("parameters"), dict):
        return None
    ids = {name: key for key, name in parameter_names(found.workflow).items()}
    return part(work.file.source, (*there.path, "parameters"), ids)


def _cache_root_problems(work: _Work, workflow: Workflow) -> list[Problem]:
    """A cache root that every pod would have for itself."""
    profile = work.profile
    root = profile.cache_root or workflow.cache_root or DEFAULT_CACHE_ROOT
    if profile.type != "kubernetes" or "://" in root or Path(root).is_absolute():
        return []
    message = f"the cache root '{root}' is a folder of each pod, and is lost with it"
    hint = "let the profile have a 'cache_root' that all pods reach, such as s3://bucket/cache"
    place = work.profile_source if profile.cache_root else workflow.source
    return [place.problem(("cache_root",), "lost-cache-root", message, hint=hint)]
