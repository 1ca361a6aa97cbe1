"""What experts teach: kept in the ledger, held in memory, weighed against every question."""
