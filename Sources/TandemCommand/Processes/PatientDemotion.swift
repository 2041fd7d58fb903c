import Tandem

extension Demotion {
    /// As `demote`. Gives processes that have just been killed three seconds to let go, as a promotion does.
    static func demotePatiently(source: String, force: Bool = false) throws(TandemError) -> DemotionReport {
        let deadline = Instant.now + 3
        while true {
            do throws(TandemError) { return try demote(source: source, force: force) } catch {
                guard error.code == .inUse, Instant.now < deadline, !Interruption.isRequested else { throw error }
                Instant.sleep(seconds: 0.02)
            }
        }
    }
}
