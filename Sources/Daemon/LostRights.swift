import ConfigurationLanguage
import LinuxSystem

/// What the daemon's user may not do with what is open already, said when rights are dropped and not when a device has been
/// lost and cannot be opened again.
enum LostRights {
    /// Warns of each device and folder; what is not there is told of by those who open it.
    ///
    /// - Parameters:
    ///   - configuration: names them.
    ///   - user: whose rights are left.
    ///   - log: is told.
    static func report(_ configuration: Configuration, user: String, _ log: Log) {
        for clock in configuration.referenceClocks {
            let paths = [(clock.effectiveDevicePath, true), (clock.effectivePulsePath, false)]
            for case (let path?, let writes) in paths where Files.isDenied(path, writing: writes) {
                log.warning("\(path): \(user) may not open it, once it is lost it stays so; add \(user) to its group")
            }
        }
        for path in [configuration.driftFile, configuration.stateFile, configuration.logFile].compactMap({ $0 }) {
            let folder = Files.directory(of: path)
            guard Files.isDenied(folder, writing: true) else { continue }
            log.warning("\(folder): \(user) may not write there, and \(path) will not be written anew")
        }
        for path in [configuration.keysFile, configuration.leapFile].compactMap({ $0 }) {
            guard Files.isDenied(path, writing: false) else { continue }
            log.warning("\(path): \(user) may not read it, and a reload will not either")
        }
    }
}
