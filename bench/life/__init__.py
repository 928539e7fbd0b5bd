"""The life cycle of a use case as a state machine, over two worlds and one oracle."""
