import ArgumentParser

/// The command line of the appliance.
@main
struct Timeball: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "timeball",
        abstract: "Looks after a Timeball time server.",
        subcommands: [
            StatusCommand.self, WaitCommand.self, QueryCommand.self, SetupCommand.self, DecodeCommand.self,
            DemoCommand.self, SimulateCommand.self,
        ])
}
