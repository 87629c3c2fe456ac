# psql from Debian, for what the official `postgres` image would do as well.
ARG BASE
FROM ${BASE}

RUN set -eu; \
    groupadd --system --gid 999 postgres; \
    useradd --system --gid 999 --uid 999 --home-dir /nonexistent --shell /usr/sbin/nologin postgres; \
    apt-get update; \
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql-client-17; \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* /usr/share/doc/*; \
    psql --version

USER postgres
