// A SIP user agent server that answers calls, and knows each by its Call-ID until it is ended.
//
//   CallServer SOURCE [PORT]      SOURCE: where the calls are, or are to be kept, best in /dev/shm
//
// Killed and started again it knows every call that it has answered. `tandem replicate SOURCE --to COPY` keeps a copy
// of them; started on the promoted copy it goes on with them there.
import Glibc
import NIOCore
import NIOPosix
import TandemTables

@main
struct CallServer {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count > 1 else { return say("usage: CallServer SOURCE [PORT]") }
        let exchange = try Exchange(path: arguments[1])
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let channel = try DatagramBootstrap(group: group)
            .channelInitializer { channel in
                // On the thread that the handler's writer is for.
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(try CallHandler(exchange))
                }
            }
            .bind(host: "127.0.0.1", port: arguments.count > 2 ? Int(arguments[2]) ?? 5060 : 5060).wait()
        say("port \(channel.localAddress?.port ?? 0), \(try exchange.calls.count()) calls")
        try clearForgotten(exchange)
    }

    /// Ends what nobody has ended in time: this thread owns the deadlines of all partitions.
    private static func clearForgotten(_ exchange: Exchange) throws(TandemError) -> Never {
        var writer = try exchange.source.makeWriter()
        var wheel = try DeadlineWheel(exchange.calls, partitions: 0 ..< exchange.calls.partitionCount)
        while true {
            sleep(1)
            for handle in try wheel.expire(now: exchange.calls.clock.now(), with: &writer) {
                _ = try exchange.end(handle, with: &writer)
            }
        }
    }

    private static func say(_ line: String) {
        print(line)
        fflush(nil)
    }
}
