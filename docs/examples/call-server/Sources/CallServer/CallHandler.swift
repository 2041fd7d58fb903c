import NIOCore
import TandemTables

/// Answers the requests of one channel: its thread's, and so is its writer.
final class CallHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let exchange: Exchange
    private var writer: Writer

    init(_ exchange: Exchange) throws(TandemError) {
        self.exchange = exchange
        writer = try exchange.source.makeWriter()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let received = unwrapInboundIn(data)
        guard let request = SIPRequest(String(buffer: received.data)), let response = answer(request) else { return }
        let sent = AddressedEnvelope(remoteAddress: received.remoteAddress, data: ByteBuffer(string: response))
        context.write(wrapOutboundOut(sent), promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    /// What goes back; nothing for an ACK.
    private func answer(_ request: SIPRequest) -> String? {
        do throws(TandemError) {
            switch request.method {
            case "INVITE":
                let handle = try exchange.answer(request.callID, with: &writer)
                // Requests within the call bring the handle back, as they are sent to the Contact.
                return request.response("200 OK", contact: "<sip:\(handle)@127.0.0.1>")
            case "ACK":
                if let handle = request.handle { try exchange.confirm(handle, with: &writer) }
                return nil
            case "BYE":
                let isThere = try request.handle.map { handle throws(TandemError) in
                    try exchange.end(handle, with: &writer)
                }
                return request.response(isThere == true ? "200 OK" : "481 Call/Transaction Does Not Exist")
            default: return request.response("501 Not Implemented")
            }
        } catch {
            switch error.code {
            case .tableFull: return request.response("486 Busy Here")
            case .keyTooLong: return request.response("400 Bad Request")
            default: return request.response("500 Server Internal Error")
            }
        }
    }
}
