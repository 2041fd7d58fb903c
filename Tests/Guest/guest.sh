#!/usr/bin/env bash
# Boots Debian's kernel under qemu, without KVM, on a machine with three memory nodes, and runs Tests/Guest/cases in it
# with this machine's `tandem` and the libraries it needs. Prints a table of what was expected and seen; the console is
# in $WORK/console.log. Skips, with the reason, where qemu or the kernel cannot be had.
#
#   TANDEM=path CASES="placement powercut names flakey nodes" SEED=n IMAGES=n SECONDS_MAX=n WORK=path guest.sh
set -euo pipefail
here=$(dirname "$(realpath "$0")")
TANDEM=$(realpath "${TANDEM:-.build/release/tandem}")
CASES=${CASES:-placement powercut names flakey nodes}
# In the order in which they are loaded, with their parameters. Disks are in memory, with sectors of 512 bytes: what is
# on them is decided by device mapper.
modules=(dm-mod dm-log-writes dm-flakey crc16 crc32c_generic mbcache jbd2 ext4 "brd rd_nr=2 rd_size=262144")
SEED=${SEED:-1}
IMAGES=${IMAGES:-200}
SECONDS_MAX=${SECONDS_MAX:-1200}
WORK=$(realpath -m "${WORK:-.build/guest}")
root=$WORK/root

skip() { echo "guest: skipped: $*"; exit 0; }

for tool in qemu-system-x86_64 busybox cpio dmsetup clang dpkg-deb apt-get; do
    command -v $tool >/dev/null || skip "$tool is missing"
done
mkdir -p "$WORK"

# Downloaded once, and only unpacked: nothing of it is installed here.
kernel() {
    local package module missing= names=("${modules[@]%% *}") files
    files=("${names[@]/#/*\/}")
    for module in "${names[@]}"; do [ -e "$WORK/kernel/$module.ko" ] || missing=1; done
    [ -z "$missing" ] && [ -e "$WORK/kernel/vmlinuz" ] && return
    package=$(apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends: linux-image/ {print $2; exit}')
    [ -n "$package" ] || skip "no package linux-image-amd64 is known here"
    (cd "$WORK" && apt-get -qq download "$package" 2>apt.log) \
        || skip "$package cannot be downloaded: $(tail -1 "$WORK/apt.log")"
    mkdir -p "$WORK/kernel"
    dpkg-deb --fsys-tarfile "$WORK/$package"_*.deb | tar -x -C "$WORK/kernel" --wildcards --transform 's,.*/,,' \
        './boot/vmlinuz-*' "${files[@]/%/.ko}"
    rm "$WORK/$package"_*.deb
    mv "$WORK"/kernel/vmlinuz-* "$WORK/kernel/vmlinuz"
}

program() { # file: into the guest, with the libraries that it is linked to
    cp "$1" "$root/bin/"
    ldd "$1" | grep -o '/[^ ]*' | while read -r library; do
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library"
    done
}

initramfs() {
    rm -rf "$root"
    mkdir -p "$root/bin" "$root/modules" "$root/guest"
    cp "$(command -v busybox)" "$root/bin/busybox"
    for tool in powercut nodes; do
        clang -O2 -Wall -Wextra -Werror -o "$WORK/$tool" "$here/$tool.c"
        program "$WORK/$tool"
    done
    program "$TANDEM"
    program "$(command -v dmsetup)"
    cp "$WORK"/kernel/*.ko "$root/modules/"
    printf '%s\n' "${modules[@]}" >"$root/modules/list"
    cp -r "$here/helpers.sh" "$here/cases" "$root/guest/"
    cp "$here/init" "$root/init"
    (cd "$root" && find . | cpio --quiet -o -H newc -R 0:0) >"$WORK/initramfs"
}

# Node 2 is memory without processors that can be taken away.
memory() { echo "-object memory-backend-ram,id=m$1,size=$2"; }
boot() {
    local settings="SEED=$SEED IMAGES=$IMAGES CASES=\"$CASES\""
    timeout "$SECONDS_MAX" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 1408M,slots=1,maxmem=4G \
        $(memory 0 1024M) -numa node,nodeid=0,cpus=0,memdev=m0 $(memory 1 384M) -numa node,nodeid=1,cpus=1,memdev=m1 \
        -numa node,nodeid=2 $(memory 2 128M) -device pc-dimm,memdev=m2,node=2 \
        -kernel "$WORK/kernel/vmlinuz" -initrd "$WORK/initramfs" \
        -append "console=ttyS0 quiet panic=-1 memhp_default_state=online_movable $settings" \
        -display none -nodefaults -serial stdio -no-reboot </dev/null
}

kernel
initramfs
kernel=$(basename "$(readlink -f "$WORK/kernel/vmlinuz")")
echo "guest: $kernel, at most $SECONDS_MAX s; the console is $WORK/console.log"
started=$SECONDS
boot | stdbuf -o0 tr -d '\r' | tee "$WORK/console.log" | awk -F'\t' '
    BEGIN { format = "%-62s %-46s %-46s %s\n"; printf format, "case", "expected", "seen", "" }
    $1 == "ROW" { printf format, $2, $3, $4, $5; fflush(); rows++; failed += $5 != "ok" }
    /^NOTE / { print "  " substr($0, 6); fflush() }
    $1 == "END" { ended = 1 }
    END {
        printf "guest: %d rows, %d failed%s\n", rows, failed, ended ? "" : "; it did not get to its end"
        exit !(ended && rows > 0 && failed == 0)
    }' || { echo "guest: FAILED after $((SECONDS - started)) s"; exit 1; }
echo "guest: clean after $((SECONDS - started)) s"
