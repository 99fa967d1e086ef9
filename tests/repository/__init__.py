"""Does the repository stand on a machine that has only Python, make and git?"""
