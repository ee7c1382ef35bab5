import CLinux
import Glibc

/// The rights of the process.
public enum Privileges {
    /// Becomes another user for good and keeps only the rights to set the clock and to bind ports below 1024.
    ///
    /// Before any thread is started: capabilities belong to threads.
    ///
    /// - Parameters:
    ///   - user: a name of the user database.
    ///   - locksMemory: whether to keep the right to lock memory too, which every later allocation needs once memory is
    ///     locked (`Scheduling.lockMemory`).
    /// - Throws: `SystemError`; ENOENT where there is no such user. The process must end then: it may have lost some
    ///   rights and not others.
    public static func drop(toUser user: String, locksMemory: Bool = false) throws(SystemError) {
        var (number, group): (UInt32, UInt32) = (0, 0)
        // SAFETY: the function reads the string and writes two numbers.
        let answer = unsafe clx_user_find(user, &number, &group)
        if answer == -ENOENT { throw SystemError("user", code: ENOENT, subject: user, remark: "no such user") }
        try SystemError.check(answer, "user", user)
        let kept =
            clx_capability_sys_time() | clx_capability_net_bind_service()
            | (locksMemory ? clx_capability_lock_memory() : 0)
        // SAFETY: the function reads the string.
        try SystemError.check(unsafe clx_become(number, group, user, kept), "change user", user)
    }

    /// Confines this thread, and those that it starts, to the system calls of a time server, for good (seccomp(2)): any
    /// other fails with EPERM, above all those that start programs, and may be repeated inside what a service manager has
    /// set up already.
    ///
    /// After `drop`, which needs calls that are refused then.
    ///
    /// - Throws: `SystemError`; ENOSYS or EINVAL where the system knows no such filters.
    public static func confineSystemCalls() throws(SystemError) {
        try SystemError.check(clx_confine_system_calls(), "seccomp")
    }

    /// Goes to the background: a new session. Returns in the new process; the old one waits until that has begun its work,
    /// or ends as it does.
    ///
    /// Before any thread is started, and before any lock is taken: locks remember the thread that takes them.
    ///
    /// - Returns: what the old process waits for.
    /// - Throws: `SystemError`.
    public static func leaveForeground() throws(SystemError) -> Foreground {
        Foreground(descriptor: try SystemError.check(clx_daemonise(), "daemonise"))
    }

    /// The process in the foreground that waits for this one.
    public struct Foreground {
        fileprivate let descriptor: Int32

        /// Lets it end well, and lets go of the terminal: standard streams to `/dev/null`.
        ///
        /// - Throws: `SystemError`.
        public func release() throws(SystemError) {
            try SystemError.check(clx_daemonise_end(descriptor), "daemonise")
        }
    }
}
