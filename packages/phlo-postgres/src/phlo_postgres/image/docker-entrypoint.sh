#!/bin/bash
# Makes the database cluster on first start, then becomes the server. The environment is that of the official
# `postgres` image. Unlike there, a first start that was cut off begins again: until it is complete, $UNFINISHED
# stands in the data folder.
set -Eeuo pipefail

UNFINISHED=.phlo-initializing

say() { printf 'phlo-postgres: %s\n' "$*"; }
die() { say "$*" >&2; exit 1; }

# from_file NAME [DEFAULT]: sets NAME from itself, from the file that NAME_FILE names, or to DEFAULT.
from_file() {
  local name=$1 file_name=$1_FILE value=${2-}
  [[ -z ${!name-} || -z ${!file_name-} ]] || die "$name and $file_name are both set. Set one of them."
  if [[ -n ${!name-} ]]; then
    value=${!name}
  elif [[ -n ${!file_name-} ]]; then
    [[ -r ${!file_name} ]] || die "$file_name names ${!file_name}, which cannot be read."
    value=$(< "${!file_name}")
  fi
  export "$name=$value"
  unset "$file_name"
}

read_environment() {
  from_file POSTGRES_PASSWORD
  from_file POSTGRES_USER postgres
  from_file POSTGRES_DB "$POSTGRES_USER"
  from_file POSTGRES_INITDB_ARGS
  export POSTGRES_INITDB_WALDIR=${POSTGRES_INITDB_WALDIR-} POSTGRES_HOST_AUTH_METHOD=${POSTGRES_HOST_AUTH_METHOD-}
}

make_folders() {
  local folders=("$PGDATA" /var/run/postgresql)
  [[ -z $POSTGRES_INITDB_WALDIR ]] || folders+=("$POSTGRES_INITDB_WALDIR")
  mkdir -p "${folders[@]}"
  chmod 0700 "$PGDATA" || true # some bind mounts refuse; the server says so if it matters
  if [[ $(id -u) == 0 ]]; then
    find "${folders[@]}" ! -user postgres -exec chown postgres:postgres {} +
  fi
}

is_initialized() { [[ -s $PGDATA/PG_VERSION && ! -e $PGDATA/$UNFINISHED ]]; }

claim_folder() {
  if [[ -z $POSTGRES_PASSWORD && $POSTGRES_HOST_AUTH_METHOD != trust ]]; then
    die "the data folder is empty and the superuser has no password. Set POSTGRES_PASSWORD or" \
      "POSTGRES_PASSWORD_FILE, or POSTGRES_HOST_AUTH_METHOD=trust to let everyone in without one."
  fi
  if [[ -e $PGDATA/$UNFINISHED ]]; then
    say "an earlier first start was cut off; begins again"
    find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name "$UNFINISHED" -exec rm -rf {} +
    [[ -z $POSTGRES_INITDB_WALDIR ]] || find "$POSTGRES_INITDB_WALDIR" -mindepth 1 -delete
  elif [[ -n $(ls -A "$PGDATA") ]]; then
    die "$PGDATA holds files but no cluster. Empty it, or set PGDATA to a folder below it."
  fi
  touch "$PGDATA/$UNFINISHED"
}

# initdb wants a name for its uid; a container started with `--user 12345` has none in /etc/passwd.
name_this_user() {
  ! getent passwd "$(id -u)" > /dev/null || return 0
  NSS_WRAPPER_PASSWD=$(mktemp)
  NSS_WRAPPER_GROUP=$(mktemp)
  printf 'postgres:x:%s:%s::%s:/bin/false\n' "$(id -u)" "$(id -g)" "$PGDATA" > "$NSS_WRAPPER_PASSWD"
  printf 'postgres:x:%s:\n' "$(id -g)" > "$NSS_WRAPPER_GROUP"
  LD_PRELOAD=$(find /usr/lib -name libnss_wrapper.so -print -quit)
  export LD_PRELOAD NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP
}

make_cluster() (
  name_this_user
  fresh=$PGDATA/fresh # initdb takes an empty folder only
  # POSTGRES_INITDB_ARGS holds arguments quoted as for a shell.
  eval "arguments=($POSTGRES_INITDB_ARGS)"
  [[ -z $POSTGRES_INITDB_WALDIR ]] || arguments+=(--waldir="$POSTGRES_INITDB_WALDIR")
  initdb --pgdata="$fresh" --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") "${arguments[@]}"
  find "$fresh" -mindepth 1 -maxdepth 1 -exec mv -t "$PGDATA" {} +
  rmdir "$fresh"
)

let_clients_in() {
  local method=${POSTGRES_HOST_AUTH_METHOD:-$(postgres -C password_encryption "${@:2}")}
  printf '\nhost all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"
}

sql() { psql --set ON_ERROR_STOP=1 --no-password --no-psqlrc --username "$POSTGRES_USER" "$@"; }

make_database() {
  local found
  found=$(sql --dbname postgres --set db="$POSTGRES_DB" -At <<< "SELECT 1 FROM pg_database WHERE datname = :'db'")
  [[ -n $found ]] || sql --dbname postgres --set db="$POSTGRES_DB" <<< 'CREATE DATABASE :"db"'
}

run_init_files() {
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    [[ -e $file ]] || continue
    say "runs $file"
    case $file in
      *.sh)
        # shellcheck source=/dev/null
        if [[ -x $file ]]; then "$file"; else . "$file"; fi
        ;;
      *.sql) sql --dbname "$POSTGRES_DB" --file "$file" ;;
      *.sql.gz) gunzip --stdout "$file" | sql --dbname "$POSTGRES_DB" ;;
      *.sql.xz) xz --decompress --stdout "$file" | sql --dbname "$POSTGRES_DB" ;;
      *.sql.zst) zstd --decompress --stdout "$file" | sql --dbname "$POSTGRES_DB" ;;
      *) say "ignores $file: not .sh, .sql, .sql.gz, .sql.xz or .sql.zst" ;;
    esac
  done
}

initialize() {
  claim_folder
  make_cluster
  let_clients_in "$@"
  # Only on the socket: nobody outside sees a server that is not complete yet.
  pg_ctl --pgdata "$PGDATA" --options "$(printf '%q ' "${@:2}" -c listen_addresses= -p 5432)" --wait start
  export PGPASSWORD=$POSTGRES_PASSWORD PGHOST='' PGHOSTADDR=''
  make_database
  run_init_files
  unset PGPASSWORD PGHOST PGHOSTADDR
  pg_ctl --pgdata "$PGDATA" --mode fast --wait stop
  rm "$PGDATA/$UNFINISHED"
  say "the cluster in $PGDATA is complete"
}

is_question() {
  local argument
  for argument in "$@"; do
    case $argument in
      '-?' | --help | --describe-config | -V | --version) return 0 ;;
    esac
  done
  return 1
}

main() {
  [[ ${1-} != -* ]] || set -- postgres "$@"
  if [[ ${1-} == postgres ]] && ! is_question "$@"; then
    read_environment
    make_folders
    if [[ $(id -u) == 0 ]]; then
      HOME=/var/lib/postgresql exec setpriv --reuid postgres --regid postgres --init-groups -- "${BASH_SOURCE[0]}" "$@"
    fi
    is_initialized || initialize "$@"
    unset POSTGRES_PASSWORD
  fi
  exec "$@"
}

main "$@"
