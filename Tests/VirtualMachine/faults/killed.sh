# shellcheck shell=dash
# vmtest: --rig "$common $wander pps_jit_ns=1000"
# The daemon is killed, three times, and started again after 1, 5 and 60 s.
. /checks
configuration </dev/null
start_daemon
witness
until_second 300
at=300
for pause in 1 5 60; do
    kill_daemon
    until_second $((at + pause))
    start_daemon
    at=$((at + 100))
    until_second $at
done
until_second 700
check 'locked within 20 s' always 20 300 'synchronised && stratum == 1'
check 'served again 15 s after each start' always 316 399 'synchronised && stratum == 1'
check '- the second' always 420 499 'synchronised && stratum == 1'
check '- the third' always 575 700 'synchronised && stratum == 1'
check 'every bound was true' never 0 700 wrong
check 'the clock was never more than 20 µs off, without a daemon neither' never 30 700 'clock > 20000'
check 'stepped once, at the first start' logged 1 'clock stepped'
check 'the state was kept' [ -n "$(find /state -type f -size +0)" ]
verdict
