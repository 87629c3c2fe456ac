#!/bin/sh
# Makes .venv: the versions of requirements.lock, and this repository's own packages in editable form.
# Does nothing when it is there already and made from the same files.
set -eu
cd "$(dirname "$0")/.."

venv=.venv

say() { echo "environment: $*"; }

fail() {
    echo "environment: $*" >&2
    exit 1
}

usable() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for python in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if command -v "$python" >/dev/null && usable "$python"; then
            echo "$python"
            return
        fi
    done
    return 1
}

install_python() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        fail "phlo needs Python 3.11 or newer with its venv module. Install it, or name it: make PYTHON=/path/to/python3"
    fi
    say "installing Python from this system's packages"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3 python3-venv >/dev/null
}

fingerprint() { cat "$@" | cksum; }

locked=$(fingerprint requirements.lock)
ours=$(fingerprint pyproject.toml packages/*/pyproject.toml)

if [ "$(cat $venv/locked 2>/dev/null)" != "$locked" ]; then
    python=$(find_python) || { install_python && python=$(find_python); } ||
        fail "no Python 3.11 or newer with its venv module was found, nor installed"
    say "installing $(grep -c '==' requirements.lock) locked packages into $venv ($("$python" --version))"
    "$python" -m venv --clear $venv
    # The lock has the hash of every file, so no mirror can slip in anything else.
    $venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
    echo "$locked" >$venv/locked
fi

if [ "$(cat $venv/ours 2>/dev/null)" != "$ours" ]; then
    say "installing phlo and its service packages from this repository"
    set -- -e .
    for package in packages/*/pyproject.toml; do
        if [ -e "$package" ]; then set -- "$@" -e "${package%/pyproject.toml}"; fi
    done
    # --no-deps, --no-index: a package of ours never comes from an index, where its name may be a stranger's.
    # By uv, whose `phlo` script starts faster than the one pip writes.
    $venv/bin/uv pip install --quiet --offline --python $venv/bin/python \
        --no-index --no-deps --no-build-isolation --reinstall "$@"
    echo "$ours" >$venv/ours
fi
