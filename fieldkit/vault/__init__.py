"""What a seized laptop gives up nothing of: originals sealed at rest, the keys to them, and the end of both."""
