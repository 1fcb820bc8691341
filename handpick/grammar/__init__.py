"""The grammar of the command line, by who uses it; nothing here takes long to import."""
