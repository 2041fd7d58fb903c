# What the cases share. Sourced by init, in busybox's shell.

source=/dev/shm/source
traffic=/tmp/traffic.json
replicator=

# A row of the table: it holds when what was seen is what was expected.
row() { # case, expected, seen
    local verdict=FAILED
    [ "$2" = "$3" ] && verdict=ok
    printf 'ROW\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" $verdict
}

note() { echo "NOTE $*"; }

# A number of the JSON on standard input.
number() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"; }

fresh() { # options of create: a new source, and no copy
    rm -rf /dev/shm/* /tmp/*
    tandem create "$source" --json "$@" >/tmp/create.log 2>&1 || note "create: $(tail -1 /tmp/create.log)"
}

# All of what the copy will have: a device with anything on it is refused.
blank() { # device
    dd if=/dev/zero of="$1" bs=1M count=$((sectors / 2048 + 1)) 2>/dev/null
}

replicate() { # copy, options
    local copy=$1; shift
    tandem replicate "$source" --to "$copy" --json "$@" >>/tmp/replicate.log 2>&1 &
    replicator=$!
}

stop() { kill "-${1:-TERM}" $replicator; wait $replicator 2>/dev/null; }

state() { tandem status "$source" --json | sed 's/.*"state":"\([^"]*\)".*"tables".*/\1/; t; s/.*/unknown/'; }

# Until the copy is in this state: the state, or what it is instead after so many seconds.
await() { # state, seconds
    local end=$(($(date +%s) + $2)) now
    while now=$(state); [ "$now" != "$1" ] && [ "$(date +%s)" -lt $end ]; do sleep 0.1; done
    echo "$now"
}

load() { # seconds, options
    local seconds=$1; shift
    tandem load "$source" --seconds "$seconds" --json "$@" >"$traffic" 2>&1
}

# The source without traffic and its copy: equal, and both sound.
equal() { # copy
    local words
    words=$(tandem verify "$source" "$1" 2>&1 | tail -1)
    tandem audit "$source" >/tmp/audit 2>&1 || words="$words; source: $(tail -1 /tmp/audit)"
    tandem audit "$1" >/tmp/audit 2>&1 || words="$words; copy: $(tail -1 /tmp/audit)"
    echo "$words"
}
