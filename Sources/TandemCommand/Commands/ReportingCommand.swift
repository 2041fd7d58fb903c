import ArgumentParser

/// A command that reports as JSON if it is asked to, when it refuses too.
protocol ReportingCommand: ParsableCommand {
    var json: Bool { get }
}

extension CreateCommand: ReportingCommand {}
extension ReplicateCommand: ReportingCommand {}
extension StatusCommand: ReportingCommand {}
extension VerifyCommand: ReportingCommand {}
extension CheckCommand: ReportingCommand {}
extension AttachCommand: ReportingCommand {}
extension DetachCommand: ReportingCommand {}
extension ForgetCommand: ReportingCommand {}
extension PromoteCommand: ReportingCommand {}
extension InspectCommand: ReportingCommand {}
extension LoadCommand: ReportingCommand {}
extension AuditCommand: ReportingCommand {}
extension DemoCommand: ReportingCommand {}
extension RelinkCommand: ReportingCommand {}
