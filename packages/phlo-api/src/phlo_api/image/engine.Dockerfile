# The read-only view of the engine: a few files of Python, and the HTTP parser that they use.
ARG BASE
FROM ${BASE} AS build

RUN apt-get update \
 && apt-get install -y --no-install-recommends python3-venv \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*

COPY requirements-engine.txt /tmp/
RUN python3 -m venv /tmp/pip \
 && /tmp/pip/bin/pip install --no-cache-dir --no-deps --require-hashes --target /opt/engine-view \
        -r /tmp/requirements-engine.txt


FROM ${BASE}

RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*

COPY --from=build /opt/engine-view /opt/engine-view
COPY engine_view.py engine_http.py engine_policy.py /opt/engine-view/
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
CMD ["python3", "/opt/engine-view/engine_view.py"]
