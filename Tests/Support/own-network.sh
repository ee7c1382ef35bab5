# usage: unshare -n own-network.sh NUMBER PROCESS PROGRAM [ARGUMENT…]
# Runs a program in a network of its own, joined to that of a process by a cable: 192.0.2.4N+1 and 2001:db8:0:N::1 (RFC
# 5737, RFC 3849) are the process's end, 4N+2 and ::2 this one.
set -e
number=$1 process=$2
shift 2
# The commands that give an interface its addresses.
address="ip link set \$0 up
    ip addr add 192.0.2.\$((4 * $number + \$1))/30 brd + dev \$0
    ip -6 addr add 2001:db8:0:$number::\$1/64 dev \$0 nodad"
ip link set lo up
ip link add eth0 type veth peer name "eth$number" netns "$process"
nsenter -t "$process" -n sh -ec "$address" "eth$number" 1
sh -ec "$address" eth0 2
exec "$@"
