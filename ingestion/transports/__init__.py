"""How files are reached: each way lists them, reads them from any byte on and, where the peer lets it, puts some."""
