import ConfigurationLanguage
import FuzzDriver

/// The reader of ntp.conf on any bytes: it must not trap, must end, and must point into the text.
///
/// The first byte says whether `includefile` finds something: the text itself, so that files include themselves.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    // SAFETY: the arguments go on as libFuzzer gave them.
    unsafe withInput(data, size) { input in
        guard input.count > 0 else { return }
        let text = (1..<input.count).map { input[$0] }
        let isIncluded = input[0] & 1 == 1
        let (configuration, diagnostics) = NTPConfiguration.parse(text: text, file: "/etc/ntp.conf") { _ in
            isIncluded ? text : nil
        }
        check(diagnostics, text: text)
        check(configuration)
    }
    return 0
}

/// The program's entry: SwiftPM calls `main` of an executable target `<target>_main`.
@_cdecl("FuzzConfiguration_main")
public func main(
    _ argumentCount: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
    // SAFETY: the arguments go on as the C start-up code gave them.
    unsafe runFuzzer(argumentCount, arguments)
}

/// Each problem stands in the text; every file read is the same text.
private func check(_ diagnostics: [Diagnostic], text: [UInt8]) {
    let lines = text.split(separator: 0x0a, omittingEmptySubsequences: false)
    for diagnostic in diagnostics {
        precondition((1...lines.count).contains(diagnostic.line), "a line that is not there: \(diagnostic)")
        let length = lines[diagnostic.line - 1].count
        // A word that is missing is told at the end of its line.
        precondition((1...length + 1).contains(diagnostic.column), "a column that is not there: \(diagnostic)")
        precondition(!diagnostic.message.isEmpty && !diagnostic.message.contains("\n"), "no message in one line")
    }
    // The reader gives up after 1000 problems; a line or two may bring more than one.
    precondition(diagnostics.count < 1500, "too many problems")
}

/// What is read can be used.
private func check(_ configuration: Configuration) {
    precondition(configuration.port > 0, "port 0")
    precondition(configuration.stepThreshold >= 0 && configuration.panicLimit >= 0, "a negative limit")
    precondition((1...16).contains(configuration.localStratum ?? 1), "a stratum out of range")
    precondition((0...0.49).contains(configuration.minimumDistance), "sources a second apart would agree")
    precondition(configuration.maximumDistance > 0 && configuration.minimumSurvivors > 0, "no source could survive")
    if let holdover = configuration.holdover {
        precondition((holdover.maximumError ?? 0.5) > 0 && (holdover.maximumError ?? 0.5) <= 0.5, "a wrong error limit")
        precondition((holdover.maximumTime ?? 1) > 0 && holdover != HoldoverRule(), "a holdover without limits")
    }
    for rule in configuration.broadcasts {
        precondition((1...131_072).contains(rule.interval) && (0...17).contains(rule.poll), "an interval out of range")
        precondition((3...4).contains(rule.version) && rule.port > 0 && rule.key != 0, "a packet nobody takes")
        precondition((1...255).contains(rule.timeToLive), "a time to live out of range")
        precondition(rule.group.address.family == .v4 || rule.group.address.isMulticast, "no group")
    }
    precondition(configuration.manycastGroups.allSatisfy(\.address.isMulticast), "no group")
    for card in configuration.hardwareTimestamps {
        precondition(card.minimumPoll <= card.maximumPoll ?? .max && card.precision > 0, "a card out of range")
        precondition(card.minimumSamples <= card.maximumSamples, "a card out of range")
    }
    precondition(configuration.affinity.workers.allSatisfy((0...1023).contains), "a core out of range")
    precondition((0...63).contains(configuration.differentiatedServices), "a code point out of range")
    for rule in configuration.accessRules {
        precondition(rule.block.contains(rule.block.address), "a block without its own address")
    }
    for clock in configuration.referenceClocks {
        precondition(!clock.name.isEmpty, "a clock without name")
        precondition(clock.effectiveDevicePath?.isEmpty != true, "an empty path")
    }
}
