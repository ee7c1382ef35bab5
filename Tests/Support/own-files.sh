# usage: unshare -m own-files.sh FOLDER USER PROGRAM [ARGUMENT…]
# Runs a daemon that expects its package installed: with its user, FOLDER/etc as /etc/systemd, and /run and /var/lib empty.
set -e
folder=$1 user=$2
shift 2
mkdir -p "$folder/etc" "$folder/run" "$folder/lib"
{ grep -v "^$user:" /etc/passwd || true; echo "$user:x:65533:65533::/run/openntpd:/usr/sbin/nologin"; } >"$folder/passwd"
{ grep -v "^$user:" /etc/group || true; echo "$user:x:65533:"; } >"$folder/group"
mkdir -p /etc/systemd
mount --bind "$folder/passwd" /etc/passwd
mount --bind "$folder/group" /etc/group
mount --bind "$folder/etc" /etc/systemd
mount --bind "$folder/run" /run
mount --bind "$folder/lib" /var/lib
mkdir -p /run/openntpd /var/lib/openntpd/db /var/lib/openntpd/run
mkdir -p /run/systemd/netif /run/systemd/timesync /var/lib/systemd/timesync
chown 65533:65533 /run/systemd/* /var/lib/systemd/timesync
exec "$@"
