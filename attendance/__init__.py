"""The command line and the settings of the attendance warehouse; nothing else lives here."""
