import Glibc

/// Whole small files: configuration, drift, leap table, state.
public enum Files {
    /// The contents of a file.
    ///
    /// - Parameters:
    ///   - path: a file; a device or pipe is read to its end.
    ///   - limit: most bytes accepted, so that a wrong path cannot fill the memory.
    /// - Returns: all its bytes.
    /// - Throws: `SystemError`; EFBIG beyond the limit.
    public static func read(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
        let file = try FileDescriptor(opening: path, flags: O_RDONLY)
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            var span = chunk.mutableSpan
            guard let count = try file.read(into: &span, subject: path), count > 0 else { return contents }
            guard contents.count + count <= limit else { throw SystemError("read", code: EFBIG, subject: path) }
            contents += chunk[..<count]
        }
    }

    /// Replaces a file so that a reader, or a machine that loses power, finds the old or the new contents, whole.
    ///
    /// - Parameters:
    ///   - path: the file; its directory must be writable.
    ///   - bytes: the new contents.
    ///   - mode: permissions of the new file, whatever the umask.
    /// - Throws: `SystemError`; the old file stands then, unless only the last sync of the directory failed.
    public static func writeAtomically(_ path: String, _ bytes: [UInt8], mode: mode_t = 0o644) throws(SystemError) {
        let temporary = "\(path).\(getpid()).new"
        do throws(SystemError) {
            try write(temporary, bytes, mode: mode)
            // SAFETY: both strings live through the call.
            guard unsafe rename(temporary, path) == 0 else { throw SystemError.last("rename", path) }
        } catch {
            // SAFETY: the string lives through the call; a file that was never made is none to remove.
            unsafe unlink(temporary)
            throw error
        }
        try syncDirectory(of: path)
    }

    /// Finds out whether `writeAtomically` could make a file, and leaves nothing behind.
    ///
    /// - Parameter path: the file.
    /// - Throws: `SystemError`; EISDIR for a folder.
    public static func checkWritable(_ path: String) throws(SystemError) {
        var status = stat()
        // SAFETY: the kernel fills one structure; the string lives through the call.
        if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw SystemError("open", code: EISDIR, subject: path)
        }
        let temporary = "\(path).\(getpid()).new"
        _ = try FileDescriptor(opening: temporary, flags: O_WRONLY | O_CREAT | O_NOFOLLOW, mode: 0o600)
        try remove(temporary)
    }

    /// The permissions of a file; `nil` where there is none.
    public static func mode(of path: String) -> mode_t? {
        var status = stat()
        // SAFETY: the kernel fills one structure; the string lives through the call.
        return unsafe stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    /// Writes over a file from its start, in the blocks that it has already, and waits until it is on the disk.
    ///
    /// That goes on a full disk too, where `writeAtomically` cannot make a second file; but who is stopped on the way
    /// leaves a mixture of old and new.
    ///
    /// - Parameters:
    ///   - path: the file; made where there is none.
    ///   - bytes: the new contents.
    /// - Throws: `SystemError`; the contents may be a mixture then.
    public static func overwrite(_ path: String, _ bytes: [UInt8]) throws(SystemError) {
        let isNew = !exists(path)
        let file = try FileDescriptor(opening: path, flags: O_WRONLY | O_CREAT | O_NOFOLLOW, mode: 0o644)
        try file.write(bytes.span, subject: path)
        if lseek(file.rawValue, 0, SEEK_END) > bytes.count {
            guard ftruncate(file.rawValue, bytes.count) == 0 else { throw .last("ftruncate", path) }
        }
        guard fdatasync(file.rawValue) == 0 else { throw .last("fdatasync", path) }
        if isNew { try syncDirectory(of: path) }
    }

    private static func syncDirectory(of path: String) throws(SystemError) {
        let directory = try FileDescriptor(opening: directory(of: path), flags: O_RDONLY | O_DIRECTORY)
        guard fsync(directory.rawValue) == 0 else { throw .last("fsync", Self.directory(of: path)) }
    }

    /// Removes a file.
    ///
    /// - Returns: `false` where there was none.
    /// - Throws: `SystemError`.
    @discardableResult
    public static func remove(_ path: String) throws(SystemError) -> Bool {
        // SAFETY: the string lives through the call.
        if unsafe unlink(path) == 0 { return true }
        guard errno == ENOENT else { throw .last("unlink", path) }
        return false
    }

    private static func write(_ path: String, _ bytes: [UInt8], mode: mode_t) throws(SystemError) {
        let file = try FileDescriptor(opening: path, flags: O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: mode)
        try file.write(bytes.span, subject: path)
        // Whatever the umask: a configuration that root writes is read by another user.
        guard fchmod(file.rawValue, mode) == 0 else { throw .last("fchmod", path) }
        guard fsync(file.rawValue) == 0 else { throw .last("fsync", path) }
    }

    /// The folder that a path lies in.
    public static func directory(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: 0x2f) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

extension Files {
    /// Hands the contents of a file with secrets to a closure, from memory that is wiped afterwards.
    ///
    /// - Parameters:
    ///   - path: a file.
    ///   - limit: most bytes accepted.
    ///   - body: must keep no copy.
    /// - Returns: what the closure returns.
    /// - Throws: `SystemError`; EFBIG beyond the limit.
    public static func withSecret<Result: ~Copyable>(
        _ path: String, limit: Int, _ body: (Span<UInt8>) -> Result
    ) throws(SystemError) -> Result {
        let file = try FileDescriptor(opening: path, flags: O_RDONLY)
        // One byte more shows a file that is too long; a buffer that grew would leave copies behind.
        var contents = [UInt8](repeating: 0, count: limit + 1)
        defer {
            // SAFETY: pointer and length are those of the array, which is not empty.
            unsafe contents.withUnsafeMutableBytes { bytes in
                if let start = bytes.baseAddress { unsafe explicit_bzero(start, bytes.count) }
            }
        }
        var length = 0
        while length < contents.count {
            // SAFETY: the kernel writes to the rest of the array, and does not keep the pointer.
            let count = unsafe contents.withUnsafeMutableBytes { bytes in
                let rest = unsafe bytes[length...]
                return unsafe Glibc.read(
                    file.rawValue, UnsafeMutableRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .last("read", path) }
            guard count > 0 else { break }
            length += count
        }
        guard length <= limit else { throw SystemError("read", code: EFBIG, subject: path) }
        return body(contents.span.extracting(first: length))
    }

    /// The folder of the program that is running.
    ///
    /// - Throws: `SystemError` where /proc is not mounted.
    public static func programFolder() throws(SystemError) -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        // SAFETY: the kernel writes at most the count given.
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { throw .last("readlink", "/proc/self/exe") }
        let path = buffer.prefix(count).map(UInt8.init(bitPattern:))
        return String(decoding: path.prefix(path.lastIndex(of: UInt8(ascii: "/")) ?? 0), as: UTF8.self)
    }
}
