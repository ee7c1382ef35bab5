# shellcheck shell=dash
# vmtest: --rig "$common pps_jit_ns=20 pps_saw_ns=20 rw_e15=10000 phc=1 phc_ppb=30000 phc_off_s=37"
# vmtest: --rig "phc_gran_ns=8 phc_both=1 phc_pins=4 nmealoss=330-400"
# Pulses at a network card's pin: its clock stamps both edges, is 37 s ahead and 30 ppm fast, and ticks in 8 ns. Then it
# forgets that it was asked to stamp, as a card that is reset, while there is no other source.
. /checks
configuration </dev/null
sed -i 's|^refclock pps.*|refclock phc unit 0 extpps minpoll 0|' /etc/timeball.conf
start_daemon
witness
until_second 340
set_rig phc_ext 0
until_second 400
check 'it was asked to stamp anew' grep -q Y /sys/module/gpsrig/parameters/phc_ext
check 'stratum 1 within 20 s' always 20 400 'synchronised && stratum == 1'
check 'every bound was true' never 0 400 wrong
check 'the edges are told apart by 100 ms, which is said once' logged 1 'taken to last 100 ms'
# The rig reads its card 60 ns before the middle of the reading.
check 'within 150 ns after two minutes' never 120 400 'clock > 150'
verdict
