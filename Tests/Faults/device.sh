# A copy whose device is an nbdkit behind nbdfuse: everything that reaches it goes through a process that can be made to
# fail, to wait, to stop and to die. Sourced by the families that need one.

needs nbdkit nbdfuse fusermount3
image=$memory/image
copy=$memory/device/copy
server=

# The device, with these options of nbdkit; its image is blank unless it is there.
attach() {
    mkdir -p "$memory/device"
    [ -e "$image" ] || truncate -s "$copyBytes" "$image"
    rm -f "$memory/socket"
    start nbdkit -f -U "$memory/socket" "$@" >>"$memory/nbdkit.log" 2>&1
    server=$last
    until [ -S "$memory/socket" ]; do
        kill -0 "$server" 2>/dev/null || { skip "$family" "nbdkit: $(tail -1 "$memory/nbdkit.log")"; exit 0; }
        sleep 0.01
    done
    start nbdfuse "$copy" "nbd+unix:///?socket=$memory/socket" >>"$memory/nbdfuse.log" 2>&1
    fuse=$last
    disown "$fuse"
    local end=$((SECONDS + 5))
    until mountpoint -q "$memory/device"; do
        ((SECONDS < end)) || { skip "$family" "nbdfuse cannot mount here: $(tail -1 "$memory/nbdfuse.log")"; exit 0; }
        sleep 0.01
    done
    mounted+=("$memory/device")
}

detach() {
    signal CONT "$server"
    fusermount3 -u "$memory/device" 2>/dev/null || fusermount3 -uz "$memory/device"
    stop "$server"
}
