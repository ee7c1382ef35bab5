# shellcheck shell=dash
# vmtest: --rig "$common pps_jit_ns=1000 epoch=1893456000 nmea_off_s=-619315200" --date 1970-01-01T00:00:10
# The receiver's weeks rolled over, so its date is 1024 weeks behind, and the machine has no date of its own; at 200 s it
# finds the right one, at 300 s it loses it again.
. /checks
configuration </dev/null
start_daemon
witness
until_second 200
set_rig nmea_off_s 0
until_second 300
set_rig nmea_off_s -619315200
until_second 400
check 'locked within 30 s, in the right year' always 30 400 'synchronised && stratum == 1 && clock < 100000000'
check 'nothing wrong was served' never -1 400 wrong
check 'stepped once, at the start' logged 1 'clock stepped'
verdict
