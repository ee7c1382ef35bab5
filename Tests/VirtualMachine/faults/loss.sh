# shellcheck shell=dash
# vmtest: --rig "$common $wander pps_jit_ns=1000 loss=200-500"
# The satellites are lost for five minutes, and come back: stratum 10 meanwhile, and never a second or a bound wrong.
. /checks
configuration </dev/null
start_daemon
witness
until_second 620
check 'locked within 20 s, at stratum 1' always 20 200 'synchronised && stratum == 1'
check 'the local clock within 30 s of the loss, at stratum 10' always 230 500 'synchronised && stratum == 10 && id == "LOCL"'
check 'stratum 1 again within 20 s of the return' always 520 620 'synchronised && stratum == 1'
check 'every bound was true' never 0 620 wrong
check 'stepped once, at the start' logged 1 'clock stepped'
check 'within 2 µs a minute after the return' never 560 620 'clock > 2000'
check 'no reply was missing' never 20 620 '!answered'
verdict
