# The PostgreSQL exporter from Debian, with the contract of the official `postgres-exporter` image: environment, port,
# user, and a `wget` for the health check.
ARG BASE
FROM ${BASE}

RUN set -eu; \
    export DEBIAN_FRONTEND=noninteractive; \
    apt-get update; \
    apt-get install -y --no-install-recommends busybox prometheus-postgres-exporter; \
    ln -s /bin/busybox /usr/local/bin/wget; \
    ln -s /usr/bin/prometheus-postgres-exporter /bin/postgres_exporter; \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log /usr/share/doc/*; \
    postgres_exporter --version

USER 65534:65534
EXPOSE 9187
ENTRYPOINT ["/bin/postgres_exporter"]
