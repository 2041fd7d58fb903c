// Core is not exported: its log, its words and its layouts are nothing that a user's closure should reach.
@_exported public import TandemTypes
