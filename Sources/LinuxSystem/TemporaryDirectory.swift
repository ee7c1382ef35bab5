import Glibc

/// A directory of one's own below $TMPDIR or /tmp; goes with the value, files and all.
public struct TemporaryDirectory: ~Copyable {
    /// Where it is.
    public let path: String

    /// Makes an empty directory that only this user can enter.
    ///
    /// - Parameter prefix: of its name.
    /// - Throws: `SystemError`.
    public init(prefix: String) throws(SystemError) {
        // SAFETY: the environment is not changed while the program runs; the string is copied at once.
        let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/\(prefix).XXXXXX".utf8CString)
        // SAFETY: mkdtemp writes within the terminated template.
        guard unsafe mkdtemp(&template) != nil else { throw .last("mkdtemp", parent) }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        // SAFETY: the directory stream is closed after the last entry was copied.
        if let stream = unsafe opendir(path) {
            while let entry = unsafe readdir(stream) {
                var bytes = unsafe entry.pointee.d_name
                let name = unsafe withUnsafeBytes(of: &bytes) { unsafe Array($0.prefix { $0 != 0 }) }
                unsafe unlink(path + "/" + String(decoding: name, as: UTF8.self))
            }
            unsafe closedir(stream)
        }
        unsafe rmdir(path)
    }
}
