"""The peers' fixtures, for every test in this folder."""

from support.peers import node_tus_server, seaweedfs

__all__ = ["node_tus_server", "seaweedfs"]
