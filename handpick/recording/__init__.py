"""Recordings: looks at a cell in bags and folders, read in bounded memory from files that nobody vouches for."""
