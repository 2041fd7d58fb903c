import CLinuxMemory
import Glibc
import TandemCore
import TandemSystem
import TandemTypes

/// The standby's end of the socket beside its copy: says how things are, and lets a promotion in.
package final class LocalServer: Sendable {
    private let standby: Standby
    private let path: String
    private let listener: Int32

    /// - Throws: `.inUse` when another standby serves the copy.
    package init(for standby: Standby) throws(TandemError) {
        self.standby = standby
        path = LocalSocket.path(besides: standby.path)
        guard LocalSocket.removeLeft(at: path) else {
            throw TandemError(
                .inUse, standby.path, "another standby serves it, or something else is at \(path)",
                remedy: "End that one first, or serve another copy")
        }
        listener = local_listen(path)
        guard listener >= 0 else {
            throw KernelFailure("listen at", path, errno: listener == -EADDRINUSE ? EEXIST : -listener).tandemError
        }
        guard DetachedThread(named: "tandem-standby", { [self] in accept() }) != nil else {
            throw KernelFailure("start a thread for", path, errno: EAGAIN).tandemError
        }
    }

    package func stop() { unlink(path) }

    private func accept() {
        while true {
            let file = local_accept(listener)
            // No descriptors left: a moment later there may be.
            guard file >= 0 else { Pause.milliseconds(100); continue }
            let thread = DetachedThread(named: "tandem-standby") { [self] in
                serve(file)
                close(file)
            }
            if thread == nil { close(file) }
        }
    }

    /// A promotion has the fence for as long as its connection lasts.
    private func serve(_ file: Int32) {
        var isFenced = false
        while let request = LocalSocket.read(from: file, until: "\n") {
            if request == "promote\n", !isFenced {
                standby.raiseFence()
                isFenced = true
            } else if request == "arrival\n", isFenced {
                guard LocalSocket.write(standby.arrival?.bytes ?? [], to: file) else { break }
                continue
            } else if request != "status\n" {
                break
            }
            guard LocalSocket.write(standby.report.lines, to: file) else { break }
        }
        if isFenced { standby.lowerFence() }
    }
}
