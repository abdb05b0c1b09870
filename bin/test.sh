#!/usr/bin/env bash
# ./lab test (or npm test): static checks, unit tests, then the integration tests on real labs (as root).
# npm run test:quick: the same with one lab, its checks and five faults instead of the integration tests.
# Installs missing packages, like ./lab.
set -euo pipefail
cd "$(dirname "$0")/.."

# The Node.js that ./lab uses, which may not be the one that started npm.
PATH=$(dirname -- "$(bin/node.sh)"):$PATH
export PATH

# Command prefix for root. sudo's own PATH may lack Node, and a user's PATH may lack /usr/sbin.
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo -E env "PATH=$PATH:/usr/sbin:/sbin")

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
  "${as_root[@]}" toolchain/host/install.sh "${packages[@]}"
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
"${as_root[@]}" npx --no-install jest --selectProjects "$project" --maxWorkers="${HARDWAY_TEST_WORKERS:-2}"
