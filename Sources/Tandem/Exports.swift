@_exported public import TandemCore
