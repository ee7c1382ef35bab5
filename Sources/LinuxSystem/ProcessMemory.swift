import CLinux

/// The memory of the process.
public enum ProcessMemory {
    /// Gives back the pages of code and constants that are mapped; those used again come back by themselves.
    ///
    /// To be called once after the start: reading the configuration and starting the language's runtime touch pages,
    /// a megabyte or two, that a daemon does not need again for months.
    public static func releaseCode() { clx_release_code() }
}
