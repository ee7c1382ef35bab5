# shellcheck shell=dash
# timeballd steers the guest's clock for /duration seconds; /pulses is empty, or "flag1 1" for the pulses of the line's DCD.
{
    echo "refclock nmea unit 0 path /dev/ttyGPS0 baud 9600 minpoll 0 prefer $(cat /pulses)"
    [ -s /pulses ] || echo "refclock pps unit 0 path /dev/pps0 minpoll 0"
    echo "observe none"
} >/etc/timeball.conf
timeballd -n -c /etc/timeball.conf >/out/log 2>&1 &
echo "wait $(cat /duration)" >/dev/truth
kill -0 $!
