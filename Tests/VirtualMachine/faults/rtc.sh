# shellcheck shell=dash
# vmtest: --rig "$common pps_jit_ns=1000 epoch=1893456000" --date 2030-01-01T00:00:07
# The RTC is 7 s fast at power-on, and is set wrong by a second while the daemon runs.
. /checks
clock=/sys/class/rtc/rtc0/since_epoch

# How far the RTC is ahead of true time, ms: its next second is awaited, from shortly before where it should be.
rtc_error() {
    read -r _ _ truth _ </dev/truthnow
    usleep $(((1950000000 - truth % 1000000000) % 1000000000 / 1000))
    read -r before <$clock
    after=$before
    while [ "$after" = "$before" ]; do read -r after <$clock; done
    read -r _ _ truth _ </dev/truthnow
    echo $(((after * 1000000000 - truth) / 1000000))
}
is_right() { [ "$1" -ge -30 ] && [ "$1" -le 30 ]; }

configuration </dev/null
start_daemon
witness
until_second 100
first=$(rtc_error)
stop_daemon
hwclock -w -u 2>/dev/null
# busybox's hwclock writes at once, whatever the fraction of the second: up to a second off.
wrong=$(rtc_error)
start_daemon
until_second 300
second=$(rtc_error)
check 'stratum 1 within 20 s' always 20 100 'synchronised && stratum == 1'
check "the RTC is set to 30 ms: $first ms" is_right "$first"
check "- and again, when another program has set it $wrong ms ahead: $second ms" is_right "$second"
check 'every bound was true' never 0 300 wrong
verdict
