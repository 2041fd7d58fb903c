# What must not grow: memory and descriptors of the processes that live all the time, the memory file system, locks.
# Sourced by leg.sh.

declare -A first=()

samples() { # command
    for _ in {1..8}; do "$@"; sleep 0.02; done
}
# The least of some samples, as a replicator opens a file for a moment now and then.
least() { samples "$@" | sort -n | head -1; }
# At first the most of them, of what a process takes that was struck a moment ago and is coming back.
most() { samples "$@" | sort -n | tail -1; }

anonymous() { awk '/^RssAnon/ { print $2 }' "/proc/$1/status"; }
descriptors() { ls "/proc/$1/fd" | wc -l; }
threads() { awk '/^Threads/ { print $2 }' "/proc/$1/status"; }
occupied() { du -sk "$memory" | cut -f1; }
# Open-file-description locks on files of the memory file system, by device and inode as the kernel writes them.
locks() { awk 'NR == FNR { ours[$1]; next }
    { for (field = 2; field <= NF; field++) if ($field in ours && $(field - 1) == -1) { count++; break } }
    END { print count + 0 }' \
    <(find "$memory" -type f -exec stat -c '%Hd %Ld %i' {} + |
        while read -r major minor inode; do printf '%02x:%02x:%d\n' "$major" "$minor" "$inode"; done) /proc/locks; }

# name, bound beside what it was at first, value
rows() { # least or most
    if [ "$LEG" = steady ]; then
        echo "replicator, memory|4096|$(least anonymous "$replicator")|KiB"
        echo "replicator, descriptors|0|$(least descriptors "$replicator")|"
        echo "replicator, threads|0|$(least threads "$replicator")|"
        echo "writer 0, memory|4096|$(least anonymous "${pids[0]}")|KiB"
        echo "writer 0, descriptors|0|$(least descriptors "${pids[0]}")|"
    fi
    echo "memory file system|1024|$(least occupied)|KiB"
    echo "locks|0|$("$1" locks)|"
}

# At first: notes the values. Later: prints both, and fails where one has grown by more than its bound.
measure() { # "first", or nothing
    local name bound value unit status=0
    while IFS='|' read -r name bound value unit; do
        if [ $# = 1 ]; then first[$name]=$value; continue; fi
        printf '    %-26s %10s %10s %-4s may grow by %s: %s\n' "$name" "${first[$name]}" "$value" "$unit" "$bound" \
            "$( ((value <= first[$name] + bound)) && echo ok || echo GREW)"
        ((value <= first[$name] + bound)) || status=1
    done < <(rows "$([ $# = 1 ] && echo most || echo least)")
    return $status
}
