"""Would a TCP connection be let in by this node's filter? Asked of the kernel, on a copy. A program of its own (:mod:`program`), which
the node program starts (:mod:`oracle`); its modules import nothing of the node program but each other."""
