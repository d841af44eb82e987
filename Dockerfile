# What builds stays behind: the image has no compiler and no pip, and runs without root on a read-only root file system.
# Two targets: the exporter (default), and demo, which brings a PostgreSQL, a Redis and a company of its own.
# Pin the base by its digest: --build-arg BASE_IMAGE=python:3.13-slim-bookworm@sha256:...
ARG BASE_IMAGE=python:3.13-slim-bookworm

FROM ${BASE_IMAGE} AS dependencies
WORKDIR /src
RUN python3 -m venv /opt/jobhive-exporter
ENV PATH=/opt/jobhive-exporter/bin:$PATH
# Dependencies first: they change less often than the source. A package index of your own is told by the secret pip, a
# pip.conf, and its certificate authority by the secret ca, which pip.conf names as /run/secrets/ca.
COPY requirements/build.txt requirements/run.txt requirements/
RUN --mount=type=secret,id=pip,target=/etc/pip.conf --mount=type=secret,id=ca \
    pip install --no-cache-dir --require-hashes -r requirements/build.txt -r requirements/run.txt

FROM dependencies AS wheel
COPY pyproject.toml README.md LICENSE ./
COPY exporter exporter
COPY collectors collectors
COPY alerts alerts
COPY demo demo
RUN pip wheel --no-cache-dir --no-index --no-deps --no-build-isolation --wheel-dir /wheel .

FROM dependencies AS build
COPY --from=wheel /wheel /wheel
RUN pip install --no-cache-dir --no-index --no-deps /wheel/*.whl && pip uninstall --yes setuptools pip

FROM dependencies AS demo-build
COPY requirements/demo.txt requirements/
RUN --mount=type=secret,id=pip,target=/etc/pip.conf --mount=type=secret,id=ca \
    pip install --no-cache-dir --require-hashes -r requirements/demo.txt
COPY --from=wheel /wheel /wheel
RUN pip install --no-cache-dir --no-index --no-deps /wheel/*.whl && pip uninstall --yes pip

FROM ${BASE_IMAGE} AS runtime
ARG BASE_IMAGE
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="JobHive exporter" \
      org.opencontainers.image.description="Prometheus exporter and alerting daemon for JobHive" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="$BASE_IMAGE"
# The pip of the base goes as well. PostgreSQL in the demo wants its user to have a name.
RUN groupadd --gid 10077 jobhive \
 && useradd --uid 10077 --gid 10077 --home-dir /var/lib/jobhive-exporter --no-create-home --shell /bin/false jobhive \
 && install --directory --owner=10077 --group=10077 --mode=0700 /var/lib/jobhive-exporter \
 && rm -rf /usr/local/bin/pip* /usr/local/lib/python3*/ensurepip /usr/local/lib/python3*/site-packages/pip* \
           /usr/share/python-wheels
COPY config.yaml /etc/jobhive-exporter/config.yaml
COPY alerts/rules /etc/jobhive-exporter/alerts/rules
COPY alerts/runbooks /etc/jobhive-exporter/alerts/runbooks
COPY dashboards/provisioning /etc/jobhive-exporter/dashboards/provisioning
COPY dashboards/json /etc/jobhive-exporter/dashboards/json
ENV PATH=/opt/jobhive-exporter/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    JOBHIVE_EXPORTER_REVISION=$REVISION \
    STATE_DIRECTORY=/var/lib/jobhive-exporter
WORKDIR /var/lib/jobhive-exporter
VOLUME /var/lib/jobhive-exporter
EXPOSE 10077
STOPSIGNAL SIGTERM
# Not urllib: it would ask a proxy that the environment names. With TLS on port 10077 give the container one of its own.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["python3", "-c", "\
from http.client import HTTPConnection as Connection; \
link = Connection('127.0.0.1', 10077, timeout=4); \
link.request('GET', '/-/healthy'); \
raise SystemExit(link.getresponse().status != 200)"]
USER 10077:10077

FROM runtime AS demo
COPY --from=demo-build /opt/jobhive-exporter /opt/jobhive-exporter
ENTRYPOINT ["jobhive-exporter", "demo", "--data-dir=/var/lib/jobhive-exporter/demo", "--web.listen-address=:10077"]

FROM runtime AS exporter
COPY --from=build /opt/jobhive-exporter /opt/jobhive-exporter
ENTRYPOINT ["jobhive-exporter", "--config.file=/etc/jobhive-exporter/config.yaml", "--web.listen-address=:10077"]
