#!/bin/bash
# Becomes `minio`, as the user of that name. Options and commands alone are for `minio`, as in the official image.
set -euo pipefail

[[ ${1-} == minio || ${1-} == mc ]] || set -- minio "$@"

if [[ $(id -u) == 0 ]]; then
  # Only a volume that another image or a person made is not the user's; then all in it is.
  [[ $(stat --format %u /data) == $(id -u minio) ]] || chown --recursive minio:minio /data
  exec setpriv --reuid minio --regid minio --clear-groups "$@"
fi
exec "$@"
