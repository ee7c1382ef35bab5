# shellcheck shell=dash
# vmtest: --rig "$common pps_jit_ns=1000"
# Another program sets the clock an hour ahead, then a second back.
. /checks
configuration </dev/null
start_daemon
witness 200
until_second 120
date -s "@$(($(date +%s) + 3600))" >/dev/null
until_second 200
date -s "@$(($(date +%s) - 1))" >/dev/null
until_second 280
check 'stratum 1 within 20 s' always 20 120 'synchronised && stratum == 1'
check 'the hour was not served' never 0 280 'synchronised && error > 1000000'
check 'every bound was true' never 0 280 wrong
check 'right again within 15 s' always 135 200 'synchronised && clock < 20000'
check '- both times' always 215 280 'synchronised && clock < 20000'
verdict
