import CLoad
import LinuxSystem
import TimeScale

/// Instructions per reply in user space, as callgrind counts them.
///
/// Each program runs twice under valgrind, with K requests and with twice as many: the difference over K is free of
/// start and end.
struct Instructions {
    /// Instructions of the functions of one run, and of all of them.
    private struct Profile {
        var total = 0.0
        var functions: [String: Double] = [:]
    }

    /// Few enough to have all been heard of in the first run, so that no client table grows in between.
    private static let addresses = 100

    private let folder: String
    private let count: Int
    /// Where the costliest functions of timeballd are told.
    private let details: String
    private let valgrind: String

    /// `nil` where valgrind is missing.
    ///
    /// - Parameters:
    ///   - folder: for what valgrind writes.
    ///   - count: K.
    ///   - details: file for the functions.
    init?(folder: String, count: Int, details: String) {
        guard let valgrind = Machine.path(of: "valgrind") else { return nil }
        (self.folder, self.count, self.details, self.valgrind) = (folder, count, details, valgrind)
    }

    func measure(_ programs: [Program], _ signatures: [Signature]) throws {
        Console.write(
            "\n## Instructions per reply\n\n"
                + "User space only, by callgrind: the difference between \(2 * count) and \(count) requests from \(Self.addresses) "
                + "addresses, over \(count).\n\n")
        var table = Table(["server"] + signatures.map { $0 == .none ? "no authentication" : $0.rawValue })
        var text = "Instructions per reply of each function, without those that it calls.\n"
        for program in programs {
            var cells: [String] = []
            for signature in signatures {
                guard !program.isEcho || signature == .none else {
                    cells.append("–")
                    continue
                }
                do {
                    let once = try profile(program, signature, count)
                    let twice = try profile(program, signature, 2 * count)
                    cells.append(decimal((twice.total - once.total) / Double(count), 0))
                    if program.isOurs { text += listing(program, signature, once, twice) }
                } catch let error as BenchError {
                    cells.append("–")
                    Console.error("\(error)\n")
                }
            }
            table.add([program.name] + cells)
        }
        table.print()
        try Files.writeAtomically(details, Array(text.utf8))
        Console.write("The functions: Benchmarks/.build/instructions.txt\n")
    }

    private func profile(_ program: Program, _ signature: Signature, _ count: Int) throws -> Profile {
        let file = "\(folder)/callgrind.out"
        try Files.remove(file)
        var program = program
        // Debian's valgrind cannot read what Swift writes for debuggers; names of functions stay.
        let copy = "\(folder)/stripped"
        let strip = "strip -g -o '\(copy)' '\(program.command[0])' 2>/dev/null"
        if try Machine.run("/bin/sh", ["-c", strip]) == .exited(status: 0) {
            program.command[0] = copy
        }
        let server = try Server(
            program, folder: folder,
            prefix: [valgrind, "--tool=callgrind", "--callgrind-out-file=\(file)"], patience: .seconds(30))
        let result = try Requests(signature).send(
            to: program.port, isEcho: program.isEcho, addresses: Self.addresses, count: count, seconds: 60, spins: false
        )
        server.stop()
        guard result.replies == count else {
            throw BenchError.silent(program.name, "\(result.replies) of \(count) replies under valgrind")
        }
        return try read(file)
    }

    /// Sums what callgrind_annotate prints: `1,234 (5.6%)  file:function [object]`, or without the share.
    private func read(_ file: String) throws -> Profile {
        let text = try Machine.output(
            of: "callgrind_annotate --threshold=100 --auto=no '\(file)' | swift demangle --simplified", folder: folder)
        var profile = Profile()
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            guard words.count == 2, let number = Double(words[0].filter { $0 != "," }) else { continue }
            var name = words[1].drop { $0 == " " }
            if name.hasPrefix("(") { name = name.drop { $0 != ")" }.dropFirst().drop { $0 == " " } }
            if name.hasPrefix("PROGRAM TOTALS") {
                profile.total = number
            } else {
                profile.functions[Self.short(name), default: 0] += number
            }
        }
        guard profile.total > 0 else { throw BenchError.unreadable("the output of callgrind_annotate") }
        return profile
    }

    /// A function without its file's folder and its object's.
    private static func short(_ name: Substring) -> String {
        let parts = name.split(separator: "[", maxSplits: 1)
        let object = parts.count > 1 ? parts[1].split(separator: "/").last.map { " [\($0)" } ?? "" : ""
        let function = parts[0].split(separator: ":", maxSplits: 1).last ?? parts[0]
        return String(function) + object
    }

    private func listing(_ program: Program, _ signature: Signature, _ once: Profile, _ twice: Profile) -> String {
        var text = "\n\(program.name), \(signature == .none ? "no authentication" : signature.rawValue)\n"
        let costs = twice.functions.map { ($0.key, ($0.value - (once.functions[$0.key] ?? 0)) / Double(count)) }
        for (name, cost) in costs.sorted(by: { $0.1 > $1.1 }).prefix(40) where cost >= 1 {
            let number = decimal(cost, 0)
            text += String(repeating: " ", count: max(0, 8 - number.count)) + number + "  " + name + "\n"
        }
        return text
    }
}
