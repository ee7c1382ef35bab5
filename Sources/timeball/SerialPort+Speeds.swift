import LinuxSystem
import ReferenceClocks

extension SerialPort {
    /// The speeds that a port takes.
    ///
    /// - Parameters:
    ///   - path: the port.
    ///   - isHeld: whether the caller has a `SerialPortHold` of it.
    /// - Returns: the likeliest of a receiver first; never none.
    /// - Throws: `SystemError`.
    static func likelySpeeds(takenBy path: String, isHeld: Bool = false) throws(SystemError) -> [Int] {
        var speeds: [Int] = []
        for speed in SpeedSearch.likelySpeeds {
            do throws(SystemError) {
                _ = try SerialPort(path: path, baudRate: speed, isHeld: isHeld)
                speeds.append(speed)
            } catch {
                guard error.operation.description == "tcsetattr" else { throw error }
            }
        }
        guard !speeds.isEmpty else { throw SystemError("open", code: SystemError.endOfFile, subject: path) }
        return speeds
    }
}
