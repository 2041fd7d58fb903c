/// Every bar, by the id of the figure that it is for.
package enum Bars {
    package static let table: [String: Bar] = [
        // A writer beside a copy, at full speed: promised is that writers never wait for replication.
        "full-speed.hot.rate": .ratioAtLeast(0.95),
        "full-speed.warm.rate": .ratioAtLeast(0.95),
        "full-speed.cold.rate": .ratioAtLeast(0.90),
        "full-speed.hot.stall": .neverAbove(1, .milliseconds),
        "full-speed.warm.stall": .neverAbove(1, .milliseconds),
        "full-speed.cold.stall": .neverAbove(1, .milliseconds),
        "full-speed.hot.lost": .never,
        "full-speed.warm.lost": .never,
        "full-speed.cold.lost": .never,

        "write.hot.partitioned": .ratioAtMost(2.5),
        "write.hot.shared": .ratioAtMost(3.2),
        "write.cold.partitioned": .ratioAtMost(2.0),
        "write.cold.partitioned.announced": .ratioAtMost(1.1),

        "latency.hot.in-sync.worst": .neverAbove(1, .milliseconds),
        "latency.cold.in-sync.worst": .neverAbove(1, .milliseconds),
        "latency.hot.bulk.worst": .neverAbove(1, .milliseconds),
        "latency.cold.bulk.worst": .neverAbove(1, .milliseconds),

        "read.16.hot": .ratioAtMost(2),
        "read.240.hot": .ratioAtMost(3),

        "keyed.find.hot": .atMost(30, .nanoseconds),
        "keyed.find.hot.copied": .atMost(30, .nanoseconds),
        "keyed.find.cold": .ratioAtMost(1.3),
        "keyed.find.cold.copied": .ratioAtMost(1.3),
        "keyed.insert.hot": .ratioAtMost(3),
        "keyed.remove.hot": .ratioAtMost(3),

        "replicated.memory.p50": .atMost(20, .microseconds),
        "replicated.memory.p99": .atMost(40, .microseconds),
        "replicated.durable.p50": .ratioAtMost(1.5),

        "update.carried": .atLeast(2.5, .millionsPerSecond),
        "update.processor": .atMost(0.35, .secondsAMillion),
        "update.age.p50": .atMost(250, .microseconds),
        "update.age.p99": .atMost(1000, .microseconds),
        "update.age.p99.9": .atMost(5000, .microseconds),

        "nbd.plain.carried": .atLeast(1.5, .millionsPerSecond),
        "nbd.plain.age.p50": .atMost(500, .microseconds),
        "nbd.plain.age.p99": .atMost(3000, .microseconds),
        "nbd.plain.commit.p50": .atMost(120, .microseconds),
        // Beside the same without TLS.
        "nbd.tls.carried": .ratioAtLeast(0.6),

        "bulk.memory.prepared": .ratioAtLeast(0.95),
        "bulk.disk.prepared": .ratioAtLeast(0.9),
        "bulk.memory.under-load": .atMost(1.0, .secondsAGibibyte),

        // Beside one copy alone.
        "copies.2.rate": .ratioAtLeast(0.97),
        "copies.2.processor": .ratioAtMost(1.4),

        "overload.stall": .neverAbove(1, .milliseconds),
        "overload.lost": .never,

        "scan.warm": .atMost(20, .microseconds),
        "scan.cold": .atMost(20, .microseconds),
        "scan.idle": .atMost(1, .percent),

        "take-over.small": .atMost(50, .milliseconds),
        "take-over.large": .atMost(50, .milliseconds),

        "return.file.time": .atMost(250, .milliseconds),
        "return.file.bytes": .atMost(2, .percent),
        "return.standby.time": .atMost(250, .milliseconds),
        "return.standby.bytes": .atMost(2, .percent),
        "return.fail-back.time": .atMost(250, .milliseconds),
        "return.fail-back.bytes": .atMost(2, .percent),

        "create.all": .atMost(150, .milliseconds),

        "promote.replay": .atLeast(2, .gigabytesPerSecond),
        "promote.seals": .atLeast(5, .gigabytesPerSecond),
        "promote.all": .atMost(120, .milliseconds),

        "peers.updates.redis": .ratioAtLeast(8),
        "peers.updates.mnesia": .ratioAtLeast(25),
        "peers.updates.qemu": .ratioAtLeast(60),
        "peers.bulk.qemu": .ratioAtLeast(1),
        "peers.bulk.fio": .ratioAtLeast(0.95),

        "litmus.dirty-bit": .never,
        "litmus.epoch": .never,
    ]
}
