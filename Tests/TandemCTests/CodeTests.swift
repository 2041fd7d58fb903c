import CTandem
import Tandem
import Testing

@Suite("The codes of tandem.h")
struct CodeTests {
    private static let codes: [(tandem_code, TandemError.Code)] = [
        (TANDEM_CONFLICT, .conflict), (TANDEM_INDEX_OUT_OF_RANGE, .indexOutOfRange),
        (TANDEM_TRANSACTION_TOO_LARGE, .transactionTooLarge), (TANDEM_RECORD_IN_USE, .recordInUse),
        (TANDEM_SUPERSEDED, .superseded), (TANDEM_ABORTED, .aborted), (TANDEM_WRONG_SIZE, .wrongSize),
        (TANDEM_NOT_REPLICATED_IN_TIME, .notReplicatedInTime), (TANDEM_READ_CONTENDED, .readContended),
        (TANDEM_FOREIGN_TABLE, .foreignTable), (TANDEM_HELD_BY_THIS_THREAD, .heldByThisThread),
        (TANDEM_RECORD_DAMAGED, .recordDamaged), (TANDEM_HANDING_OVER, .handingOver),
        (TANDEM_NOT_TANDEM, .notTandem),
        (TANDEM_FORMAT_VERSION, .formatVersion), (TANDEM_CORRUPT, .corrupt), (TANDEM_WRONG_LENGTH, .wrongLength),
        (TANDEM_WRONG_ROLE, .wrongRole), (TANDEM_WRONG_SCHEMA, .wrongSchema), (TANDEM_UNSAFE_FILE, .unsafeFile),
        (TANDEM_NOT_FOUND, .notFound), (TANDEM_EXISTS, .exists), (TANDEM_NO_SPACE, .noSpace),
        (TANDEM_IN_USE, .inUse), (TANDEM_INPUT_OUTPUT, .inputOutput), (TANDEM_NOT_PROMOTABLE, .notPromotable),
        (TANDEM_SAME_FILE, .sameFile), (TANDEM_BAD_ARGUMENT, .badArgument), (TANDEM_NO_WRITER_SLOT, .noWriterSlot),
        (TANDEM_UNAVAILABLE, .unavailable), (TANDEM_NO_SUCH_TABLE, .noSuchTable), (TANDEM_TABLE_FULL, .tableFull),
        (TANDEM_TABLE_DAMAGED, .tableDamaged), (TANDEM_KEY_TOO_LONG, .keyTooLong),
    ]

    @Test("A code has the same number in C and in Swift")
    func numbers() {
        for (c, swift) in Self.codes { #expect(c.rawValue == UInt32(swift.rawValue)) }
    }

    @Test("Every code that Swift knows is in the header")
    func complete() {
        let known = (UInt16(1) ..< 90).map(TandemError.Code.init(rawValue:)).filter {
            !$0.description.hasPrefix("code ")
        }
        #expect(Set(known) == Set(Self.codes.map(\.1)))
    }
}
