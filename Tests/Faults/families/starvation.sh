# The replicator's processor is wanted by many others: nobody waits for it, the copy's age grows, stays bounded and is
# shown.
source "$(dirname "$0")/../helpers.sh"
needs stress-ng taskset

fresh --journal 16M
replicate "$copy" --cpu 0
[ "$(nproc)" = 1 ] && where=0 || where=1
start taskset -c $where "$TANDEM" load "$source" --processes 1 --rate 4000 --seconds 300 --json >"$memory/traffic" 2>&1
loader=$last
expect "in sync first" "in sync*" "$(await "in sync*" 20)"
# On the host's scheduler: six more that never sleep, on the same processor.
start taskset -c 0 stress-ng --cpu 6 --timeout 30s --quiet
stress=$last
sleep 1
oldest=0 looks=0 end=$((SECONDS + $([ $QUICK ] && echo 3 || echo 8)))
while ((SECONDS < end)); do
    report=$("$TANDEM" status "$source" --json)
    age=$(field ageMicroseconds <<<"$report")
    [ -n "$age" ] || { echo "         meanwhile: $(field state <<<"$report") ($(field reason <<<"$report"))";
        continue; }
    ((${age%.*} <= oldest)) || oldest=${age%.*}
    looks=$((looks + 1))
done
within "the copy's age is shown" 5 1000 $looks looks
within "… and bounded" 1 2000000 "$oldest" "µs at most"
within "writers keep their pace" 3800 4200 "$(pace 1)" "transactions/s"
stop "$stress"
expect "writers came through" "no writer lost" "$(traffic_ended)"
expect "source and copy" "equal*" "$(equal "$copy")"
expect "no outage" 0 "$(status outages)"
