// Core's own vocabulary is what users name: whoever sees Core sees both.
@_exported public import TandemTypes
