#!/usr/bin/env bash
# npm test: everything that must hold. Static checks, unit tests, then the integration tests on a real lab (root).
# Needs nothing before it: what is missing is installed, as ./lab does it.
set -euo pipefail
cd "$(dirname "$0")/.."

# What needs root gets it from sudo, whose own PATH may lack Node, as an ordinary user's lacks what only root runs.
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo -E env "PATH=$PATH:/usr/sbin:/sbin")

step() { printf '\n== %s\n' "$*"; }

# Installs the packages of package-lock.json first, as every ./lab does.
./lab --help > /dev/null

# What only the tests need of this machine.
packages=()
command -v shellcheck > /dev/null || packages+=(shellcheck)
python3 -c 'import ensurepip' 2> /dev/null || packages+=(python3-venv)
[ -x /usr/sbin/sshd ] || packages+=(openssh-server)
[ -x /usr/bin/chromium ] || packages+=(chromium fonts-dejavu-core)
if [ ${#packages[@]} -gt 0 ]; then
  step "this machine's packages for the tests: ${packages[*]}"
  "${as_root[@]}" toolchain/host/install.sh "${packages[@]}"
fi

step 'types'
npx --no-install tsc --noEmit
step 'lint'
npx --no-install eslint .
npx --no-install prettier --check .
step 'shell scripts'
npm run --silent lint:shell
step 'unit tests'
npx --no-install jest --selectProjects unit
step 'what a lab is made with'
./lab setup
step 'integration tests, on a real lab'
"${as_root[@]}" npx --no-install jest --selectProjects integration --runInBand
