#!/usr/bin/env bash
# qemu.sh [DIRECTORY]: runs labs on a typical user's host: a virtual machine with Debian 12, Debian's kernel, systemd as
# PID 1 and cgroup v2. Runs the commands of bin/qemu/inside.sh there; the exit code is theirs. The virtual machine has no
# network, so it gets this commit of the repository, this host's Node and this host's cache.
# DIRECTORY keeps the Debian tree for the next run, and the output. Without DIRECTORY, everything is removed.
# KERNEL_ARGUMENTS, such as ipv6.disable=1, are added to those of the virtual machine's kernel.
# Without hardware virtualization, qemu translates every instruction: this takes an hour, less with WORKERS=1 (default 2).
set -euo pipefail
cd "$(dirname "$0")/.."

SUITE=bookworm
DISK=16G
LONGEST=${QEMU_SECONDS:-7200}

[ "$(id -u)" = 0 ] || { echo 'qemu.sh creates a Debian tree, which needs root: sudo bin/qemu.sh' >&2; exit 3; }
if [ $# -gt 0 ]; then
  mkdir -p "$1"
  directory=$(cd "$1" && pwd)
else
  directory=$(mktemp -d)
fi
# Files of one run. The console and the output are kept in DIRECTORY.
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
# ask FILE EXPRESSION [ARG…]: evaluates an expression over a module of this repository (`code`) and prints the result.
ask() { "$(bin/node.sh)" -e "const code = require('./bin/run.cjs').load(process.argv[1]); Promise.resolve($2).then((said) => said && console.log(said))" "$1" "${@:3}"; }

step "this host's packages and the toolchain"
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
    --include=linux-image-amd64,systemd-sysv,dbus,libpam-systemd,udev,sudo,git,iputils-ping \
    --customize-hook="bin/qemu/customize.sh \"\$1\" \"$machine/host\"" \
    "$SUITE" "$machine/tree" "$machine/sources.list" 2> "$directory/mmdebstrap.log" || { tail "$directory/mmdebstrap.log" >&2; exit 1; }
  mv "$machine/tree" "$tree"
fi

step 'its disk, with this repository'
# Hard links keep the tree unchanged: the run only adds files.
root=$machine/root
home=$root/home/student
cp -al "$tree" "$root"
git clone --quiet --depth 1 "file://$PWD" "$home/hardway-lab"
cp -a node_modules "$home/hardway-lab/"
touch "$home/hardway-lab/node_modules/.package-lock.json"
cp "$(bin/node.sh)" "$root/usr/local/bin/node"
mkdir "$home/.cache"
chown -R 1000:1000 "$home"
# The cache belongs to root, as ./lab creates it. The virtual machine only reads it, so hard links are enough.
cache=$(ask util/directories.ts 'code.cacheDirectory()')
mkdir "$home/.cache/hardway"
cp -al "$cache/." "$home/.cache/hardway" 2> /dev/null || cp -a "$cache/." "$home/.cache/hardway"
mke2fs -q -t ext4 -d "$root" "$machine/disk" "$DISK"

# The virtual clock counts one nanosecond for each instruction, and runs freely only while the virtual machine is idle. So
# no time limit inside ends too early, however slow the translation is. This works with one processor only.
accelerator=(-accel 'tcg,thread=single' -icount 'shift=0,sleep=on' -smp 1 -cpu 'max,la57=off,svm=off')
# Without this option, the kernel reads the time from the emulated HPET, which is slow, and every program reads the time.
clock=tsc=reliable
if grep -qwE 'vmx|svm' /proc/cpuinfo && [ -w /dev/kvm ]; then
  accelerator=(-accel kvm -smp 2 -cpu host)
  clock=
fi
step "the virtual machine, ${accelerator[1]}"
transcript=$directory/transcript
: > "$transcript"
# restrict=on: a network like a home network, without a route to other networks.
timeout "$LONGEST" qemu-system-x86_64 "${accelerator[@]}" -m 6G -nodefaults -display none -no-reboot \
  -kernel "$root/vmlinuz" -initrd "$root/initrd.img" -append "root=/dev/vda rw console=ttyS0 mitigations=off $clock hardway.workers=${WORKERS:-2} ${KERNEL_ARGUMENTS:-}" \
  -drive "file=$machine/disk,format=raw,if=virtio,cache=unsafe" -nic user,restrict=on,model=virtio \
  -serial "file:$directory/console" -serial "file:$transcript" &
qemu=$!
tail -f --pid="$qemu" "$transcript"
wait "$qemu" || { echo "qemu ended with $?; the end of the virtual machine's console:" >&2; tail "$directory/console" >&2; exit 1; }
qemu=
grep -q '^outcome: 0' "$transcript"
