# wenju in a container: the locked dependencies and the wheel, run by an ordinary user.
# State lives in /state; the token comes from the environment at run time and is in no layer.

ARG PYTHON_VERSION=3.13

FROM python:${PYTHON_VERSION}-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python -m venv /opt/wenju
ENV PATH=/opt/wenju/bin:$PATH
# The dependencies first: their layer stays as long as the lock files do.
COPY requirements/build.lock requirements/run.lock requirements/
RUN python -m pip install --require-hashes -r requirements/build.lock \
    && python -m pip install --require-hashes --no-build-isolation -r requirements/run.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY knowledge knowledge
COPY retrieval retrieval
# Nothing in the finished image installs anything, so what installs stays behind.
RUN python -m pip install --no-index --no-deps --no-build-isolation . \
    && python -m pip uninstall --yes setuptools pip

FROM python:${PYTHON_VERSION}-slim
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="wenju" \
    org.opencontainers.image.description="Answers questions about a set of reports on Telegram, word for word and with citations" \
    org.opencontainers.image.licenses="MIT AND CC-BY-SA-4.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
RUN groupadd --gid 10001 wenju \
    && useradd --uid 10001 --gid wenju --home-dir /state --no-create-home --shell /usr/sbin/nologin wenju \
    && install --directory --owner=wenju --group=wenju --mode=0700 /state
COPY --from=build /opt/wenju /opt/wenju
ENV PATH=/opt/wenju/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    WENJU_STATE=/state
USER 10001:10001
WORKDIR /state
VOLUME /state
# Questions that have been fetched are answered before the process ends; compose.yaml leaves time for it.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["wenju", "health"]
ENTRYPOINT ["wenju"]
CMD ["run"]
