"""sync: renditions reach the store, whatever the link does."""
