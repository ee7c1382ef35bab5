# shellcheck shell=dash
# vmtest: --late
# The receiver is not there when the daemon starts; it is plugged in, unplugged while it is followed, and plugged in again.
. /checks
configuration </dev/null
start_daemon
witness
sleep 60
insmod /lib/rig/gpsrig.ko start_off=300000000 freq_ppb=20000 nmea_chunk=1000 pps_jit_ns=1000
until_second 200
echo unplug >/dev/truth
[ ! -e /dev/pps0 ] && [ ! -e /dev/ttyGPS0 ] || echo 'the rig did not unplug'
until_second 350
echo plug >/dev/truth
until_second 450
check 'nothing is served without a receiver' never -1 0 synchronised
check 'requests are answered all the same' sometimes -1 0 'answered && leap == 3'
check 'stratum 1 within 50 s of the plug' always 50 200 'synchronised && stratum == 1'
check 'the local clock within 30 s of the unplugging' always 230 350 'synchronised && stratum == 10'
check 'stratum 1 within 50 s of the second plug' always 400 450 'synchronised && stratum == 1'
check 'every bound was true' never -1 450 wrong
check 'stepped once' logged 1 'clock stepped'
check 'the log has the loss and the return, once each' logged 2 'NMEA(0): .*opened'
check 'the daemon runs' is_running
verdict
