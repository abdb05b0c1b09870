#!/usr/bin/env bash
# A lab on a machine of a user's own: Debian 12 with Debian's kernel, its systemd as PID 1 and cgroup v2, under qemu:
# qemu.sh [DIRECTORY]. Runs what bin/qemu/inside.sh lists, there; its exit code is the outcome. The machine has no way
# out, so it gets this commit of the repository, this machine's Node and this machine's cache.
# DIRECTORY keeps the Debian tree for the next time and what the machine printed; without one all is removed again.
# Where the processor can't lend itself to a virtual machine, qemu translates every instruction: an hour, then, and with
# WORKERS=1 (else 2) somewhat less.
set -euo pipefail
cd "$(dirname "$0")/.."

SUITE=bookworm
DISK=16G
LONGEST=${QEMU_SECONDS:-7200}

[ "$(id -u)" = 0 ] || { echo 'qemu.sh makes a Debian tree, which takes root: sudo bin/qemu.sh' >&2; exit 3; }
if [ $# -gt 0 ]; then
  mkdir -p "$1"
  directory=$(cd "$1" && pwd)
else
  directory=$(mktemp -d)
fi
# What is made for one run only. The machine's own console and what was printed stay in a DIRECTORY that was named.
machine=$(mktemp -d "$directory/machine.XXXXXX")
qemu=
cleanup() {
  if [ -n "$qemu" ]; then kill "$qemu" && wait "$qemu"; fi 2> /dev/null || true
  rm -rf "$machine"
  [ $# -gt 0 ] || rm -rf "$directory"
}
trap 'cleanup "$@"' EXIT
trap 'exit 130' INT TERM

step() { printf '== %s\n' "$*"; }
# ask FILE EXPRESSION [ARG…]: what this repository's own code knows.
ask() { node -e "const code = require('./bin/run.cjs').load(process.argv[1]); Promise.resolve($2).then((said) => said && console.log(said))" "$1" "${@:3}"; }

step "this machine's packages, and what a lab is made with"
missing=()
[ -x /usr/bin/qemu-system-x86_64 ] || missing+=(qemu-system-x86)
[ ${#missing[@]} -eq 0 ] || toolchain/host/install.sh "${missing[@]}"
./lab setup

tree=$directory/$SUITE
if [ ! -d "$tree" ]; then
  step "Debian $SUITE with its kernel"
  ask toolchain/debian.ts 'code.writeAptFiles(process.argv[2]).then(() => "")' "$machine"
  mkdir "$machine/host"
  cp toolchain/host/* "$machine/host"
  ask toolchain/host/packages.ts 'code.neededPackages([]).join(" ")' > "$machine/host/packages"
  mmdebstrap --mode=root --variant=minbase --aptopt="$machine/apt.conf" --dpkgopt='force-unsafe-io' \
    --include=linux-image-amd64,systemd-sysv,dbus,libpam-systemd,udev,sudo,git \
    --customize-hook="bin/qemu/customize.sh \"\$1\" \"$machine/host\"" \
    "$SUITE" "$machine/tree" "$machine/sources.list" 2> "$directory/mmdebstrap.log" || { tail "$directory/mmdebstrap.log" >&2; exit 1; }
  mv "$machine/tree" "$tree"
fi

step 'its disk, with this repository'
# Links of the tree's files, so that it stays as it is: only new ones are added.
root=$machine/root
home=$root/home/student
cp -al "$tree" "$root"
git clone --quiet --depth 1 "file://$PWD" "$home/hardway-lab"
cp -a node_modules "$home/hardway-lab/"
touch "$home/hardway-lab/node_modules/.package-lock.json"
cp "$(readlink -f "$(command -v node)")" "$root/usr/local/bin/node"
mkdir "$home/.cache"
chown -R 1000:1000 "$home"
# Root's, as ./lab leaves it; only read, so that links do.
cache=$(ask util/directories.ts 'code.cacheDirectory()')
mkdir "$home/.cache/hardway"
cp -al "$cache/." "$home/.cache/hardway" 2> /dev/null || cp -a "$cache/." "$home/.cache/hardway"
mke2fs -q -t ext4 -d "$root" "$machine/disk" "$DISK"

# Its clock counts instructions, a nanosecond each, and goes on by itself only when the machine idles: however long this
# one takes to translate them, no time limit in there ends too early. That takes one processor.
accelerator=(-accel 'tcg,thread=single' -icount 'shift=0,sleep=on' -smp 1 -cpu 'max,la57=off,svm=off')
# Else the kernel asks the emulated HPET for the time, and every program is always asking.
clock=tsc=reliable
if grep -qwE 'vmx|svm' /proc/cpuinfo && [ -w /dev/kvm ]; then
  accelerator=(-accel kvm -smp 2 -cpu host)
  clock=
fi
step "the machine, ${accelerator[1]}"
transcript=$directory/transcript
: > "$transcript"
# restrict=on: a network as at home, and nothing behind it.
timeout "$LONGEST" qemu-system-x86_64 "${accelerator[@]}" -m 6G -nodefaults -display none -no-reboot \
  -kernel "$root/vmlinuz" -initrd "$root/initrd.img" -append "root=/dev/vda rw console=ttyS0 mitigations=off $clock hardway.workers=${WORKERS:-2}" \
  -drive "file=$machine/disk,format=raw,if=virtio,cache=unsafe" -nic user,restrict=on,model=virtio \
  -serial "file:$directory/console" -serial "file:$transcript" &
qemu=$!
tail -f --pid="$qemu" "$transcript"
wait "$qemu" || { echo "qemu ended with $?; the machine's console ends with:" >&2; tail "$directory/console" >&2; exit 1; }
qemu=
grep -q '^outcome: 0' "$transcript"
