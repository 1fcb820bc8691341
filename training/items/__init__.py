"""Items made to order: a learned space of items, paths in it along which one attribute changes, and hard items."""
