# The image of flows and of their task instances: ecoflows, the project's specs and deployments, and
# whatever packages of tasks are given. docs/kubernetes.md tells how it is built and used.

ARG PYTHON_IMAGE=python:3.11-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

# Without pip, so that nothing can be installed into it later.
RUN python -m venv --without-pip /opt/ecoflows \
    && python -m venv /opt/build

COPY requirements/runtime.lock requirements/build.lock requirements/
RUN /opt/build/bin/python -m pip --python /opt/ecoflows/bin/python install --quiet \
    --require-hashes --no-deps --only-binary :all: -r requirements/runtime.lock \
    && /opt/build/bin/python -m pip install --quiet --require-hashes --no-deps -r requirements/build.lock

# A tenth of the whole: the tests of the libraries.
RUN find /opt/ecoflows/lib -type d -name tests -path '*/site-packages/*' -prune -exec rm -r {} +

COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN /opt/build/bin/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir wheels . \
    && /opt/build/bin/python -m pip --python /opt/ecoflows/bin/python install --quiet --no-deps wheels/*.whl

# Packages of tasks: names for pip in EXTRA_PACKAGES; wheels and projects in deployments/packages.
# They get the versions that are locked, or do not fit.
ARG EXTRA_PACKAGES=""
COPY deployments/packages packages
RUN set -eu; \
    /opt/build/bin/python -m pip --python /opt/ecoflows/bin/python freeze --exclude ecoflows > locked.txt; \
    set -- $EXTRA_PACKAGES; \
    for wheel in packages/*.whl; do [ ! -e "$wheel" ] || set -- "$@" "./$wheel"; done; \
    for project in packages/*/pyproject.toml; do [ ! -e "$project" ] || set -- "$@" "./${project%/*}"; done; \
    [ "$#" = 0 ] || /opt/build/bin/python -m pip --python /opt/ecoflows/bin/python install --quiet \
        --constraint locked.txt "$@"


FROM ${PYTHON_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=""
LABEL org.opencontainers.image.title="ecoflows" \
      org.opencontainers.image.description="Flows and task instances of ecoflows" \
      org.opencontainers.image.licenses="BSD-3-Clause" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

# In the image's list of users, since some libraries ask who they are.
RUN useradd --uid 1000 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin ecoflows

COPY --from=build /opt/ecoflows /opt/ecoflows
ENV PATH=/opt/ecoflows/bin:$PATH \
    HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DO_NOT_TRACK=1

WORKDIR /app
COPY specs specs
COPY deployments/profiles deployments/profiles
COPY deployments/flows deployments/flows

# By number: Kubernetes cannot tell whether a user with a name is root.
USER 1000:1000
ENTRYPOINT ["ecoflows"]
CMD ["--help"]
