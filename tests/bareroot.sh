#!/bin/sh
# Proves that a bare Debian 12 needs nothing but a checkout: makes one with debootstrap, and in it
# runs `./dev run` until the server of scripts/plant.lua answers, then `./dev test`, then once more
# its unit tests, which is quick because all is built. By hand, as root:
#
#   tests/bareroot.sh [FOLDER]
#
# FOLDER keeps the root for later, without it a temporary one is removed at the end. An existing
# root is used again as it is, packages and all: remove FOLDER for a bare one. Mirrors, keys and
# proxies are those of the host's own apt.
set -u

checkout=$(cd "$(dirname "$0")/.." && pwd) || exit 1
keep=${1-}
root=${keep:-$(mktemp -d)}
status=0

step() {
    echo "bareroot: $*"
}

# Only what was mounted here is taken off, and nothing is removed while anything is left on.
clean_up() {
    for mount in dev/pts dev proc; do
        mountpoint -q "$root/$mount" && umount "$root/$mount"
    done
    [ -n "$keep" ] || mountpoint -q "$root/dev" || rm -rf --one-file-system "$root"
}

# Nothing of the host's environment. A list of words, so that `$enter COMMAND &` is one process.
enter="chroot $root env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8"

# The archive that the host takes bookworm's main from.
mirror() {
    # shellcheck disable=SC2016 # apt's own variables
    apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
        awk '$1 == "bookworm" && $2 == "main" { print $3; exit }'
}

make_root() {
    [ -x "$root/usr/bin/apt-get" ] && return
    step "debootstrap into $root"
    eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
    export http_proxy="${http_proxy-}" https_proxy="${https_proxy-}"
    debootstrap --variant=minbase bookworm "$root" "$(mirror)" >"$root.log" 2>&1 && return
    tail -20 "$root.log"
    return 1
}

# The host's sources and their keys; of its settings those about fetching.
lend_apt() {
    mkdir -p "$root/etc/apt/sources.list.d" "$root/etc/apt/keyrings"
    rm -f "$root/etc/apt/sources.list"
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
        /etc/apt/sources.list.d/*.sources /etc/apt/keyrings/* /usr/share/keyrings/* \
        /etc/apt/trusted.gpg.d/*; do
        [ ! -f "$file" ] || cp "$file" "$root$file" || return
    done
    apt-config dump | grep '^Acquire::[^"]* "..*";$' >"$root/etc/apt/apt.conf.d/90host"
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
}

# The checkout without what was built in it.
copy_checkout() {
    rm -rf "$root/msm"
    mkdir "$root/msm"
    tar -C "$checkout" --exclude=./build --exclude='./build-*' --exclude=./.git -cf - . |
        tar -C "$root/msm" -xf -
}

mount_all() {
    mount -t proc proc "$root/proc" && mount --bind /dev "$root/dev" &&
        mount --bind /dev/pts "$root/dev/pts"
}

# bash alone is there to speak TCP: FC 4, address 0, two registers, and the answer's 13 bytes.
probe='exec 3<>/dev/tcp/127.0.0.1/1502 &&
    printf "\0\1\0\0\0\6\1\4\0\0\0\2" >&3 && timeout 2 head -c 13 <&3 | od -An -tx1'

try_run() {
    step "./dev run, then a read of input registers 0 and 1"
    begin=$(date +%s)
    $enter /msm/dev run >"$root/run.log" 2>&1 &
    pid=$!
    for _ in $(seq 600); do
        kill -0 $pid 2>/dev/null || break
        answer=$($enter bash -c "$probe" 2>/dev/null)
        [ -z "$answer" ] || break
        sleep 0.5
    done
    kill -TERM $pid 2>/dev/null
    wait $pid
    ended=$?
    cat "$root/run.log"
    step "answer:${answer:- none} after $(($(date +%s) - begin)) s; ended with $ended"
    [ -n "$answer" ]
}

try_test() {
    step "./dev test $*"
    $enter /msm/dev test "$@" 2>&1
}

[ "$(id -u)" = 0 ] || {
    echo "bareroot: only root may make a root" >&2
    exit 2
}
trap 'exit 1' INT TERM
trap clean_up EXIT
mkdir -p "$root" && make_root && lend_apt && copy_checkout && mount_all || exit 1
step "Debian $(cat "$root/etc/debian_version"), $($enter dpkg-query -f . -W | wc -c) packages"
try_run || status=1
try_test || status=1
try_test unit || status=1
step "$([ $status = 0 ] && echo passed || echo FAILED)"
exit $status
