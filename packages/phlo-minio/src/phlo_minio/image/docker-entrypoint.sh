#!/bin/bash
# Becomes `minio`, as the user of that name. Options and commands alone are for `minio`, as in the official image.
# A server's console listens on 127.0.0.1:9002; the guard publishes it on port 9001.
set -euo pipefail

[[ ${1-} == minio || ${1-} == mc ]] || set -- minio "$@"
[[ ${1-} != minio || ${2-} != server ]] || set -- phlo-guard 9001:9002 -- "$@" --console-address 127.0.0.1:9002

if [[ $(id -u) == 0 ]]; then
  # Only a volume that another image or a person made is not the user's; then all in it is.
  [[ $(stat --format %u /data) == $(id -u minio) ]] || chown --recursive minio:minio /data
  exec setpriv --reuid minio --regid minio --clear-groups "$@"
fi
exec "$@"
