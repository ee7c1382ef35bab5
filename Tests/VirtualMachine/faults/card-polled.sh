# shellcheck shell=dash
# vmtest: --rig "$common pps_jit_ns=20 pps_saw_ns=20 rw_e15=10000 phc=1 phc_ppb=30000 phc_off_s=37 phc_pins=1"
# vmtest: --rig "phc_gran_ns=8 phc_poll_ms=252"
# The PHY of a Compute Module 4: stamps are fetched four times a second, and reading its clock, which takes 1.7 ms, wipes out
# what waits (raspberrypi/linux #5231). The clock is latched at the end of a bracket of 105 µs.
. /checks
configuration </dev/null
sed -i 's|^refclock pps.*|refclock phc unit 0 extpps minpoll 0|' /etc/timeball.conf
start_daemon
witness
until_second 300
set_rig phc_stuck 1
until_second 330
set_rig phc_stuck 0
until_second 400
check 'stratum 1 within 20 s' always 20 300 'synchronised && stratum == 1'
check 'every bound was true' never 0 400 wrong
check 'as late as the middle of the bracket is before its end' always 120 300 'clock > 45000 && clock < 60000'
check 'one stamp again and again is said, once' logged 1 'repeats one stamp'
check 'stratum 1 again within 20 s' always 350 400 'synchronised && stratum == 1'
verdict
