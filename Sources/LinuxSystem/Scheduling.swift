import CLinux
import Glibc

/// How the system runs this process and its threads.
public enum Scheduling {
    /// Whether this process runs in the simulator clknetsim, which knows no threads.
    public static var isSimulated: Bool {
        // SAFETY: the string lives through the call, and the answer is only compared.
        unsafe getenv("CLKNETSIM_NODE") != nil
    }

    /// Cores that this process may run on, 1 or more.
    public static var coreCount: Int { max(1, Int(clx_core_count())) }

    /// Whether this process may run on a core.
    public static func isAllowed(core: Int) -> Bool { clx_core_is_allowed(UInt32(clamping: core)) == 1 }

    /// Keeps the calling thread, and those it starts from now on, on some cores.
    ///
    /// - Parameter cores: their numbers.
    /// - Throws: `SystemError`; EINVAL where there is none of them.
    public static func pin(to cores: [Int]) throws(SystemError) {
        let numbers = cores.map { UInt32(clamping: $0) }
        // SAFETY: pointer and count are those of one array.
        let answer = unsafe numbers.withUnsafeBufferPointer { unsafe clx_pin($0.baseAddress, $0.count) }
        try SystemError.check(answer, "sched_setaffinity", cores.map(String.init).joined(separator: ","))
    }

    /// Makes the calling thread run before all ordinary ones (SCHED_FIFO), and not the threads that it starts.
    ///
    /// - Parameter priority: 1 or more; Linux has 99 at most, and chrony's 100 means that.
    /// - Throws: `SystemError`; EPERM without CAP_SYS_NICE.
    public static func setRealTimePriority(_ priority: Int) throws(SystemError) {
        try SystemError.check(
            clx_set_real_time_priority(Int32(min(max(priority, 1), 99))), "sched_setscheduler", "priority \(priority)")
    }

    /// Keeps every page that is used in memory from now on (mlockall(2)).
    ///
    /// - Throws: `SystemError`; EPERM or ENOMEM without CAP_IPC_LOCK where RLIMIT_MEMLOCK is too low.
    public static func lockMemory() throws(SystemError) {
        try SystemError.check(clx_lock_memory(), "mlockall")
    }
}
