# shellcheck shell=dash
# vmtest: --rig "$common $wander pps_jit_ns=1000"
# The disk with the state is full at the start, has room from 120 s on, is read-only from 480 s on; the daemon ends and
# starts again.
. /checks
mkdir /state
mount -t tmpfs -o size=64k disk /state
configuration </dev/null
dd if=/dev/zero of=/state/filling 2>/dev/null
start_daemon
witness
until_second 120
logged 1 'the state is kept in memory' && said=yes
rm /state/filling
until_second 480
[ -n "$(find /state -type f -size +0)" ] && written=yes
mount -o remount,ro /state
stop_daemon
echo "started again" >>/out/log
start_daemon
until_second 600
check 'locked within 20 s' always 20 480 'synchronised && stratum == 1'
check 'the full disk is said once' [ -n "$said" ]
check 'the state is written when there is room, five minutes later at most' [ -n "$written" ]
# The drift file is written with it.
check '- and the log has it' logged 2 'written again'
check 'what was kept is used' sh -c '! sed "1,/^started again$/d" /out/log | grep -q "without a kept state"'
check 'served again within 15 s, on a read-only disk' always 500 600 'synchronised && stratum == 1'
check 'every bound was true' never 0 600 wrong
verdict
