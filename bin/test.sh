#!/usr/bin/env bash
# ./lab test (or npm test): static checks, unit tests, then the integration tests on real labs (as root).
# npm run test:quick: the same with one lab, its checks and five faults instead of the integration tests.
# Installs missing packages, like ./lab.
set -euo pipefail
cd "$(dirname "$0")/.."

# The Node.js that ./lab uses, which may not be the one that started npm.
# A user's PATH may lack /usr/sbin.
PATH=$(dirname -- "$(bin/node.sh)"):$PATH:/usr/sbin:/sbin
# Root uses the caller's toolchain: this cache directory is the default of ./lab.
HARDWAY_CACHE=${HARDWAY_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/hardway}
export PATH HARDWAY_CACHE

# Runs a program as root, with the variables of the caller that tests and toolchain read. bash reads
# them from standard input: sudo-rs (Debian 13) keeps none, and an argument list is no place for
# secrets.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
    return
  fi
  local kept names
  kept='PATH|TMPDIR|CI|NO_COLOR|GOPROXY|GOFLAGS|SSL_CERT_FILE|LANG|HARDWAY_.*'
  kept+='|.*_(proxy|PROXY)|npm_config_(registry|userconfig)'
  mapfile -t names < <(compgen -e | grep -E "^($kept)$")
  declare -p "${names[@]}" | sudo -- bash -c 'eval "$(cat)"; exec "$@" < /dev/null' bash "$@"
}

# Jest project of the tests on real labs.
case ${1:-} in
  '') project=integration ;;
  quick) project=quick ;;
  *) echo "bin/test.sh takes no argument, or quick; not: $*" >&2; exit 2 ;;
esac

step() { printf '\n== %s\n' "$*"; }

# Installs the packages of package-lock.json, like every ./lab command.
./lab --help > /dev/null

# Debian packages that only the tests need.
packages=()
command -v shellcheck > /dev/null || packages+=(shellcheck)
python3 -c 'import ensurepip' 2> /dev/null || packages+=(python3-venv)
[ -x /usr/sbin/sshd ] || packages+=(openssh-server)
[ -x /usr/bin/chromium ] || packages+=(chromium fonts-dejavu-core)
if [ ${#packages[@]} -gt 0 ]; then
  step "Debian packages for the tests: ${packages[*]}"
  as_root toolchain/host/install.sh "${packages[@]}"
fi

# eslint takes as long as the other static checks together, so it runs beside them.
scratch=$(mktemp -d)
npx --no-install eslint . > "$scratch/eslint" 2>&1 &
eslint=$!
trap 'kill "$eslint" 2> /dev/null; rm -r "$scratch"' EXIT
step 'types'
npx --no-install tsc --noEmit
step 'form of the files'
npx --no-install prettier --check .
step 'shell scripts'
npm run --silent lint:shell
step 'dead code'
npm run --silent knip
step 'lint'
if ! wait "$eslint"; then
  cat "$scratch/eslint"
  exit 1
fi
trap - EXIT
rm -r "$scratch"
step 'unit tests'
npx --no-install jest --selectProjects unit --maxWorkers=100%
step 'toolchain of the labs'
./lab setup
step "tests on real labs: $project"
# Each of the files that run at a time may have two labs, of up to 1.7 GB.
as_root npx --no-install jest --selectProjects "$project" --maxWorkers="${HARDWAY_TEST_WORKERS:-2}"
