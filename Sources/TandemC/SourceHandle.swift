public import CTandem
internal import Tandem
internal import TandemCore
internal import TandemTypes

/// What a `tandem_table` points to.
struct TableHandle {
    let view: TableView
    let name: UnsafePointer<CChar>
}

/// What a `tandem_source` points to. Its tables never move, as C keeps pointers to them.
struct SourceHandle {
    let source: SourceDataFile
    let tables: UnsafeMutableBufferPointer<TableHandle>

    init(_ source: SourceDataFile) {
        self.source = source
        tables = .allocate(capacity: source.tables.count)
        for (number, definition) in source.tables.enumerated() {
            let view = TableView(layout: source.layout.tables[number], memory: source.memory)
            (tables.baseAddress! + number).initialize(
                to: TableHandle(view: view, name: permanent(definition.name)))
        }
    }

    func free() {
        for table in tables { table.name.deallocate() }
        tables.deinitialize()
        tables.deallocate()
    }

    static func at(_ pointer: OpaquePointer?) -> UnsafeMutablePointer<SourceHandle>? {
        pointer.map { UnsafeMutablePointer($0) }
    }
}

extension TableHandle {
    @inline(__always)
    static func at(_ pointer: OpaquePointer?) -> UnsafePointer<TableHandle>? { pointer.map { UnsafePointer($0) } }
}

private func handSource(
    _ out: UnsafeMutablePointer<OpaquePointer?>?, _ make: () throws(TandemError) -> SourceDataFile
) -> Int32 {
    guard let out else { return Failure.missing("source") }
    out.pointee = nil
    return hand(out) { () throws(TandemError) in SourceHandle(try make()) }
}

@c @implementation
public func tandem_open(
    _ path: UnsafePointer<CChar>!, _ source: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
    guard let path = path as UnsafePointer<CChar>? else { return Failure.missing("path") }
    return handSource(source) { () throws(TandemError) in try SourceDataFile.open(at: String(cString: path)) }
}

/// What `create` and `openOrCreate` have in common.
private typealias Making = (String, [TableDefinition], SourceOptions) throws(TandemError) -> SourceDataFile

private func handSource(
    _ path: UnsafePointer<CChar>?, _ tables: UnsafePointer<tandem_table_definition>?, _ count: Int,
    _ options: UnsafePointer<tandem_options>?, _ source: UnsafeMutablePointer<OpaquePointer?>?, _ make: Making
) -> Int32 {
    guard let path else { return Failure.missing("path") }
    return handSource(source) { () throws(TandemError) in
        let wish = try Wish(tables, count, options)
        return try make(String(cString: path), wish.definitions, wish.options)
    }
}

@c @implementation
public func tandem_create(
    _ path: UnsafePointer<CChar>!, _ tables: UnsafePointer<tandem_table_definition>!, _ count: Int,
    _ options: UnsafePointer<tandem_options>!, _ source: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
    handSource(path, tables, count, options, source) { path, tables, options throws(TandemError) in
        try SourceDataFile.create(at: path, tables: tables, options: options)
    }
}

@c @implementation
public func tandem_open_or_create(
    _ path: UnsafePointer<CChar>!, _ tables: UnsafePointer<tandem_table_definition>!, _ count: Int,
    _ options: UnsafePointer<tandem_options>!, _ source: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
    handSource(path, tables, count, options, source) { path, tables, options throws(TandemError) in
        try SourceDataFile.openOrCreate(at: path, tables: tables, options: options)
    }
}

@c @implementation
public func tandem_close(_ source: OpaquePointer!) {
    guard let handle = SourceHandle.at(source) else { return }
    handle.pointee.free()
    handle.takeBack()
}
