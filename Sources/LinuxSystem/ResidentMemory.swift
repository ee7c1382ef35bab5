import CLinux

/// What the process holds in memory.
public enum ResidentMemory {
    /// Gives back the pages of program text that only the start needed; the loop's own come back at a minor fault each.
    public static func releaseStartup() { clx_release_text() }
}
