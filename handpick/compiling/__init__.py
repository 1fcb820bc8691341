"""Compiled code: kept in one place for all processes, made once by `handpick compile`, never stale."""
