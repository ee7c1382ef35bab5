import Foundation
import FoundationXML
import Testing

/// What lies in `hardware/` for people to copy, judged by those who will read it, and what is installed of the documents.
@Suite("Hardware folders")
struct HardwareTests {
    private static let folder = "\(Programs.root)/hardware"

    /// Files below `hardware/` whose names end so, as paths below the package's root.
    private static func files(_ suffix: String) -> [String] {
        (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? [])
            .filter { $0.hasSuffix(suffix) }.map { "hardware/\($0)" }.sorted()
    }

    private static func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(Programs.root)/\(path)", encoding: .utf8)
    }

    // MARK: - Configurations

    /// The configuration as it is; with everything switched on that it has behind a `#`; with each line for a receiver in
    /// the place of the one it has.
    private static func variants(_ text: String) -> [String] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        func isOption(_ line: String) -> Bool {
            line.first == "#" && line.dropFirst().first?.isLowercase ?? false
        }
        let all = lines.map { line in
            isOption(line) && !line.hasPrefix("#refclock")
                ? String(line.dropFirst()) : line.first == "#" ? line : line.replacingOccurrences(of: " #", with: " ")
        }
        let receivers = lines.filter { isOption($0) && $0.hasPrefix("#refclock") }.map { String($0.dropFirst()) }
        return [text, all.joined(separator: "\n")]
            + receivers.map { receiver in
                let words = receiver.split(separator: " ").prefix(4)
                return all.map { $0.split(separator: " ").prefix(4) == words ? receiver : $0 }.joined(separator: "\n")
            }
    }

    @Test(
        "the daemon takes every configuration, and every line that is only to be uncommented",
        arguments: files("timeball.conf"))
    func configurations(path: String) async throws {
        let folder = Folder()
        let variants = Self.variants(try Self.text(path))
        #expect(variants[0] != variants[1], "nothing was switched on")
        for variant in variants {
            let file = try folder.write("conf", variant)
            let checked = try await run([Programs.daemon, "--check-config", "-c", file])
            // A line that is ignored is a warning, which leaves the status 0.
            #expect(checked.status == 0 && !checked.output.contains(": warning:"), "\(checked)\n\(variant)")
        }
    }

    // MARK: - Others

    @Test("the device tree compiler takes every overlay", arguments: files(".dts"))
    func overlays(path: String) async throws {
        guard let compiler = Programs.installed("dtc") else { return Programs.skip(path, "no dtc") }
        let result = try await run(
            [compiler, "-@", "-I", "dts", "-O", "dtb", "-o", "/dev/null", "\(Programs.root)/\(path)"])
        #expect(result.status == 0 && !result.output.contains("ERROR"), "\(result)")
    }

    @Test("every drawing is XML", arguments: files(".svg"))
    func drawings(path: String) throws {
        let parser = try #require(XMLParser(contentsOf: URL(fileURLWithPath: "\(Programs.root)/\(path)")))
        #expect(parser.parse(), "\(String(describing: parser.parserError)) in line \(parser.lineNumber)")
    }

    /// udev(7): keys, operators, values in double quotes, separated by commas. `#` before a rule of the names file is for the
    /// reader to take away.
    @Test("udev takes every rule, and every one that is only to be uncommented", arguments: files(".rules"))
    func rules(path: String) async throws {
        let term = try Regex(
            #"(ACTION|SUBSYSTEMS?|KERNELS?|NAME|DRIVERS?|ATTRS?\{[^}]+\}|ENV\{[^}]+\}|TEST(\{[0-7]+\})?|PROGRAM|RESULT|"#
                + #"SYMLINK|GROUP|MODE|OWNER|TAGS?|LABEL|GOTO|OPTIONS|RUN(\{\w+\})?|IMPORT\{\w+\})"#
                + #"\s*(==|!=|=|\+=|-=|:=)\s*"[^"]*""#)
        let text = try Self.text(path).replacingOccurrences(of: "\n#SUBSYSTEM", with: "\nSUBSYSTEM")
        let lines = text.replacingOccurrences(of: "\\\n", with: " ").split(separator: "\n")
            .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
        #expect(!lines.isEmpty)
        for line in lines {
            var rest = Substring(line)
            while let found = rest.prefixMatch(of: term) {
                rest = rest[found.range.upperBound...].drop { $0 == " " }
                guard rest.first == "," else { break }
                rest = rest.dropFirst().drop { $0 == " " }
            }
            #expect(rest.isEmpty, "\(path): \(line)")
        }
        for label in text.matches(of: try Regex(#"GOTO="(\w+)""#)).compactMap({ $0.output[1].substring }) {
            #expect(text.contains("LABEL=\"\(label)\""), "\(path): GOTO \(label)")
        }
        // Since systemd 254.
        guard let udev = Programs.installed("udevadm"), try await run([udev, "verify", "--help"]).status == 0 else {
            return Programs.skip("\(path) by udev itself", "no udevadm verify")
        }
        let folder = Folder()
        let file = try folder.write("60-test.rules", text)
        let verified = try await run([udev, "verify", file])
        #expect(verified.status == 0, "\(verified)")
    }

    // MARK: - Documents

    /// The folder-relative targets of a document's links that lead nowhere, with what they are looked for as.
    private static func broken(in root: String) throws -> [String] {
        let files = FileManager.default
        let documents =
            try [".", "Tests"].flatMap { folder in
                try files.contentsOfDirectory(atPath: "\(root)/\(folder)").map { "\(folder)/\($0)" }
            } + (files.subpaths(atPath: "\(root)/hardware") ?? []).map { "hardware/\($0)" }
        let link = try Regex(#"\]\(([^)\s]+)\)"#)
        return try documents.filter { $0.hasSuffix(".md") }.flatMap { document in
            let base = URL(fileURLWithPath: "\(root)/\(document)")
            let text = try String(contentsOf: base, encoding: .utf8)
            return text.matches(of: link).compactMap { $0.output[1].substring.map(String.init) }
                .filter { !$0.contains("://") && !$0.hasPrefix("mailto:") }
                .filter { target in
                    let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
                    let file = parts[0].isEmpty ? base : URL(fileURLWithPath: String(parts[0]), relativeTo: base)
                    guard let linked = try? String(contentsOf: file, encoding: .utf8) else { return true }
                    return parts.count > 1 && !anchors(of: linked).contains(String(parts[1]))
                }.map { "\(document): \($0)" }
        }
    }

    /// The names by which GitHub knows a document's headings.
    private static func anchors(of text: String) -> [String] {
        text.split(separator: "\n").filter { $0.hasPrefix("#") }.map { line in
            let heading = line.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces).lowercased()
            return String(heading.filter { $0.isLetter || $0.isNumber || "- _".contains($0) })
                .replacingOccurrences(of: " ", with: "-")
        }
    }

    @Test("the documents' links lead somewhere, in the repository and where they are installed")
    func links() async throws {
        let ours = try Self.broken(in: Programs.root)
        #expect(ours.isEmpty, "\(ours)")
        guard let make = Programs.installed("make"), Programs.installed("strip") != nil else {
            return Programs.skip("what `make install` installs", "no make or no strip")
        }
        let folder = Folder()
        for name in ["timeballd", "timeball"] {
            try FileManager.default.copyItem(atPath: "/usr/bin/true", toPath: folder.file(name))
        }
        let installed = folder.file("tree")
        let words = [make, "-s", "-C", Programs.root, "install-files", "DESTDIR=\(installed)", "PREFIX=/usr"]
        let made = try await run(words + ["BIN=\(folder.path)"])
        #expect(made.status == 0, "\(made)")
        let documents = "\(installed)/usr/share/doc/timeball"
        #expect(FileManager.default.fileExists(atPath: "\(documents)/README.md"))
        let broken = try Self.broken(in: documents)
        #expect(broken.isEmpty, "\(broken)")
    }
}
