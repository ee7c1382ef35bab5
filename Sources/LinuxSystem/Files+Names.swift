import Glibc

/// What there is, and where links lead; nothing where there is nothing.
extension Files {
    /// The names in a folder, in no order, less `.` and `..`.
    public static func names(in folder: String) -> [String] {
        // SAFETY: the stream is read and closed here; a name is copied before the next is read.
        guard let stream = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            names.append(unsafe withUnsafePointer(to: &entry.pointee.d_name.0) { unsafe String(cString: $0) })
        }
        return names.filter { $0 != "." && $0 != ".." }
    }

    /// A path with all links resolved; `nil` where it leads nowhere.
    public static func resolved(_ path: String) -> String? {
        // SAFETY: realpath allocates the answer, which is copied and freed here.
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// Where what is written to a path ends up: behind its links, also behind one that leads to no file yet.
    public static func destination(of path: String) -> String {
        if let resolved = resolved(path) { return resolved }
        guard let target = linkTarget(path) else { return path }
        return target.utf8.first == 0x2f ? target : "\(directory(of: path))/\(target)"
    }

    /// What a link says; `nil` for what is no link.
    public static func linkTarget(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        // SAFETY: the kernel writes at most the count given.
        let count = unsafe readlink(path, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Whether there is something at a path that this process's user may not read, or not read and write.
    public static func isDenied(_ path: String, writing: Bool) -> Bool {
        // SAFETY: the string lives through the call.
        unsafe access(path, writing ? R_OK | W_OK : R_OK) != 0 && errno == EACCES
    }

    /// Whether there is something at a path.
    public static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }
}
