"""A guest with a camera and a sound card, for a machine whose kernel has neither.

QEMU boots Debian's own kernel with vivid (a camera that speaks V4L2 like any other, and breaks on request) and
snd-aloop (a sound card that hears what is played into it). The guest sees this machine's files, read-only under a
memory of its own, so the same Python and ffmpeg run in it.
"""
