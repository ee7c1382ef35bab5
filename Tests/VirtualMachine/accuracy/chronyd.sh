# shellcheck shell=dash
# chronyd steers the guest's clock for /duration seconds, gpsd reads the receiver for it; /pulses as for timeballd.
mkdir -p /run/chrony /var/lib/chrony /etc/chrony
echo '_chrony:x:100:100::/var/lib/chrony:/bin/false' >>/etc/passwd
echo '_chrony:x:100:' >>/etc/group
gpsd -n /dev/ttyGPS0
# gpsd attaches the line discipline, some seconds after the first sentences.
until [ -e /dev/pps0 ]; do sleep 1; done
cat >/etc/chrony/chrony.conf <<'CONF'
refclock SHM 0 refid NMEA poll 4 offset 0.19 delay 0.2 noselect
refclock PPS /dev/pps0 refid PPS lock NMEA poll 4
makestep 0.1 3
driftfile /var/lib/chrony/drift
CONF
chronyd -d -u root -f /etc/chrony/chrony.conf >/out/log 2>&1 &
echo "wait $(cat /duration)" >/dev/truth
kill -0 $!
