import LinuxSystem
import Receivers
import ReferenceClocks

/// Why a device is not used, and what can be done about it.
enum SetupAdvice {
    static func text(_ failure: SpeedSearch.Failure) -> String {
        switch failure {
        case .silent:
            "not a byte came: is the receiver powered, and is its TXD wired to this port's RXD?"
        case .unreadable:
            "bytes came, but no message at any speed: are the levels inverted, or is its language unknown here?"
        }
    }

    static func text(undecoded finding: SpeedSearch.Finding, _ path: String) -> String {
        "a receiver speaks \(finding.languages.first?.description ?? "?") binary at \(finding.settings), which is "
            + "not understood: switch it to NMEA, as `gpsctl -f -n \(path)` of gpsd-clients does"
    }

    static func text(_ error: SystemError) -> String {
        if error.isDenied { return "permission denied: be root, or a member of the group dialout" }
        if error.isBusy { return "in use by another program, which has locked it" }
        return "\(error)"
    }

    static func text(_ remark: DeviceList.Port.Remark) -> String {
        switch remark {
        case .hasNoHardware: "the kernel has a name for it, and no hardware"
        case .isConsole: "the kernel's console: take console=… out of its command line to use it"
        }
    }

    static func text(_ holder: DeviceList.Holder, _ device: String) -> String {
        let who = "in use by \(holder.name), process \(holder.process)"
        let name = device.split(separator: "/").last ?? ""
        switch holder.name {
        case "gpsd": return "\(who): `systemctl disable --now gpsd gpsd.socket` frees it"
        case "agetty", "getty", "login": return "\(who): `systemctl disable --now serial-getty@\(name)` frees it"
        case "ModemManager": return "\(who), which probes for modems: the udev rule of hardware/ keeps it away"
        case "timeballd": return "\(who): `systemctl stop timeballd` while setup runs"
        default: return "\(who): end it first"
        }
    }

    static func text(gone error: SystemError, after seconds: Double) -> String {
        "gone after \(Int(seconds)) s of measuring (\(error)): plug it in, and run setup again"
    }

    static func text(sameAs path: String) -> String { "the same port as \(path)" }

    static let noPulseDiscipline =
        "Carrier detect lines were not looked at: `modprobe pps_ldisc`, as root, makes the kernel stamp them.\n"

    static func nothing(isEmpty: Bool) -> String {
        """
        \(isEmpty ? "There is no serial port and no pulse device here." : "")
        Nothing was found that a configuration could be made of.
        Check, in this order: is the receiver powered; is its TXD on the port's RXD, and ground on ground; does another
        program have the port (getty, gpsd, ModemManager); may you open it (group dialout); on a Raspberry Pi, is the
        UART switched on (enable_uart=1) and the console taken off it. Name a port with --device where it was not found.

        """
    }

    static let gpsdListens = "gpsd, or systemd for it, listens at port 2947"

    static let gpsdBeside = """
        \(gpsdListens). It opens the receivers that it was told of as soon as somebody asks it, these too
        if they are among them: `systemctl disable --now gpsd gpsd.socket` prevents that.

        """

    static func clock(_ path: String) -> String { "\(path) stamps pulses by itself: see `refclock phc`.\n" }
}
