# shellcheck shell=dash
# vmtest: --rig "$common pps_jit_ns=1000 ppsoff=400-440:200000000,520-560:-300000"
# A receiver that lies: sentences a second early, then a second late, then an hour; pulses that jump by 200 ms, and by 300 µs.
. /checks
configuration </dev/null
start_daemon
witness
for lie in 1 -1 3600; do
    at=$((at + 100))
    until_second $at
    set_rig nmea_off_s "$lie"
    until_second $((at + 40))
    set_rig nmea_off_s 0
done
until_second 700
check 'locked within 20 s' always 20 100 'synchronised && stratum == 1'
check 'no false second was ever served' never 0 700 'synchronised && error > 1000000'
check 'every bound was true' never 0 700 wrong
check 'the clock never followed the sentences' never 20 400 'clock > 10000'
check 'nor the pulses that jumped by 200 ms' never 400 520 'clock > 50000'
check 'stratum 1 half a minute after the last jump' always 590 700 'synchronised && stratum == 1'
check 'stepped once, at the start' logged 1 'clock stepped'
check 'the log names the lie' grep -q 'labels are' /out/log
verdict
