// This module stands on Tandem, so Tandem cannot pass it on: who imports this one has both.
@_exported public import Tandem
