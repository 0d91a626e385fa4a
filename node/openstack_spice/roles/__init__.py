"""What each role of a node is: its checks, its plan, its proof, its report."""
