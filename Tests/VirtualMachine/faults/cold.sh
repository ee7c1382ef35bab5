# shellcheck shell=dash
# vmtest: --rig "$common pps_jit_ns=1000 epoch=1893456000" --date 1970-01-01T00:00:10
# A machine without a battery wakes in 1970, as the receiver does without a fix; the sky clears after a minute.
. /checks
configuration </dev/null
set_rig loss 0-60
start_daemon
witness 200
until_second 200
check 'nothing is served before the proof' never -1 60 synchronised
check 'stratum 1 within 30 s of the fix' always 90 200 'synchronised && stratum == 1'
check 'nothing wrong was served' never -1 200 wrong
check 'stepped once' logged 1 'clock stepped'
check 'by 60 years' grep -q 'clock stepped by 1893' /out/log
verdict
