import Tandem

/// The two transactions of the exchange.
///
/// Both take the trunk last, as it is the record that everybody wants: it is held for a few instructions only, and a
/// worker that loses its processor in mid-transaction seldom holds one. Correctness does not depend on the order.
extension ExchangeTables {
    /// What a new call is given.
    struct Route {
        var trunk: Int
        var payer: Int
        var payee: Int
        var charge: Int64

        /// Two different accounts, any trunk, a small charge.
        init(choosingWith random: inout RandomSource, trunks: Int, accounts: Int) {
            trunk = random.index(below: trunks)
            payer = random.index(below: accounts)
            payee = (payer + 1 + random.index(below: accounts - 1)) % accounts
            charge = Int64(1 + random.index(below: 500))
        }
    }

    /// Sets a call up: the slot and one trunk. Returns the slot's sequence number.
    @inline(__always)
    func setUp(_ index: Int, by route: Route, in transaction: inout Transaction) throws(TandemError) -> UInt64 {
        let sequence = try transaction.update(calls, at: index) {
            (call: inout CallRecord) throws(TandemError) -> UInt64 in
            call.setUp(at: index, trunk: route.trunk, payer: route.payer, payee: route.payee, charge: route.charge)
            return call.sequence
        }
        try transaction.update(trunks, at: route.trunk) { (trunk: inout TrunkRecord) throws(TandemError) in
            trunk.seize()
        }
        return sequence
    }

    /// Releases a call: the slot, its trunk, and the charge from one account to another.
    @inline(__always)
    func release(_ index: Int, in transaction: inout Transaction) throws(TandemError) -> UInt64 {
        let call = try transaction.update(calls, at: index) {
            (call: inout CallRecord) throws(TandemError) -> CallRecord in
            call.release(at: index)
            return call
        }
        try transaction.update(accounts, at: Int(call.payer)) { (account: inout AccountRecord) throws(TandemError) in
            account.book(-call.charge)
        }
        try transaction.update(accounts, at: Int(call.payee)) { (account: inout AccountRecord) throws(TandemError) in
            account.book(call.charge)
        }
        try transaction.update(trunks, at: Int(call.trunk)) { (trunk: inout TrunkRecord) throws(TandemError) in
            trunk.free()
        }
        return call.sequence
    }
}
