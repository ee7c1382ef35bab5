# shellcheck shell=dash
# vmtest: --rig "$common pps=0 mode=1 pps_jit_ns=100"
# Pulses of DCD through the kernel's line discipline, which the daemon attaches to the line by itself (flag1).
. /checks
configuration </dev/null
sed -i '/^refclock pps/d; /^refclock nmea/s/$/ flag1 1/' /etc/timeball.conf
start_daemon
witness
until_second 150
check 'the kernel made a pulse device of the line' grep -q ttyGPS0 /sys/class/pps/pps0/path
kill_daemon
until_second 155
check 'which goes with the daemon' [ ! -e /dev/pps0 ]
start_daemon
until_second 300
check 'stratum 1 within 20 s' always 20 150 'synchronised && stratum == 1'
check '- and again after a kill' always 180 300 'synchronised && stratum == 1'
check 'every bound was true' never 0 300 wrong
check 'within a microsecond' never 60 150 'clock > 1000'
verdict
