"""What staff read: the marts in PostgreSQL and as files, and who may see which of their rows."""
