# Two hosts in one: network namespaces A and B, 10.99.0.1 and 10.99.0.2, with a link between them. Sourced; whoever does
# so ends them. Needs root.

A=tandem-a-$$ B=tandem-b-$$

# False where there are no network namespaces.
make_hosts() {
    ip netns add "$A" 2>/dev/null || return 1
    ip netns add "$B"
    ip link add a0 netns "$A" type veth peer name b0 netns "$B"
    ip -n "$A" addr add 10.99.0.1/24 dev a0; ip -n "$A" link set a0 up; ip -n "$A" link set lo up
    ip -n "$B" addr add 10.99.0.2/24 dev b0; ip -n "$B" link set b0 up; ip -n "$B" link set lo up
}
end_hosts() { ip netns del "$A"; ip netns del "$B"; }

cut_link() { ip -n "$A" link set a0 down; }
join_link() { ip -n "$A" link set a0 up; }
# Nobody is told: each end sends to an address that nobody has, with its link up.
drop() {
    ip -n "$A" neigh replace 10.99.0.2 lladdr 02:00:00:00:00:99 dev a0 nud permanent
    ip -n "$B" neigh replace 10.99.0.1 lladdr 02:00:00:00:00:99 dev b0 nud permanent
}
undrop() { ip -n "$A" neigh del 10.99.0.2 dev a0; ip -n "$B" neigh del 10.99.0.1 dev b0; }

# The server of the standby whose process is in `standby`.
server() { pgrep -P "$standby" nbdkit; }
