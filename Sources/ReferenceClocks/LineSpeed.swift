import ConfigurationLanguage

extension ReferenceClockConfiguration {
    /// Line speed in bit/s, as configured or by ntpd's mode bits 4 to 6 (default 4800, ntpd's).
    var lineSpeed: Int {
        let speeds = [4800, 9600, 19200, 38400, 57600, 115_200, 115_200, 115_200]
        return baudRate ?? speeds[mode >> 4 & 7]
    }
}
