"""What the program keeps on the node: the journal of a run, the record of a role, the ledger of its own writes."""
