"""Transcode: what a destination wants, made from an original. `render` is the station; the rest serves it."""
