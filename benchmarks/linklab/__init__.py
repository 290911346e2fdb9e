"""A link in a laboratory: two network namespaces, and every packet between them in our hands."""

from linklab.lab import Lab
from linklab.line import Terms
from linklab.proxy import ProxyLab

__all__ = ["Lab", "ProxyLab", "Terms"]
