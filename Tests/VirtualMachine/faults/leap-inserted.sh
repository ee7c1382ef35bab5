# shellcheck shell=dash
# vmtest: --rig "$common pps_jit_ns=1000 epoch=1909094220 leap=1 leap_at=1909094400" --date 2030-06-30T23:57:00
# vmtest: --file "$here/faults/leap:/leap"
set -- 1
. /leap
