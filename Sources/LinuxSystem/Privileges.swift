import CLinux
import Glibc

/// The rights of the process.
public enum Privileges {
    /// Whether the process may set the kernel's clock (effective CAP_SYS_TIME).
    ///
    /// - Throws: `SystemError`.
    public static func canAdjustClock() throws(SystemError) -> Bool {
        var effective: UInt64 = 0
        // SAFETY: the function writes one word.
        try SystemError.check(unsafe clx_capabilities(&effective), "capget")
        return effective & clx_capability_sys_time() != 0
    }

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
