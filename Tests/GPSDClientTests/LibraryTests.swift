import CGPS
import ConfigurationLanguage
import GPSDClient
import LinuxSystem
import Testing

@Suite("libgps")
struct LibraryTests {
    @Test("built without it, the clock says so, and what to do")
    func builtWithout() {
        let words = SystemError(libgps: CGPS_BUILT_WITHOUT).description
        #expect(
            words == "use libgps: this program was built without it: install libgps-dev, 'make clean' and build again, "
                + "or use gpsd's SHM or SOCK")
    }

    @Test("a library that is missing, and one that is another, are told with their names")
    func absent() throws {
        guard cgps_api() > 0 else { return }
        let missing = problem("/nonexistent/libgps.so.1")
        #expect(missing.hasPrefix("load /nonexistent/libgps.so.1 (API \(cgps_api())): not installed"))
        // Some library that is there and knows nothing of gpsd.
        #expect(problem("libm.so.6").contains("libgps here is another than the one this program was built for"))
    }

    private func problem(_ library: String) -> String {
        do throws(SystemError) {
            _ = try GPSDConnection(to: .standard, now: at(0), library: library).due
            return ""
        } catch {
            return error.description
        }
    }
}
