# usage: without-clock.sh PROGRAM [ARGUMENT…]
# Runs a program that must not be able to set this machine's clock: not where any of our capability sets has CAP_SYS_TIME
# (bit 25, capability.h).
while read -r name mask; do
    case $name in
        Cap*) [ $((0x$mask >> 25 & 1)) = 0 ] || { echo "$1 could set the clock: $name $mask" >&2; exit 99; } ;;
    esac
done </proc/self/status
exec "$@"
