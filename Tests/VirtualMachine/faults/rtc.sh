# shellcheck shell=dash
# vmtest: --rig "$common pps_jit_ns=1000 epoch=1893456000" --date 2029-12-31T23:50:00
# The RTC is ten minutes slow at power-on; the kernel copies its clock to it while it is told that it is synchronised.
. /checks
configuration </dev/null
start_daemon
witness
until_second 800
rtc=$(cat /sys/class/rtc/rtc0/since_epoch)
now=$(date +%s)
check 'stratum 1 within 20 s' always 20 800 'synchronised && stratum == 1'
check 'the kernel knows that it is synchronised' never 60 800 'status ~ /4.$/ || state == 5'
check "the RTC is right to a second: $rtc, $now" [ $((rtc - now)) -le 1 ] 
check '- and not behind' [ $((now - rtc)) -le 1 ]
verdict
