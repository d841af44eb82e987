# Two stages: what builds stays behind. The image runs without root and listens on all addresses, unlike the program.
FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /opt/jobhive-exporter
ENV PATH=/opt/jobhive-exporter/bin:$PATH
# Dependencies first: they change less often than the source.
COPY requirements/build.txt requirements/run.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/build.txt -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY exporter exporter
COPY collectors collectors
COPY alerts alerts
COPY demo demo
RUN pip install --no-cache-dir --no-deps --no-build-isolation . && pip uninstall --yes setuptools pip

FROM python:3.13-slim
ARG REVISION=unknown
ENV PATH=/opt/jobhive-exporter/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    JOBHIVE_EXPORTER_REVISION=$REVISION \
    STATE_DIRECTORY=/var/lib/jobhive-exporter
RUN useradd --system --uid 10077 --home-dir /var/lib/jobhive-exporter --create-home jobhive
COPY --from=build /opt/jobhive-exporter /opt/jobhive-exporter
COPY config.yaml /etc/jobhive-exporter/config.yaml
USER 10077
VOLUME /var/lib/jobhive-exporter
EXPOSE 10077
ENTRYPOINT ["jobhive-exporter", "--config.file=/etc/jobhive-exporter/config.yaml", "--web.listen-address=:10077"]
