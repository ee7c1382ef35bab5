import Glibc
import LinuxSystem
import Testing

@Suite("Files")
struct FilesTests {
    private let directory = TemporaryDirectory()

    @Test("what is written is read back, over an older file too")
    func roundTrip() throws {
        let path = directory.file("drift")
        try Files.writeAtomically(path, Array("1.5\n".utf8))
        try Files.writeAtomically(path, Array("2.5\n".utf8))
        #expect(try Files.read(path, limit: 100) == Array("2.5\n".utf8))
        #expect(try directory.names == ["drift"])
    }

    @Test("a file has the permissions asked for, whatever the umask")
    func permissions() throws {
        let path = directory.file("timeball.conf")
        // No umask in use leaves all of these.
        try Files.writeAtomically(path, [1], mode: 0o666)
        var status = stat()
        // SAFETY: the string lives through the call, which fills the structure.
        #expect(unsafe stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o666)
    }

    @Test("whether a file could be written is found out without a trace")
    func writable() throws {
        let path = directory.file("timeball.conf")
        try Files.checkWritable(path)
        #expect(try directory.names == [])
        #expect(Files.mode(of: path) == nil)
        try Files.writeAtomically(path, [1], mode: 0o600)
        try Files.checkWritable(path)
        #expect(Files.mode(of: path) == 0o600)
        #expect(try Files.read(path, limit: 9) == [1])
        let folder = failure { () throws(SystemError) in try Files.checkWritable(directory.path) }
        #expect(folder?.code == EISDIR)
        let missing = failure { () throws(SystemError) in try Files.checkWritable(directory.file("none/file")) }
        #expect(missing?.code == ENOENT)
        // Not even root makes a file there, where access(2) says that it may.
        #expect(failure { () throws(SystemError) in try Files.checkWritable("/proc/timeball.conf") } != nil)
    }

    @Test("what is written to a link ends up behind it, also where nothing is yet")
    func destination() throws {
        let path = directory.file("link")
        #expect(Files.destination(of: path) == path)
        // SAFETY: all strings live through the calls.
        #expect(unsafe symlink("real", path) == 0)
        #expect(Files.destination(of: path) == directory.file("real"))
        try Files.writeAtomically(directory.file("real"), [1])
        #expect(Files.destination(of: path) == Files.resolved(directory.file("real")))
        #expect(unsafe symlink("/nonexistent/file", directory.file("other")) == 0)
        #expect(Files.destination(of: directory.file("other")) == "/nonexistent/file")
    }

    @Test("a file with secrets is handed over whole, up to the limit")
    func secret() throws {
        let path = directory.file("keys")
        let contents = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        try Files.writeAtomically(path, contents)
        for limit in [100_000, 100_001] {
            let count = try Files.withSecret(path, limit: limit) { text in
                (0..<text.count).allSatisfy { text[$0] == contents[$0] } ? text.count : -1
            }
            #expect(count == 100_000)
        }
        let tooLong = failure { () throws(SystemError) in try Files.withSecret(path, limit: 99_999) { _ in } }
        #expect(tooLong?.code == EFBIG)
        let missing = failure { () throws(SystemError) in try Files.withSecret(path + "x", limit: 1) { _ in } }
        #expect(missing?.code == ENOENT)
    }

    @Test("a full disk leaves the old file and nothing else")
    func fullDisk() throws {
        let mount = directory.makeDirectory(directory.file("small"))
        // SAFETY: all strings live through the call.
        guard unsafe Glibc.mount("none", mount, "tmpfs", 0, "size=16k") == 0 else { return }
        defer { _ = unsafe umount(mount) }
        let path = mount + "/state"
        try Files.writeAtomically(path, [1, 2, 3])
        let large = [UInt8](repeating: 0, count: 100_000)
        let error = failure { () throws(SystemError) in try Files.writeAtomically(path, large) }
        #expect(error?.code == ENOSPC)
        #expect(try Files.read(path, limit: 10) == [1, 2, 3])
        // Room is left for a small file: the temporary one is gone.
        try Files.writeAtomically(path, [UInt8](repeating: 7, count: 4096))
    }

    @Test("a directory that is missing is named")
    func missingDirectory() {
        let path = directory.file("none/drift")
        let error = failure { () throws(SystemError) in try Files.writeAtomically(path, []) }
        #expect(error?.code == ENOENT)
        #expect(error?.description.hasSuffix(": no such file or directory") == true)
    }

    @Test("a file in the way of the rename leaves no temporary file")
    func renameFailure() throws {
        let path = directory.makeDirectory(directory.file("taken"))
        let error = failure { () throws(SystemError) in try Files.writeAtomically(path, [1]) }
        #expect(error?.code == EISDIR)
        #expect(try directory.names == ["taken"])
    }

    @Test("a file beyond the limit is refused, one at the limit is read")
    func limit() throws {
        let path = directory.file("leap")
        try Files.writeAtomically(path, [UInt8](repeating: 1, count: 20_000))
        #expect(try Files.read(path, limit: 20_000).count == 20_000)
        #expect(failure { () throws(SystemError) in try Files.read(path, limit: 19_999) }?.code == EFBIG)
    }

    @Test("removing tells whether there was a file")
    func removal() throws {
        let path = directory.file("pid")
        try Files.writeAtomically(path, [1])
        #expect(try Files.remove(path))
        #expect(try !Files.remove(path))
    }
}
