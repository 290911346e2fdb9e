"""The central store: takes uploads in, verifies them, keeps clips under their tweet, lets people decide.

Only the HTTP layer (app, tus, clips, board, guard) is async; everything it calls is plain and runs in a thread.
"""
