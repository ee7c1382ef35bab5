# shellcheck shell=dash
# vmtest: --rig "$common pps_jit_ns=1000 epoch=1893456000" --date 2035-03-01T00:00:00
# The battery is flat and the RTC says 2035: it is 2030.
. /checks
configuration </dev/null
start_daemon
witness 200
until_second 120
check 'stratum 1 within 30 s' always 30 120 'synchronised && stratum == 1'
check 'nothing wrong was served' never -1 120 wrong
check 'stepped once' logged 1 'clock stepped'
verdict
