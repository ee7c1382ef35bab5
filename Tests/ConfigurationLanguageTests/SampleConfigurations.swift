/// The samples A to E of the ntp.conf reference: shapes of real files, written for tests.
enum SampleConfigurations {
    /// RHEL/CentOS-6-shaped default, with the isolated-network fallback enabled.
    static let a = #"""
        # For more information about this file, see the man pages
        driftfile /var/lib/ntp/drift

        # Permit time synchronization with our time source, but do not
        # permit the source to query or modify the service on this system.
        restrict default kod nomodify notrap nopeer noquery
        restrict -6 default kod nomodify notrap nopeer noquery

        restrict 127.0.0.1
        restrict -6 ::1

        # Hosts on local network are less restricted.
        restrict 192.168.1.0 mask 255.255.255.0 nomodify notrap

        server 0.centos.pool.ntp.org iburst
        server 1.centos.pool.ntp.org iburst

        #broadcast 192.168.1.255 autokey	# broadcast server
        #broadcastclient			# broadcast client
        #multicastclient 224.0.1.1		# multicast client
        #manycastserver 239.255.254.254		# manycast server

        # Undisciplined Local Clock.
        server	127.127.1.0	# local clock
        fudge	127.127.1.0 stratum 10

        includefile /etc/ntp/crypto/pw
        keys /etc/ntp/keys
        #trustedkey 4 8 42
        #requestkey 8
        #controlkey 8
        #statistics clockstats cryptostats loopstats peerstats
        """#

    /// Pi-style NMEA + PPS (classic syntax).
    static let b = #"""
        driftfile /var/lib/ntp/ntp.drift
        leapfile "/usr/share/zoneinfo/leap-seconds.list"
        enable pps stats                      # 'pps' is obsolete
        statsdir /var/log/ntpstats/
        statistics loopstats peerstats clockstats
        filegen loopstats file loopstats type day enable
        filegen peerstats file peerstats type day enable
        filegen clockstats file clockstats type week link enable
        tos mindist 0.05
        server 127.127.20.0 mode 17 minpoll 4 maxpoll 4 prefer   # RMC, 9600
        fudge  127.127.20.0 flag1 0 time2 0.410 refid GPS
        server 127.127.22.0 minpoll 4 maxpoll 4
        fudge  127.127.22.0 flag2 0 flag3 0 refid PPS
        pool 2.debian.pool.ntp.org iburst
        restrict -4 default kod notrap nomodify nopeer noquery limited
        restrict -6 default kod notrap nomodify nopeer noquery limited
        restrict source notrap nomodify noquery
        restrict 127.0.0.1
        restrict ::1
        """#

    /// gpsd over SHM, isolated, orphan + LOCAL.
    static let c = #"""
        tinker panic 0 step 0.5
        tos orphan 6 orphanwait 60 minsane 1 mindist 0.4
        server 127.127.28.0 minpoll 4 maxpoll 4 noselect
        fudge  127.127.28.0 time1 0.135 refid GPS stratum 1
        server 127.127.28.2 minpoll 4 maxpoll 4 prefer true
        fudge  127.127.28.2 refid PPS flag1 1
        server 127.127.1.0 minpoll 6
        fudge  127.127.1.0 stratum 12 refid LOCL
        disable monitor
        logconfig =syncstatus +sysevents +clockall
        interface ignore wildcard
        interface listen 10.20.0.1
        interface listen lo
        broadcast 10.20.0.255 minpoll 6 version 3 key 5
        keys "/etc/ntp/ntp keys"      # quoted path with space
        trustedkey (1 ... 10) 42
        controlkey 42
        """#

    /// NTPsec syntax with include directory.
    static let d = #"""
        refclock nmea unit 0 baud 9600 mode 1 path /dev/ttyAMA0 ppspath /dev/pps0 flag1 1 time2 .260 prefer
        refclock pps unit 0 ppspath /dev/pps0 prefer minpoll 0 maxpoll 0
        refclock shm unit 1 refid PPS minpoll 0 maxpoll 2
        refclock local unit 0 stratum 10
        server time.example.net nts iburst
        pool 0.pool.ntp.org iburst maxpoll 9
        limit average 2 burst 64 kod 0.1
        restrict default kod limited nomodify noquery
        restrict 2001:db8::/32 nomodify
        restrict 10.0.0.0/8
        unrestrict 10.1.2.3 nomodify
        mru maxmem 65536 mindepth 2000
        tos maxclock 5
        includefile site.d
        extra port 8123
        """#

    /// Substation / mixed legacy.
    static let e = #"""
        server 127.127.8.0 mode 2 prefer          # generic parse: Meinberg std string
        fudge 127.127.8.0 time1 0.0042 stratum 0 refid DCFa
        server 127.127.1.1
        fudge 127.127.1.1 stratum 7
        peer 10.9.0.2 key 3 maxpoll 6 xleave      # obsolete option
        server ntp-backup.corp.example version 3 minpoll 5 burst
        broadcast 10.9.255.255 key 3 ttl 1
        restrict default limited kod nomodify notrap
        restrict 10.9.0.0 mask 255.255.0.0 version notrust
        restrict 10.9.7.0 mask 255.255.255.0 mssntp
        discard average 2 minimum 1
        filegen rawstats file raw type age enable nolink
        setvar site = "bay 7" default
        crypto pw serverpassword
        ttl 31 63
        tick 10000
        dscp 46
        """#
}
