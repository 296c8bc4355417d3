"""What a warehouse can do, and the dialect layer between GoogleSQL and its engine."""
