import Tandem

/// Runs `body` again and again while another process has the file, for three seconds at most.
///
/// A replicator or a writer that has just been killed lets go a moment later: the kernel ends its ring, and with it the
/// lock, behind the process (90 ms seen).
func patiently<Value>(_ body: () throws(TandemError) -> Value) throws(TandemError) -> Value {
    let deadline = Instant.now + 3
    while true {
        do throws(TandemError) { return try body() } catch {
            guard error.code == .inUse, Instant.now < deadline, !Interruption.isRequested else { throw error }
            Instant.sleep(seconds: 0.02)
        }
    }
}
