# The source itself is cut short, under everybody who uses it. Its memory is gone; nobody can go on, but all of them say
# so, and the copy takes over.
source "$(dirname "$0")/../helpers.sh"

name="source cut short"
fresh
replicate "$copy"
traffic --processes 2 --rate 2000 --acks "$memory/acks"
expect "$name: in sync first" "in sync*" "$(await "in sync*" 20)"
sleep 0.5
truncate -s 16M "$source"
told="*source: it was cut short while it was in use, and the memory behind it is gone. "
told+="Promote its copy; end all that still write here."
expect "$name: the replicator ends" gone "$(gone "$replicator" 5)"
expect "$name: and says" "$told" "$(tail -1 "$log")"
expect "$name: the writers end" gone "$(gone "$loader" 5)"
expect "$name: and say" "$told" "$(grep -v '^{' "$memory/traffic" | tail -1)"
for words in status "verify $copy" "audit" "replicate --to $copy"; do
    read -ra words <<<"$words"
    # Not one of them may trip over the missing part.
    expect "$name: ${words[0]} refuses it by name" "2 tandem: *source: *" \
        "$(answer "${words[0]}" "$source" "${words[@]:1}")"
done
expect "$name: the copy takes over" "0 *" "$(answer promote "$copy" --to "$memory/new")"
expect "$name: with all that was acknowledged" "0 clean: no violation" \
    "$(answer audit "$memory/new" --acks "$memory/acks")"
