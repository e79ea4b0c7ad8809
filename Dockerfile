# footnote in a container: 851 MB. Tried so, not with Docker: built by buildah (chroot isolation) on a base of Debian 12 made
# by debootstrap, which stood in for python:3.11-slim and is 297 MB of it; `demo`, and `doctor` as user 123456:0, worked.
#   docker build -t footnote . && docker run --rm -it -v footnote:/data --env-file .env footnote
# With podman or buildah: `--format docker`, because the default format (OCI) has no place for the health check.
# Runs as any user number with group 0, as OpenShift starts it: what it writes is below /data, which that group may write.

# The wheel, with the documentation that `footnote demo` crawls inside it.
FROM python:3.11-slim AS wheel
WORKDIR /src
COPY requirements-dev.lock ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-dev.lock
COPY pyproject.toml hatch_build.py README.md LICENSE CHANGELOG.md ./
COPY bot bot
COPY core core
COPY ingest ingest
COPY docs docs
RUN sphinx-build -q -W -b html -d /tmp/doctrees docs build/site \
    && pip wheel --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir /wheel .

# What runs: the locked packages with their hashes, then our wheel.
FROM python:3.11-slim AS packages
RUN python -m venv /opt/footnote
COPY requirements.lock ./
RUN /opt/footnote/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY --from=wheel /wheel /wheel
RUN /opt/footnote/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps /wheel/*.whl

FROM python:3.11-slim
# libnss-wrapper names a user that is only a number, for the embedded Postgres: its initdb asks who it runs as.
RUN apt-get update && apt-get install --yes --no-install-recommends libnss-wrapper && rm -rf /var/lib/apt/lists/*
# An ordinary user: as root the embedded Postgres would keep its data outside of the volume.
RUN useradd --uid 10001 --gid 0 --create-home footnote && chmod g=u /home/footnote \
    && install -d -o footnote -g root -m 0770 /data
COPY --from=packages /opt/footnote /opt/footnote
ENV PATH=/opt/footnote/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOME=/home/footnote \
    FOOTNOTE_HOME=/data
# By number: Kubernetes refuses a name where it is to see that it is not root (runAsNonRoot).
USER 10001
WORKDIR /home/footnote
VOLUME /data
# Of `footnote up`: Postgres answers, and people can ask on one chat platform at least (or none is configured).
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8321/readyz', timeout=8)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["footnote"]
CMD ["up"]
