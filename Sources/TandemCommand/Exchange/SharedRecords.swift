/// A bundle of lines to another exchange: small, and changed by every transaction of every worker.
struct TrunkRecord: BitwiseCopyable {
    static let tableName = "trunks"

    /// Calls that are up on it now.
    var busy: UInt64 = 0
    /// Calls ever set up on it, and released from it.
    var seized: UInt64 = 0
    var released: UInt64 = 0
    var reserved: UInt64 = 0

    mutating func seize() {
        busy &+= 1
        seized &+= 1
    }

    mutating func free() {
        busy &-= 1
        released &+= 1
    }
}

/// A subscriber's account.
struct AccountRecord: BitwiseCopyable {
    static let tableName = "accounts"

    /// What has come in less what has gone out since the account was opened. As this is the difference from the opening
    /// balance, accounts need no initialisation and all of them together make zero.
    var balance: Int64 = 0
    /// Transfers it took part in.
    var transfers: UInt64 = 0
    var reserved0: UInt64 = 0
    var reserved1: UInt64 = 0

    mutating func book(_ amount: Int64) {
        balance &+= amount
        transfers &+= 1
    }
}
